"""The rules of sending, by themselves: order, backoff, once or twice, quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.conversations.delivery import (
    LOST_SIGHT,
    Pending,
    Refused,
    Sent,
    Unclear,
    after_attempt,
    after_failed_delivery,
    next_to_send,
)
from services.conversations.quiet_hours import AWAKE_FOR, QuietHours
from services.store.tables import OutboundState

NOW = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
SWEDEN = ZoneInfo("Europe/Stockholm")


def pending(
    position: int = 1,
    *,
    due: int = 0,
    attempts: int = 0,
    acute: bool = False,
    age: timedelta = timedelta(0),
    state: OutboundState = OutboundState.READY,
) -> Pending:
    return Pending(
        id=uuid4(),
        position=position,
        state=state,
        due_at=NOW + timedelta(seconds=due),
        attempts=attempts,
        acute=acute,
        created_at=NOW - age,
    )


def test_messages_leave_in_order() -> None:
    first, second = pending(1), pending(2)
    assert next_to_send([first, second], NOW) is first


def test_an_acute_one_waits_for_no_other() -> None:
    stuck, acute = pending(1, due=60, attempts=3), pending(2, acute=True)
    assert next_to_send([stuck, acute], NOW) is acute


def test_nothing_overtakes_one_that_is_being_tried_again() -> None:
    assert next_to_send([pending(1, due=60, attempts=1), pending(2)], NOW) is None


def test_what_was_kept_for_the_morning_leaves_before_what_comes_after_it() -> None:
    kept, later = pending(1, due=3600), pending(2)
    assert next_to_send([kept, later], NOW) is kept
    assert next_to_send([kept], NOW) is None


many = st.lists(
    st.builds(
        pending,
        due=st.integers(-100, 100),
        attempts=st.integers(0, 4),
        acute=st.booleans(),
        state=st.sampled_from([OutboundState.READY, OutboundState.SENDING]),
    ),
    max_size=6,
)


@given(many)
def test_what_leaves_is_due_or_is_followed_by_what_is_due(rows: list[Pending]) -> None:
    chosen = next_to_send(rows, NOW)
    if chosen is None:
        return
    assert any(one.due_at <= NOW for one in rows)
    if chosen.acute:
        assert chosen.due_at <= NOW
    else:
        assert not any(one.acute and one.due_at <= NOW for one in rows)
        assert chosen is next(one for one in rows if not one.acute)
        if chosen.attempts or chosen.uncertain:
            assert chosen.due_at <= NOW


@given(st.integers(0, 40), st.booleans())
def test_delays_grow_to_a_limit_and_trying_ends(attempts: int, acute: bool) -> None:
    one = pending(attempts=attempts, acute=acute)
    standing = after_attempt(Refused("429", again=True), one, NOW)
    assert standing.due_at is not None
    earlier = after_attempt(
        Refused("429", again=True), pending(attempts=max(0, attempts - 1), acute=acute), NOW
    )
    assert earlier.due_at is not None
    assert NOW < earlier.due_at <= standing.due_at
    old = pending(attempts=attempts, acute=acute, age=timedelta(hours=25))
    assert after_attempt(Refused("429", again=True), old, NOW).state is OutboundState.FAILED


def test_what_the_carrier_refuses_for_good_is_not_tried_again() -> None:
    standing = after_attempt(Refused("21211", again=False), pending(), NOW)
    assert (standing.state, standing.failure) == (OutboundState.FAILED, "21211")


def test_what_nobody_knows_is_kept_as_such_and_given_up_as_such() -> None:
    standing = after_attempt(Unclear("timeout"), pending(), NOW)
    assert standing.state is OutboundState.SENDING
    old = pending(age=timedelta(hours=25))
    assert after_attempt(Unclear("timeout"), old, NOW).failure == LOST_SIGHT


def test_what_left_is_not_due_any_more() -> None:
    assert after_attempt(Sent("SM1"), pending(), NOW).due_at is None


def test_a_phone_that_is_off_is_tried_again_some_times_and_a_wrong_number_never() -> None:
    delays = []
    for attempts in range(1, 6):
        standing = after_failed_delivery(
            "30003", temporary=True, pending=pending(attempts=attempts), now=NOW
        )
        delays.append(standing.due_at)
    assert all(delays[:4])
    assert delays[4] is None
    wrong = after_failed_delivery("30005", temporary=False, pending=pending(attempts=1), now=NOW)
    assert wrong.state is OutboundState.FAILED


@pytest.mark.parametrize(
    ("hour", "quiet"), [(20, False), (21, True), (23, True), (3, True), (7, True), (8, False)]
)
def test_it_is_quiet_from_nine_to_eight_by_the_clock_in_sweden(hour: int, quiet: bool) -> None:
    for month in (1, 7):
        at = datetime(2026, month, 15, hour, 30, tzinfo=SWEDEN).astimezone(UTC)
        assert QuietHours().hold(at) is quiet


def test_who_has_just_written_is_awake() -> None:
    night = datetime(2026, 11, 18, 23, 0, tzinfo=SWEDEN)
    quiet = QuietHours()
    assert quiet.leaves_at(night, caller_active_at=night - AWAKE_FOR) == night
    morning = quiet.leaves_at(night, caller_active_at=night - timedelta(hours=1))
    assert morning == datetime(2026, 11, 19, 8, 0, tzinfo=SWEDEN)


@given(
    st.integers(0, 365 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)
def test_nothing_leaves_while_it_is_quiet_and_nothing_waits_more_than_a_day(
    at: datetime, since: time, until: time
) -> None:
    quiet = QuietHours(since, until)
    leaves = quiet.leaves_at(at, caller_active_at=at - timedelta(days=1))
    assert at <= leaves <= at + timedelta(hours=25)
    assert leaves == at or not quiet.hold(leaves)
