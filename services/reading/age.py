"""Reading a rough age out of Swedish: digits, number words, school years, "under arton"."""

from __future__ import annotations

import re
from typing import Final

from services.reading.words import fold
from services.vocabulary import AgeBand

_UNITS: Final = ("tva", "tre", "fyra", "fem", "sex", "sju", "atta", "nio")
_TEENS: Final = (
    "tio", "elva", "tolv", "tretton", "fjorton", "femton", "sexton", "sjutton", "arton", "nitton",
)  # fmt: skip
_TENS: Final = ("tjugo", "trettio", "fyrtio", "femtio", "sextio", "sjuttio", "attio", "nittio")
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
_NO_AGE: Final = (
    r"(?! (?:gang|ganger|timm|minut|vecko|veckor|dag|manad|procent|meter|kill|kompis|person|vanner|"
    r"stycken|barn|av|st\b|jan|feb|mars|april|maj|juni|juli|aug|sept|okt|nov|dec|"
    r"(?:ar )?(?:se(?:da)?n|tillsammans|ihop|i rad|tillbaka)\b))"
)
_NO_AGE_BEFORE: Final = (
    r"(?<!\bi )(?<!\bfor )(?<!\bom )(?<!\bpa )(?<!\bsedan )(?<!\bsen )(?<!\befter )"
    r"(?<!\bsenaste )(?<!\bover )(?<!\bunder )"
)
_OF_SOMEBODY: Final = re.compile(
    r"\b(\d{1,3}) ?-?(?:ar(?:ing|ig)\w*|ar gam(?:mal|la|malt)\b)"
    # Of a bare "17 år" the likely ages only: it may be how long something has been.
    rf"|{_NO_AGE_BEFORE}\b(1\d|2[0-5]) ?-?ar\b{_NO_AGE}|^(\d{{1,3}}) ?-?ar\b{_NO_AGE}"
)
_PRONOUN: Final = r"(?:han|hon|hen|den|som|he|she)"
_NOUN: Final = (
    r"(?:personen|barnet|barn|barnbarn|barnbarnet|(?:bonus|styv)?(?:son|sonen|dotter|dottern)|"
    r"(?:lille|lilla|store|stora|tvilling)?(?:bror|brorsa|brorsan|brodern|syster|systern|syrra|"
    r"syrran)|pojke|pojken|flicka|flickan|kille|killen|tjej|tjejen|grabb|grabben|elev|eleven|"
    r"kusin|kusinen|kompis|kompisen|van|vannen|granne|grannen)"
)
_IS: Final = r"(?:ar|e|is|turned|blev|blir|fyller|fyllde|fyllt|har fyllt|var)"
_ABOUT: Final = r"(?: (?:nu|bara|snart|ca|cirka|runt|kanske|nog|ju))*"
_SAID_TO_BE: Final = re.compile(
    rf"\b(?:{_NOUN}|{_PRONOUN})(?: (?:ju|bara|alltsa|som))* {_IS}{_ABOUT} (\d{{1,3}})\b{_NO_AGE}"
    rf"|\b{_IS} (?:han|hon|hen|{_NOUN}){_ABOUT} (\d{{1,3}})\b{_NO_AGE}"
    rf"|\b{_NOUN}{_ABOUT} ([6-9]|1\d|2\d)\b{_NO_AGE}"
    rf"|\b{_NOUN} pa{_ABOUT} (\d{{1,2}})\b{_NO_AGE}|\b{_NOUN}{_ABOUT} (\d{{1,2}}) ar\b{_NO_AGE}"
)
_BY_ITSELF: Final = re.compile(
    rf"(?<!\bklockan )\b(?:ar|fyller|fyllde|fyllt|blir){_ABOUT} (\d{{1,3}})\b{_NO_AGE}"
)
_ANY: Final = re.compile(r"\b(\d{1,3})\b(?! (?:ar )?se(?:da)?n\b)")
_OWN: Final = re.compile(
    rf"\bjag (?:som )?(?:ar|e|fyller|har fyllt)(?: bara)? ([6-9]|\d{{2,3}})\b{_NO_AGE}"
)

_CLASSES: Final = dict(
    zip(("ettan", "tvaan", "trean", "fyran", "femman", "sexan", "sjuan", "attan", "nian"),
        range(7, 16), strict=True)
)  # fmt: skip
_CLASS: Final = re.compile(
    rf"\b(?:i|borjat|borjar|gar) ({'|'.join(_CLASSES)})\b(?! (?:pa|i) gymn)"
    r"|\b(?:arskurs|ak|klass) ?([1-9])\b"
)
_BEFORE_SCHOOL: Final = 6
_STAGES: Final[tuple[tuple[re.Pattern[str], int], ...]] = tuple(
    (re.compile(rf"\b(?:{words})\b"), age)
    for words, age in (
        (r"(?:i )?trean pa gymnasiet|gymnasiet i trean", 18),
        (r"i (?:ettan|tvaan) pa gymnasiet", 16),
        (r"hogstadiet|minderarig\w*|omyndig\w*", 14),
        (r"mellanstadiet|grundskolan?", 11),
        (r"lagstadiet", 8),
        (r"forskolan?|forskoleklass|dagis", 6),
        (r"medelalders", 50),
        (r"pensionar\w*|gamling\w*", 70),
    )
)
"""Words for a stage of life, with an age in the middle of it."""
_MOST_ADULT: Final = frozenset(_TENS[1:])


_SENTENCE_END: Final = re.compile(r"[.!?;\n]+")


def read_age(text: str, *, year: int | None = None, asked: bool = False) -> int | None:
    """The age of the person a text speaks of, in years; of a stage of life, the middle.

    Args:
        text: What the caller wrote.
        year: The present year, for "född 2009"; without it a year of birth is not read.
        asked: Whether the text answers a question about age (or corrects one): then a bare number
            is an age.

    Returns:
        Nothing if no age can be read.
    """
    # Folding takes the signs away: "han är 15. Sedan i somras" is not "15 sedan".
    parts = [_with_digits(fold(part)) for part in _SENTENCE_END.split(text)]
    ways = [lambda said: _read_age(said, year=year, asked=asked), _of_class]
    if asked:
        ways.insert(0, _of_stage)
    return next((age for way in ways for said in parts if (age := way(said)) is not None), None)


def read_age_band(text: str, *, year: int | None = None, asked: bool = False) -> AgeBand | None:
    """The age band of the person a text speaks of; as ``read_age``."""
    age = read_age(text, year=year, asked=asked)
    return band_of(age) if age is not None else None


def read_own_age(text: str) -> int | None:
    """How old the caller says that they are themselves."""
    own = _OWN.search(_with_digits(fold(text)))
    return _possible(int(own[1])) if own else None


def band_of(age: int) -> AgeBand:
    """The band of an age in years."""
    if age < 18:
        return AgeBand.UNDER_18
    return AgeBand.AGE_18_20 if age <= 20 else AgeBand.OVER_20


def _with_digits(said: str) -> str:
    return _NUMBER_WORD.sub(lambda match: str(_NUMBERS[match.group()]), said)


def _of_stage(said: str) -> int | None:
    for words, age in _STAGES:
        if words.search(said):
            return age
    return _of_class(said)


def _of_class(said: str) -> int | None:
    grade = _CLASS.search(said)
    if grade is None:
        return None
    return _CLASSES[grade[1]] if grade[1] else _BEFORE_SCHOOL + int(grade[2])


def _read_age(said: str, *, year: int | None, asked: bool) -> int | None:
    if year is not None and (born := _BORN.search(said)):
        return _possible(year - int(born[1]))
    if (decade := _DECADE.search(said)) and (age := _decade(decade)) is not None:
        return age
    if asked and (below := _BELOW.search(said)):
        return _possible(int(below[1]) - 1)
    said = _DENIED.sub(" ", said)
    if asked and (above := _ABOVE.search(said)):
        return _possible(int(above[1] or above[2]) + (1 if above[1] else 0))
    patterns = (_OF_SOMEBODY, _SAID_TO_BE)
    said_of_others = _OWN.sub(" ", said)
    found = [_first(pattern, said_of_others) for pattern in patterns]
    if asked:
        found += [_first(pattern, said) for pattern in (_BY_ITSELF, _ANY)]
    return next((age for age in found if age is not None), None)


def _first(pattern: re.Pattern[str], said: str) -> int | None:
    numbers = (int(next(filter(None, match.groups()))) for match in pattern.finditer(said))
    return next((number for number in numbers if _possible(number)), None)


def _decade(match: re.Match[str]) -> int | None:
    if match[1]:
        return int(match[1]) + 5
    return 35 if match[2] in _MOST_ADULT else None


def _possible(age: int) -> int | None:
    return age if 0 < age <= _OLDEST else None
