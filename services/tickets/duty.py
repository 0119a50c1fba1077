"""When coordinators are on duty, and what a caller may expect of that. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.tickets.due import first_answer_due, next_working_day
from services.vocabulary import Urgency

_SWEDEN: Final = ZoneInfo("Europe/Stockholm")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a caller may be told.

    ``at`` is Swedish time: when a first answer should have come if somebody is on duty, else when
    somebody is next.
    """

    on_duty: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class DutyHours:
    """From when to when coordinators work on working days, Swedish time."""

    opens: time = time(8, 0)
    closes: time = time(16, 30)

    def on_duty(self, at: datetime) -> bool:
        """Whether somebody works at an aware time."""
        local = at.astimezone(_SWEDEN)
        is_working_day = next_working_day(local.date() - _DAY) == local.date()
        return is_working_day and self.opens <= local.time() < self.closes

    def next_opening(self, at: datetime) -> datetime:
        """When somebody is next on duty, after an aware time when nobody is."""
        local = at.astimezone(_SWEDEN)
        day = local.date() if local.time() < self.opens else local.date() + _DAY
        return datetime.combine(next_working_day(day - _DAY), self.opens, tzinfo=_SWEDEN)

    def expectation(self, urgency: Urgency, at: datetime) -> Expectation:
        """What a caller may expect whose ticket is made at an aware time."""
        if not self.on_duty(at):
            return Expectation(on_duty=False, at=self.next_opening(at))
        return Expectation(on_duty=True, at=first_answer_due(urgency, at).astimezone(_SWEDEN))
