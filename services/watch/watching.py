"""The watch: a test message every few minutes, oftener while something is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from services.watch.alarm import WHAT, Alarm
from services.watch.probe import Finding, Probe

LOOK_AGAIN: Final = timedelta(seconds=30)
"""After a failure: one may be a hiccup, two are an outage; and the end of it is soon known."""


async def watch(
    probe: Probe,
    alarm: Alarm,
    say: Callable[[str], None],
    *,
    every: timedelta,
    again: timedelta = LOOK_AGAIN,
) -> None:
    """Try the service now and every so often, until cancelled.

    Args:
        probe: Sends the message.
        alarm: Tells of an outage: of two failures in a row.
        say: Prints one line to the operator, at each change.
        every: Between two tries.
        again: Before the next try after a failure.
    """
    before, failures = Finding.ANSWERED, 0
    while True:
        result = await probe.once()
        failures = 0 if result.finding is Finding.ANSWERED else failures + 1
        if result.finding is not before:
            say(f"{WHAT[result.finding]} ({result.seconds:.1f} s)")
            before = result.finding
        if failures != 1:
            await alarm.note(result.finding, datetime.now(UTC))
        await asyncio.sleep((again if failures else every).total_seconds())
