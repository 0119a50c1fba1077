"""Masking of identifiers that nobody asked for, before a message is stored. Pure."""

from __future__ import annotations

import re
from typing import Final

from phonenumbers import Leniency, PhoneNumberMatcher, PhoneNumberType, number_type

_REGION: Final = "SE"
_BETWEEN: Final = r"[\s.\-\u2010-\u2015/]?"
"""What people write between two digits of a number."""

_PERSONNUMMER: Final = re.compile(
    rf"(?<!\d)(?:(?:18|19|20){_BETWEEN})?"
    rf"\d{{2}}{_BETWEEN}(?:0[1-9]|1[0-2]){_BETWEEN}(?:0[1-9]|[1-2]\d|3[01]|6[1-9]|[78]\d|9[01])"
    rf"[\s.\-+\u2010-\u2015/]{{0,3}}\d{{2}}{_BETWEEN}\d{{2}}(?!\d)"
)
"""YYMMDD-NNNN with or without century and separators; days over 60 are coordination numbers."""
_CARD: Final = re.compile(rf"(?<!\d)(?:\d{_BETWEEN}){{12,18}}\d(?!\d)")
_EMAIL: Final = re.compile(
    # From where an address can begin only, so that a long word costs no more than its length.
    r"(?<![\w.+%'-])[\w.+%'-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}(?:\.[\w-]{1,63})+",
    re.IGNORECASE,
)
_HELPLINES: Final = frozenset(
    {PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.PREMIUM_RATE}
)
"""Kinds of numbers that are never a person's own."""
_FEWEST_DIGITS: Final = 7

NO_PERSONNUMMER: Final = "[personnummer borttaget]"
NO_CARD: Final = "[kortnummer borttaget]"
NO_EMAIL: Final = "[e-postadress borttagen]"
NO_PHONE: Final = "[telefonnummer borttaget]"


def mask_identifiers(text: str, *, may_be_reached: bool = False) -> str:
    """The text without numbers and addresses by which a person is found.

    Personnummer, coordination numbers and payment cards count when their check digit is right, so
    that other numbers are left alone. Helplines' numbers stay.

    Args:
        text: What a caller wrote.
        may_be_reached: Leave telephone numbers and e-mail addresses: the caller tells how to be
            reached.
    """
    if sum(map(str.isdigit, text)) >= _FEWEST_DIGITS:
        text = _PERSONNUMMER.sub(_mask_personnummer, text)
        text = _CARD.sub(_mask_card, text)
        if not may_be_reached:
            text = mask_phones(text)
    return text if may_be_reached else mask_emails(text)


def mask_emails(text: str) -> str:
    """The text without e-mail addresses."""
    return _EMAIL.sub(NO_EMAIL, text)


def mask_phones(text: str) -> str:
    """The text without telephone numbers that can be a person's own."""
    masked: list[str] = []
    end = 0
    for match in PhoneNumberMatcher(text, _REGION, leniency=Leniency.VALID):
        if number_type(match.number) not in _HELPLINES:
            masked += (text[end : match.start], NO_PHONE)
            end = match.end
    return "".join((*masked, text[end:]))


def _mask_personnummer(match: re.Match[str]) -> str:
    digits = _digits(match)[-10:]
    return NO_PERSONNUMMER if _luhn(digits) else match.group()


def _mask_card(match: re.Match[str]) -> str:
    return NO_CARD if _luhn(_digits(match)) else match.group()


def _digits(match: re.Match[str]) -> str:
    return "".join(filter(str.isdigit, match.group()))


def _luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
