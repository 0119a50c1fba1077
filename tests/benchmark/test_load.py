"""What follows from the times that callers met."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.benchmark.errors import BenchmarkError
from services.benchmark.load import Load, percentile_of


def load(*seconds: float, at_once: bool = False, **more) -> Load:
    return Load(seconds=seconds, at_once=(at_once,) * len(seconds), **{"lasted": 2.0, **more})


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 100))
def test_a_percentile_is_a_value_that_was_met_and_so_many_are_not_above_it(values, percentile):
    found = percentile_of(values, percentile)
    assert found in values
    assert sum(value <= found for value in values) >= percentile / 100 * len(values) - 1e-6


def test_a_message_without_a_reply_is_slower_than_all_others() -> None:
    assert load(*[0.01] * 98, faults={"503": 2}).milliseconds(99) == math.inf
    assert load(*[0.01] * 98, faults={"503": 2}).milliseconds(98) == pytest.approx(10)


def test_without_any_reply_there_is_no_percentile() -> None:
    with pytest.raises(BenchmarkError):
        load().milliseconds(50)


def test_messages_a_second_are_answered_ones_only() -> None:
    assert load(0.1, 0.2, faults={"503": 7}).a_second == 1


def test_loads_one_after_the_other_count_as_one() -> None:
    first = load(0.1, lasted=1.0, client_share=0.2)
    joined = Load.joined([first, load(0.2, 0.3, lasted=3.0, faults={"503": 1}, client_share=0.6)])
    assert joined.seconds == (0.1, 0.2, 0.3)
    assert joined.a_second == 3 / 4
    assert joined.failed == 1
    assert joined.client_share == pytest.approx(0.5)


def test_what_was_answered_at_once_is_told_apart_and_failures_stay() -> None:
    mixed = Load(seconds=(0.01, 2.0), at_once=(True, False), lasted=1.0, faults={"503": 1})
    assert mixed.answered_at_once.seconds == (0.01,)
    assert mixed.answered_at_once.failed == 1
