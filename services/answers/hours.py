"""Opening hours: is a contact open at a moment, and if not, when does it open.

Hours are Swedish wall-clock time (Europe/Stockholm, daylight saving included). A contact that is
closed on holidays is closed on red days and on the eves that are free for most: Easter, Midsummer,
Whitsun, Christmas and New Year's Eve. On the working day before a red day many close early, and no
source of ours says who: such a day counts as open, and the status says that it may close early.
A bridge day between a red day and a weekend is an ordinary day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from holidays.constants import DE_FACTO, OPTIONAL, PUBLIC
from holidays.countries.sweden import Sweden

from services.answers.contacts import Contact, Holidays, Shift, Status, Weekday

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
_AHEAD: Final = timedelta(days=21)
"""A line that opens once a week and loses two weeks to holidays is still found."""
_FREE_EVES: Final = frozenset({"Påskafton", "Pingstafton"})
_WEEKDAYS: Final = tuple(Weekday)
_OFFICE_HOURS: Final = range(9, 16)
_FRIDAY: Final = 4


class Always(Enum):
    """Open day and night."""

    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Open:
    """Open now. ``closes_at`` is Swedish time."""

    closes_at: datetime | Always
    may_close_early: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """Closed now. ``opens_at`` is Swedish time; nothing if it does not open within three weeks."""

    opens_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The hours are not known. ``office_hours``: whether ordinary offices are open."""

    office_hours: bool


type HoursStatus = Open | Closed | Unknown


def status(contact: Contact, at: datetime) -> HoursStatus:
    """Whether a contact is open.

    Args:
        contact: Its hours and what it does on holidays.
        at: An aware time in any zone.
    """
    local = at.astimezone(STOCKHOLM)
    if contact.status is Status.CLOSED:
        return Closed(opens_at=None)
    if contact.hours is None:
        return Unknown(office_hours=is_office_hours(local))
    if contact.hours == "dygnet runt":
        return Open(closes_at=Always.ALWAYS)
    periods = _periods(contact.hours, contact.holidays, local.date())
    now = at.astimezone(UTC)
    for opens, closes in periods:
        if now < opens:
            return Closed(opens_at=opens.astimezone(STOCKHOLM))
        if now < closes:
            closes_at = closes.astimezone(STOCKHOLM)
            early = contact.holidays is Holidays.CLOSED and is_day_before_red_day(local.date())
            return Open(closes_at=closes_at, may_close_early=early)
    return Closed(opens_at=None)


def swedish_day(at: datetime) -> date:
    """The day it is in Sweden at an aware time."""
    return at.astimezone(STOCKHOLM).date()


def is_office_hours(local: datetime) -> bool:
    """Whether offices are surely open: a working day between nine and four, Swedish time."""
    return (
        local.weekday() <= _FRIDAY
        and local.hour in _OFFICE_HOURS
        and local.date() not in _free_days(local.year)
    )


def is_day_before_red_day(day: date) -> bool:
    """Whether a working day comes just before a free day that is not an ordinary weekend."""
    tomorrow = day + timedelta(days=1)
    return day not in _free_days(day.year) and tomorrow in _free_days(tomorrow.year)


@lru_cache(maxsize=16)
def _free_days(year: int) -> frozenset[date]:
    red = Sweden(years=year, categories=(PUBLIC, DE_FACTO))
    eves = Sweden(years=year, categories=(OPTIONAL,))
    free = set(red) | {day for day, name in eves.items() if name in _FREE_EVES}
    return frozenset(free)


@lru_cache(maxsize=512)
def _periods(
    shifts: tuple[Shift, ...], on_holidays: Holidays, today: date
) -> tuple[tuple[datetime, datetime], ...]:
    """Open periods around ``today`` in UTC, in order; shifts that touch are one period."""
    merged: list[tuple[datetime, datetime]] = []
    for opens, closes in sorted(_single_periods(shifts, on_holidays, today)):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return tuple(merged)


def _single_periods(
    shifts: tuple[Shift, ...], on_holidays: Holidays, today: date
) -> list[tuple[datetime, datetime]]:
    found = []
    for offset in range(-2, _AHEAD.days):
        day = today + timedelta(days=offset)
        if on_holidays is Holidays.CLOSED and day in _free_days(day.year):
            continue
        for shift in shifts:
            if _WEEKDAYS[day.weekday()] in shift.days:
                last = day if shift.until > shift.since else day + timedelta(days=1)
                opens = datetime.combine(day, shift.since, STOCKHOLM).astimezone(UTC)
                closes = datetime.combine(last, shift.until, STOCKHOLM).astimezone(UTC)
                found.append((opens, closes))
    return found
