"""The clock of a caller who waits for a human."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.due import first_answer_due, next_working_day
from services.vocabulary import Urgency

SWEDEN = ZoneInfo("Europe/Stockholm")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SWEDEN)


@pytest.mark.parametrize(
    ("urgency", "created", "due"),
    [
        (Urgency.AKUT, "2026-11-18 12:00", "2026-11-18 12:05"),
        (Urgency.HOG, "2026-11-18 23:50", "2026-11-19 00:20"),
        (Urgency.ORO, "2026-11-18 00:01", "2026-11-19 16:00"),
        (Urgency.ORO, "2026-11-20 09:00", "2026-11-23 16:00"),  # a Friday
        (Urgency.ORO, "2026-12-23 09:00", "2026-12-28 16:00"),  # Christmas, then a weekend
        (Urgency.ORO, "2026-06-18 09:00", "2026-06-22 16:00"),  # Midsummer's eve
        (Urgency.INFO, "2026-11-18 12:00", "2026-11-19 16:00"),
        (Urgency.UTANFOR, "2026-11-18 12:00", "2026-11-19 16:00"),
    ],
)
def test_the_first_answer_is_due(urgency: Urgency, created: str, due: str) -> None:
    assert first_answer_due(urgency, at(created)) == at(due)


def test_the_day_is_the_one_in_sweden_not_in_utc() -> None:
    late_thursday_in_utc = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    assert first_answer_due(Urgency.ORO, late_thursday_in_utc) == at("2026-11-23 16:00")


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_the_next_working_day_is_a_weekday_within_a_week(day: date) -> None:
    following = next_working_day(day)
    assert timedelta(1) <= following - day <= timedelta(7)
    assert following.weekday() < 5


@given(st.integers(1_577_836_800, 2_208_988_800).map(lambda s: datetime.fromtimestamp(s, UTC)))
def test_what_is_more_urgent_is_never_due_later(created: datetime) -> None:
    dues = [first_answer_due(urgency, created) for urgency in sorted(Urgency, reverse=True)]
    assert dues == sorted(dues)
    assert dues[0] > created
