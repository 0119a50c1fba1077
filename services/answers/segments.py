"""How many segments a text message takes: GSM-7 where every letter allows it, UCS-2 otherwise.

3GPP TS 23.038 (alphabet) and TS 23.040 (concatenation): 160 units alone or 153 in each part in
GSM-7, 70 or 67 in UCS-2. A letter that takes two units is never parted.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED: Final = frozenset("\f^{}\\[~]|€")
_BEYOND_BASIC_PLANE: Final = 0xFFFF

_PLAIN: Final = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
        "\u2026": "...", "\u2022": "-", "\u2192": "->",
        "\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ",
        "\u00ad": None, "\u200b": None, "\ufeff": None,
    }
)  # fmt: skip
"""Signs of good typography, and what says the same in GSM-7."""


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text takes on the wire."""

    gsm: bool
    count: int


def plain(text: str) -> str:
    """The text with typographic signs replaced, so that it stays in GSM-7 where it can."""
    return unicodedata.normalize("NFC", text).translate(_PLAIN)


def segments(text: str) -> Segments:
    """How many segments a text takes; none for an empty one."""
    gsm = all(letter in _BASIC or letter in _ESCAPED for letter in text)
    widths = [_gsm_width(letter) if gsm else _ucs2_width(letter) for letter in text]
    alone, part = (160, 153) if gsm else (70, 67)
    if sum(widths) <= alone:
        return Segments(gsm, 1 if text else 0)
    return Segments(gsm, _parts(widths, part))


def _gsm_width(letter: str) -> int:
    return 2 if letter in _ESCAPED else 1


def _ucs2_width(letter: str) -> int:
    return 2 if ord(letter) > _BEYOND_BASIC_PLANE else 1


def _parts(widths: Iterable[int], size: int) -> int:
    count, used = 1, 0
    for width in widths:
        if used + width > size:
            count, used = count + 1, 0
        used += width
    return count
