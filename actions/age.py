"""Reading a rough age out of Swedish: digits, number words, school years, "under arton"."""

from __future__ import annotations

import re
from typing import Final

from actions.words import fold
from services.vocabulary import AgeBand

_UNITS: Final = "tva tre fyra fem sex sju atta nio".split()  # noqa: SIM905 - reads as a list
_TEENS: Final = (
    "tio elva tolv tretton fjorton femton sexton sjutton arton nitton".split()  # noqa: SIM905
)
_TENS: Final = (
    "tjugo trettio fyrtio femtio sextio sjuttio attio nittio".split()  # noqa: SIM905
)
_ONE: Final = ("en", "ett")
_OLDEST: Final = 110

_NUMBERS: Final[dict[str, int]] = {
    **{word: value for value, word in enumerate(_UNITS, 2)},
    **{word: value for value, word in enumerate(_TEENS, 10)},
    **{ten: 20 + 10 * place for place, ten in enumerate(_TENS)},
    **{ten + one: 21 + 10 * place for place, ten in enumerate(_TENS) for one in _ONE},
    **{
        ten + unit: 20 + 10 * place + value
        for place, ten in enumerate(_TENS)
        for value, unit in enumerate(_UNITS, 2)
    },
    "aderton": 18,
}
_NUMBER_WORD: Final = re.compile(
    rf"\b(?:{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})(?=(?:ar(?:ing|ig)\w*)?\b)"
)

_BELOW: Final = re.compile(
    r"(?:under|yngre an|(?:inte|ej) (?:\w+ )?(?:fyllt|fylld)|<) ?(\d{1,3})\b"
)
_ABOVE: Final = re.compile(r"(?:over|aldre an|>) ?(\d{1,3})\b|\b(\d{1,3}) ?(?:\+|ar och aldre)")
_DENIED: Final = re.compile(
    r"\b(?:inte|ej|i stallet for|istallet for)(?: (?:langre|ens|han|hon|ar))? \d{1,3}\b(?: ar\b)?"
)
_BORN: Final = re.compile(r"\bfodd(?:es)? (?:ar )?((?:19|20)\d\d)\b")
_DECADE: Final = re.compile(
    r"\b(\d0)[ -]?(?:ars ?aldern|nagonting|nanting|plus)|\b(\w+)arsaldern\b"
)
_OF_SOMEBODY: Final = re.compile(
    r"(?<!\bi )(?<!\bfor )(?<!\bom )(?<!\bsedan )(?<!\bsen )(?<!\bpa )(?<!\befter )(?<!\bsenaste )"
    r"\b(\d{1,3}) ?-?ar(?:ing\w*|ig\w*)?\b(?! se(?:da)?n\b| i rad\b| tillbaka\b)"
)
_SAID_TO_BE: Final = re.compile(
    r"\b(?:han|hon|hen|den|personen|son|sonen|dotter|dottern|bror|brorsan|brodern|syster|systern|"
    r"syrran|pojken|flickan|killen|tjejen|eleven|kusinen|ar|blev|blir|fyller|fyllde|fyllt)"
    r"(?: ar| fyller| fyllde| blir| blev| har fyllt)?"
    r"(?: (?:nu|bara|snart|ca|cirka|runt|kanske|nog))*"
    r" (\d{1,3})\b(?! (?:gang|ganger|timm|minut|vecko|dag|manad|procent|kill|kompis|person|st\b))"
)
_ANY: Final = re.compile(r"\b(\d{1,3})\b(?! (?:ar )?se(?:da)?n\b)")
_SCHOOL: Final = re.compile(
    r"\b(?:arskurs|ak|klass) ?[1-9]\b|\bi (?:fyran|femman|sexan|sjuan|attan|nian)\b|"
    r"\b(?:lag|mellan|hog)stadiet\b|\bgrundskolan?\b|\bforskolan?\b|\bdagis\b|\bminderarig\w*|"
    r"\bomyndig\w*|\bi (?:ettan|tvaan) pa gymnasiet\b"
)
_LAST_SCHOOL_YEAR: Final = re.compile(r"\b(?:i )?trean pa gymnasiet\b|\bgymnasiet i trean\b")
_OLD: Final = re.compile(r"\b(?:medelalders|pensionar\w*|gamling\w*)\b")
_MOST_ADULT: Final = frozenset(_TENS[1:])


def read_age_band(text: str, *, year: int, asked: bool = False) -> AgeBand | None:
    """The age band of the person a text speaks of.

    Args:
        text: What the caller wrote.
        year: The present year, for "född 2009".
        asked: Whether the text answers a question about age (or corrects one): then a bare number
            is an age.

    Returns:
        Nothing if no age can be read.
    """
    said = _with_digits(fold(text))
    if _SCHOOL.search(said):
        return AgeBand.UNDER_18
    if _LAST_SCHOOL_YEAR.search(said):
        return AgeBand.AGE_18_20
    if _OLD.search(said):
        return AgeBand.OVER_20
    age = _read_age(said, year=year, asked=asked)
    return band_of(age) if age is not None else None


def band_of(age: int) -> AgeBand:
    """The band of an age in years."""
    if age < 18:
        return AgeBand.UNDER_18
    return AgeBand.AGE_18_20 if age <= 20 else AgeBand.OVER_20


def _with_digits(said: str) -> str:
    return _NUMBER_WORD.sub(lambda match: str(_NUMBERS[match.group()]), said)


def _read_age(said: str, *, year: int, asked: bool) -> int | None:
    if born := _BORN.search(said):
        return _possible(year - int(born[1]))
    if (decade := _DECADE.search(said)) and (age := _decade(decade)) is not None:
        return age
    if asked and (below := _BELOW.search(said)):
        return _possible(int(below[1]) - 1)
    said = _DENIED.sub(" ", said)
    if asked and (above := _ABOVE.search(said)):
        return _possible(int(above[1] or above[2]) + (1 if above[1] else 0))
    patterns = (_OF_SOMEBODY, _SAID_TO_BE, _ANY) if asked else (_OF_SOMEBODY, _SAID_TO_BE)
    found = (int(match[1]) for pattern in patterns for match in pattern.finditer(said))
    return next((age for age in found if _possible(age)), None)


def _decade(match: re.Match[str]) -> int | None:
    if match[1]:
        return int(match[1]) + 5
    return 35 if match[2] in _MOST_ADULT else None


def _possible(age: int) -> int | None:
    return age if 0 < age <= _OLDEST else None
