"""Reading the answer to "Är någon i fara just nu?": only a clear no is a no."""

from __future__ import annotations

import re
from typing import Final

from services.triage.words import normalise

_NO: Final = re.compile(
    r"^\W*(?:(?:eh|öh|alltså|asså|hej|jo|mm|tack|men|å|o|och)\W+)*"
    r"(?:nej|nä|nää|nej då|nejdå|nejd|nix|nope|näpp|no|nope|inte nu|inte just nu|inte vad jag vet"
    r"|ingen(?:ting)?|inget|inte alls|ej|0|lugnt|det är lugnt|allt är lugnt|allt lugnt"
    r"|ingen fara|ingen är i fara|inte i fara|inte akut|det är inte akut|det är ingen fara)\b"
)
_BUT: Final = re.compile(
    r"\b(?:men|fast|kanske|vet inte|vet ej|osäker|tror|inte säker|än|snart|imorgon|i morgon|ikväll"
    r"|i kväll|inatt|jo|ja|eller|vänta|fel)\b"
)


def means_no(text: str) -> bool:
    """Whether the answer is a plain no. "Nej men snart" and "vet inte" are not."""
    plain = normalise(text).strip()
    match = _NO.match(plain)
    return match is not None and _BUT.search(plain[match.end() :]) is None
