"""Masking of identifiers that nobody asked for, before a message is stored."""

from __future__ import annotations

import re
from typing import Final

_PERSONNUMMER: Final = re.compile(
    r"(?<!\d)(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]|[67]\d|8\d|9[01])[-+ ]?\d{4}(?!\d)"
)
"""YYMMDD-NNNN with or without century and separator; days over 60 are coordination numbers."""

_MASK: Final = "[personnummer borttaget]"


def mask_identifiers(text: str) -> str:
    """The text with each Swedish personnummer or coordination number replaced.

    A number counts when its check digit is right (Luhn), so that a phone number is left alone.
    """
    return _PERSONNUMMER.sub(_mask_if_valid, text)


def _mask_if_valid(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match.group())[-10:]
    return _MASK if _luhn(digits) else match.group()


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(map(int, digits)):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
