"""Reading the answer to "Är någon i fara just nu?": only a clear no is a no."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from services.triage.words import normalise

_FILLERS: Final = r"^\W*(?:(?:eh|öh|alltså|asså|hej|mm|tack|å|o|och|amen|men|då)\W+)*"
_NO: Final = re.compile(
    _FILLERS + r"(?:nej|nej då|nejdå|nä|nää|nix|nope|näpp|no|nej tack|inte nu|inte just nu"
    r"|inte vad jag vet|ingen|ingenting|inget|inte alls|ej|allt lugnt|(?:det|allt) är lugnt|lugnt"
    r"|(?:det är )?ingen fara|inte i fara|(?:det är )?inte akut|inte direkt|inte idag|inte i dag)\b"
)
_UNSURE: Final = re.compile(
    r"\b(?:men|fast|kanske|vet inte|vet ej|vet nt|osäker|osäkert|tror|inte säker|snart|imorgon"
    r"|i morgon|imorn|ikväll|i kväll|inatt|i natt|jo|ja|eller|vänta|omöjligt att säga|ingen aning"
    r"|svårt att säga|möjligen|möjligtvis|maybe|don't know|not sure|dunno)\b"
)
_YES: Final = re.compile(
    _FILLERS + r"(?:ja|jaa|japp|jo|joo|jodå|yes|yeah|yep|absolut|visst|definitivt|självklart|jag är"
    r"|han är det|hon är det|de är det|det är (?:jag|vi|min|mitt|mina|han|hon|de|mamma|pappa)|hjälp"
    r"|snälla|nu|precis|troligen|antagligen|förmodligen|säkert|sannolikt|det verkar så)\b"
)


class Answer(StrEnum):
    """How the caller answered."""

    NO = "nej"
    YES_OR_UNSURE = "ja, kanske eller vet inte"
    NEITHER = "varken ja eller nej"


def read_answer(text: str) -> Answer:
    """The answer in a caller's words. "Nej men snart" and "vet inte" are not a no."""
    plain = normalise(text).strip()
    no = _NO.match(plain)
    if no is not None and _UNSURE.search(plain[no.end() :]) is None:
        return Answer.NO
    if no is not None or _YES.match(plain) or _UNSURE.search(plain):
        return Answer.YES_OR_UNSURE
    return Answer.NEITHER
