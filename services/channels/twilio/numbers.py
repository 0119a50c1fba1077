"""Callers' own numbers: hidden ones stay hidden, others are written as in Sweden."""

from __future__ import annotations

from typing import Final

import phonenumbers

_HIDDEN: Final = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE on a phone's keys: how Twilio writes a
number that is not shown."""


def visible_number(caller: str) -> str | None:
    """The caller's number in the form +46..., or nothing if it is hidden or is none."""
    if caller in _HIDDEN or not caller.startswith("+"):
        return None
    return _valid(caller)


def keyed_number(digits: str) -> str | None:
    """The number that a caller has entered, or nothing if it can't be one."""
    return _valid(digits)


def written(number: str) -> str:
    """A number as it is written in Sweden, or with its country if it is from elsewhere."""
    parsed = phonenumbers.parse(number, "SE")
    swedish = parsed.country_code == phonenumbers.country_code_for_region("SE")
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, style.NATIONAL if swedish else style.INTERNATIONAL)


def _valid(number: str) -> str | None:
    try:
        parsed = phonenumbers.parse(number, "SE")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
