"""When a caller's first answer from a human is due. Pure: the times are arguments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from services.vocabulary import Urgency

FIRST_ANSWER_WITHIN: Final[Mapping[Urgency, timedelta]] = {
    Urgency.AKUT: timedelta(minutes=5),
    Urgency.HOG: timedelta(minutes=30),
}
"""How long a caller may wait; with any other urgency, until the next working day ends."""

WORKING_DAY_ENDS: Final = time(16, 0)
"""By the clock in Sweden."""

_SWEDEN: Final = ZoneInfo("Europe/Stockholm")
_SATURDAY: Final = 5
# "de_facto": the eves of Midsummer, Christmas and New Year are as good as holidays.
_HOLIDAYS: Final = holidays.country_holidays("SE", categories=("public", "de_facto"))


def first_answer_due(
    urgency: Urgency,
    created_at: datetime,
    *,
    within: Mapping[Urgency, timedelta] = FIRST_ANSWER_WITHIN,
    day_ends: time = WORKING_DAY_ENDS,
) -> datetime:
    """When a ticket must have had its first answer.

    Args:
        urgency: The ticket's.
        created_at: When it was made; aware.
        within: How long the urgent may wait.
        day_ends: When the working day ends, by the clock in Sweden.

    Returns:
        An aware time.
    """
    if urgency in within:
        return created_at + within[urgency]
    day = next_working_day(created_at.astimezone(_SWEDEN).date())
    return datetime.combine(day, day_ends, tzinfo=_SWEDEN)


def next_working_day(day: date) -> date:
    """The first day after ``day`` that is neither weekend nor Swedish holiday."""
    following = day + timedelta(days=1)
    while following.weekday() >= _SATURDAY or following in _HOLIDAYS:
        following += timedelta(days=1)
    return following
