"""The tables of a run, for the terminal and for ``docs/reliability.md``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from services.benchmark.machine import Machine
from services.evaluation.tables import Table
from tests.chaos.round import Played, Size


def outcomes_table(played: Sequence[Played], not_run: Mapping[str, str]) -> Table:
    """What became of every message, a fault on each line; then those that could not be done."""
    rows = [_outcome_cells(one) for one in played]
    rows += [(what, f"not done: {why}", *("–",) * 9) for what, why in not_run.items()]
    return Table(
        "What became of every message",
        (
            "fault", "done", "conversations", "messages acknowledged", "one outcome",
            "of them to a coordinator", "of them answered and not stored", "lost or waiting",
            "doubled", "tickets (claims)", "rules broken",
        ),
        tuple(rows),
    )  # fmt: skip


def waits_table(played: Sequence[Played]) -> Table:
    """How long callers waited, and what left by text message."""
    return Table(
        "How long callers waited",
        (
            "fault", "acute messages", "answered within 1 s", "slowest at a living service",
            "longest acute wait in all", "longest that a port was away",
            "longest wait of all", "came when the page was closed", "text messages", "left once",
        ),
        tuple(_wait_cells(one) for one in played),
    )  # fmt: skip


def circumstances_table(
    at: datetime, machine: Machine, seed: str, size: Size, seconds: float
) -> Table:
    """Where, when and with what seed."""
    rows = {
        "date": f"{at:%Y-%m-%d %H:%M %Z}",
        "seed": seed,
        "conversations for each fault, at most": f"{size.conversations}, or as many as begin in "
        f"{size.seconds:.0f} s",
        "callers at once": str(size.callers),
        "processor": machine.processor,
        "cores": f"{machine.cores_used} used of {machine.cores}",
        "a plain counting loop to 5,000,000": f"{machine.counting_ms:.0f} ms",
        "processes that wanted a core just before": f"{machine.busy:.1f}",
        "the whole run": f"{seconds / 60:.0f} minutes",
    }
    return Table("Where it was run", ("what", "value"), tuple(rows.items()))


def _outcome_cells(played: Played) -> tuple[str, ...]:
    found = played.findings
    return (
        played.fault.what,
        f"{played.struck} times" + (f" ({played.how})" if played.how else ""),
        f"{found.conversations:,}",
        f"{found.acknowledged:,}",
        f"{found.one_outcome:,}",
        f"{found.to_coordinator:,}",
        f"{found.unstored:,}",
        f"{found.lost:,}",
        f"{found.doubled:,}",
        f"{found.tickets:,} ({found.claims:,})",
        f"**{found.breaches:,}**" if found.breaches else "0",
    )


def _wait_cells(played: Played) -> tuple[str, ...]:
    found = played.findings
    return (
        played.fault.what,
        f"{found.acute:,}",
        f"{found.acute_in_time:,}",
        _seconds(found.slowest_acute),
        _seconds(found.longest_acute_wait),
        _seconds(found.longest_absence) if found.longest_absence else "–",
        _seconds(found.longest_wait),
        f"{found.too_late:,}",
        f"{found.texts:,}",
        f"{found.texts_once:,}",
    )


def _seconds(seconds: float) -> str:
    if math.isinf(seconds):
        return "no reply"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
