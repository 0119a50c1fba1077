"""Quiet hours: what the service sends of its own accord does not wake anyone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_SWEDEN: Final = ZoneInfo("Europe/Stockholm")
AWAKE_FOR: Final = timedelta(minutes=30)
"""Who wrote to us this lately is awake, and hears what belongs to the talk at once."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when to when, by the clock in Sweden; the same time twice means never."""

    since: time = time(21, 0)
    until: time = time(8, 0)

    def hold(self, at: datetime) -> bool:
        """Whether it is quiet at an aware time."""
        clock = at.astimezone(_SWEDEN).time()
        if self.since <= self.until:
            return self.since <= clock < self.until
        return clock >= self.since or clock < self.until

    def end(self, at: datetime) -> datetime:
        """When the quiet that holds at ``at`` is over; aware."""
        local = at.astimezone(_SWEDEN)
        today = local.replace(
            hour=self.until.hour, minute=self.until.minute, second=self.until.second, microsecond=0
        )
        return today if today > local else today + timedelta(days=1)

    def leaves_at(self, now: datetime, *, caller_active_at: datetime) -> datetime:
        """When something that nobody is waiting for may leave: now, or in the morning.

        Args:
            now: Aware.
            caller_active_at: When the caller last wrote.
        """
        if now - caller_active_at <= AWAKE_FOR or not self.hold(now):
            return now
        return self.end(now)
