"""Whether a caller tells how they themselves can be reached."""

from __future__ import annotations

import re
from typing import Final

from services.reading.words import fold

_REACH_ME: Final = re.compile(
    r"\b(?:ringa?|na|sms a|smsa|messa|mejla|maila|kontakta|skriva? till|"
    r"hora? av (?:dig|er|sig) till|svara|call|text|reach|email|e-mail|mail|contact) "
    r"(?:(?:upp|tillbaka|garna|helst|till|back) )*(?:mig|mej|oss|me|us)\b"
    r"|\b(?:mitt|min|vart|var|my|our) (?:\w+ )?(?:nr|nummer|mobilnummer|mobil|mobilnr|tel|telefon|"
    r"telefonnummer|hemnummer|jobbnummer|mejl|mail|mejladress|mailadress|epost|e-post|"
    r"e-postadress|epostadress|adress|number|phone|cell|email|e-mail|address)\b"
    r"|\b(?:jag|vi) (?:nas|finns|svarar|har) pa\b|\bnas pa\b|\bnar (?:ni|du) (?:mig|oss) pa\b"
)


def tells_how_to_be_reached(text: str) -> bool:
    """The caller asks to be called or written to, or speaks of a number or address of their own."""
    return bool(_REACH_ME.search(fold(text)))
