"""Phone numbers as they are said aloud.

Swedish, by the groups a number is written in: the area code digit by digit, then pairs ("00" is
"noll noll"); round hundreds as such ("etthundra, tvåhundra"). A short number that is written in
groups is said as those numbers ("etthundrafjorton fjorton"); one that is not, digit by digit
("ett ett två"). English: every digit.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_SWEDISH: Final = (
    "noll", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva", "tolv",
    "tretton", "fjorton", "femton", "sexton", "sjutton", "arton", "nitton",
)  # fmt: skip
_TENS: Final = (
    "tjugo", "trettio", "fyrtio", "femtio", "sextio", "sjuttio", "åttio", "nittio",
)  # fmt: skip
_ENGLISH: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
)  # fmt: skip
_PAIR, _HUNDREDS, _TWO_PAIRS = 2, 3, 4
_GROUP: Final = re.compile(r"\d+")


@lru_cache(maxsize=512)
def speak_number(number: str, *, english: bool = False) -> str:
    """A phone number in words.

    Args:
        number: As written in Sweden, with its groups: as ``knowledge/contacts`` writes it.
        english: Digit by digit in English instead of Swedish.
    """
    groups = _GROUP.findall(number)
    if english:
        return ", ".join(" ".join(_ENGLISH[int(digit)] for digit in group) for group in groups)
    if number.startswith("0"):
        area, *rest = groups
        return ", ".join((_digits(area), *map(_group, rest)))
    if len(groups) > 1:
        return " ".join(map(_cardinal, groups))
    if len(number) == _TWO_PAIRS:
        return f"{_pair(number[:2])} {_pair(number[2:])}"
    return _digits(number)


def _digits(group: str) -> str:
    return " ".join(_SWEDISH[int(digit)] for digit in group)


def _group(group: str) -> str:
    if len(group) == _PAIR:
        return _pair(group)
    if len(group) == _HUNDREDS and group[0] != "0":
        return (
            _cardinal(group) if group.endswith("00") else f"{_digits(group[0])} {_pair(group[1:])}"
        )
    return _digits(group)


def _pair(pair: str) -> str:
    return _digits(pair) if pair.startswith("0") else _below_hundred(int(pair))


def _cardinal(group: str) -> str:
    if group.startswith("0") or len(group) > _HUNDREDS:
        return _digits(group)
    hundreds, rest = divmod(int(group), 100)
    return (f"{_SWEDISH[hundreds]}hundra" if hundreds else "") + (
        _below_hundred(rest) if rest or not hundreds else ""
    )


def _below_hundred(number: int) -> str:
    if number < len(_SWEDISH):
        return _SWEDISH[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (_SWEDISH[ones] if ones else "")
