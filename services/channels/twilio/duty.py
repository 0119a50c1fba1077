"""Who answers the phone when a caller wants a human, and when. Pure: the time is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.settings import Settings
from services.tickets.duty import DutyHours


@dataclass(frozen=True, slots=True)
class Duty:
    """The number of the coordinator on duty, if calls are connected at all, and its hours."""

    number: str | None
    hours: DutyHours

    def answers(self, at: datetime) -> bool:
        """Whether a call can be connected at an aware time."""
        return self.number is not None and self.hours.on_duty(at)


def duty_of(settings: Settings) -> Duty:
    """The duty that the settings say, in the hours of the service's own municipality."""
    hours = DutyHours(*settings.duty_hours_of(settings.municipality))
    return Duty(settings.duty_number, hours)
