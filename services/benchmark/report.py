"""The tables of a run: the goals, every load, and where and when it was made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.benchmark.goals import Finding, Goal
from services.benchmark.machine import Machine
from services.benchmark.parts import Detail, Measured
from services.evaluation.tables import Table


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where, when and of what a run was made."""

    at: datetime
    machine: Machine
    versions: Mapping[str, str]


def goals_table(measured: Sequence[Measured], failed: Mapping[str, str]) -> Table:
    """Every goal on a line; then the parts that failed, with why."""
    rows = [_goal_cells(finding) for part in measured for finding in part.findings]
    rows += [(name, "–", "–", "–", "–", f"failed: {why}") for name, why in failed.items()]
    notes = [note for part in measured for note in part.notes]
    return Table(
        "What is to be reached",
        ("what", "measured", "compared with", "ratio", "goal", "reached"),
        tuple(rows),
        "\n\n".join(notes),
    )


def loads_table(details: Sequence[Detail]) -> Table:
    """Every load: how much, how quick, and whether the client had time to spare."""
    return Table(
        "Every load",
        (
            "load", "messages", "a second", "p50 ms", "p99 ms", "failed",
            "client's share of a core",
        ),
        tuple(_load_cells(detail) for detail in details),
    )  # fmt: skip


def circumstances_table(circumstances: Circumstances) -> Table:
    """Where, when and of what."""
    machine = circumstances.machine
    rows = {
        "date": f"{circumstances.at:%Y-%m-%d %H:%M %Z}",
        "processor": machine.processor,
        "cores": f"{machine.cores_used} used of {machine.cores}",
        "a plain counting loop to 5,000,000": f"{machine.counting_ms:.0f} ms",
        "a write of 4 kB that survives a power cut": f"{machine.disk_ms:.2f} ms",
        "processes that wanted a core just before": f"{machine.busy:.1f}",
        **circumstances.versions,
    }
    return Table("Where it was measured", ("what", "value"), tuple(rows.items()))


def _goal_cells(finding: Finding) -> tuple[str, ...]:
    goal, ratio = finding.goal, finding.ratio
    beside = "–"
    if finding.compared is not None:
        beside = f"{goal.beside}: {_value(finding.compared, goal)}"
    return (
        goal.what,
        _value(finding.measured, goal),
        beside,
        "–" if ratio is None else f"{ratio:.2f}",
        goal.reach,
        "yes" if finding.is_met else "**no**",
    )


def _value(value: float, goal: Goal) -> str:
    return f"{_number(value)} {goal.unit}"


def _load_cells(detail: Detail) -> tuple[str, ...]:
    load = detail.load
    return (
        detail.what,
        f"{len(load.seconds):,}",
        f"{load.a_second:.1f}",
        _number(load.milliseconds(50)),
        _number(load.milliseconds(99)),
        ", ".join(f"{count} ({what})" for what, count in load.faults.items()) or "0",
        f"{load.client_share:.2f}",
    )


def _number(value: float) -> str:
    if math.isinf(value):
        return "no reply"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
