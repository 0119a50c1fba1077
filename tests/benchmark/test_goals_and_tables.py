"""A goal is reached or not by its limit, and the tables say what was measured."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.benchmark.goals import ACUTE_BUSY, LENGTH, MEMORY, TAIL, THROUGHPUT, Finding
from services.benchmark.load import Load
from services.benchmark.machine import Machine
from services.benchmark.parts import Detail, Measured
from services.benchmark.report import (
    Circumstances,
    circumstances_table,
    goals_table,
    loads_table,
)
from services.evaluation.tables import as_markdown


@pytest.mark.parametrize(
    ("finding", "met"),
    [
        (Finding(THROUGHPUT, 140, 35), True),
        (Finding(THROUGHPUT, 139, 35), False),
        (Finding(TAIL, 100, 600), True),
        (Finding(TAIL, 101, 600), False),
        (Finding(ACUTE_BUSY, 50), True),
        (Finding(ACUTE_BUSY, 50.1), False),
        (Finding(ACUTE_BUSY, float("inf")), False),
        (Finding(LENGTH, 12, 10), True),
        (Finding(MEMORY, 1500, 1150), False),
    ],
)
def test_a_goal_is_reached_at_its_limit_and_not_beyond(finding: Finding, met: bool) -> None:
    assert finding.is_met is met


def test_the_table_tells_measured_compared_ratio_and_whether_it_is_reached() -> None:
    part = Measured((Finding(THROUGHPUT, 140, 35), Finding(ACUTE_BUSY, 60.0)), notes=("Därför.",))
    written = as_markdown(goals_table([part], {}))
    assert "| 140 /s | stock Rasa: 35.0 /s | 4.00 | at least 4 times stock Rasa | yes |" in written
    assert "| 60.0 ms | – | – | at most 50 ms | **no** |" in written
    assert "Därför." in written


def test_a_part_that_failed_is_told_as_failed() -> None:
    rows = goals_table([], {"chats": "det tog för lång tid"}).rows
    assert rows == (("chats", "–", "–", "–", "–", "failed: det tog för lång tid"),)


def test_every_load_is_told_with_what_the_client_used() -> None:
    load = Load(
        seconds=(0.1,) * 50, at_once=(False,) * 50, lasted=2.0, faults={"503": 1}, client_share=0.25
    )
    (row,) = loads_table([Detail("16 callers", load)]).rows
    assert row == ("16 callers", "50", "25.0", "100", "no reply", "1 (503)", "0.25")


def test_the_circumstances_say_how_fast_the_machine_was_just_then() -> None:
    machine = Machine(8, 2, "a processor", counting_ms=240.4, disk_ms=1.234, busy=0.3)
    at = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
    rows = dict(circumstances_table(Circumstances(at, machine, {"model": "m1"})).rows)
    assert rows["cores"] == "2 used of 8"
    assert rows["a plain counting loop to 5,000,000"] == "240 ms"
    assert rows["date"] == "2026-11-18 11:00 UTC"
    assert rows["model"] == "m1"
