from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.answers.contacts import Contact, Shift, Status, Weekday
from services.answers.hours import Always, Closed, Open, Unknown, status
from services.answers.knowledge import Knowledge
from services.vocabulary import ContactId, MunicipalityId

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def swedish(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM)


@pytest.fixture(scope="module")
def concern_line(knowledge: Knowledge) -> Contact:
    """Mondays 12-18 and Thursdays 9-13, closed on holidays."""
    return knowledge.national_contacts[ContactId("orostelefon")]


@pytest.fixture(scope="module")
def night_line(knowledge: Knowledge) -> Contact:
    """Göteborg's socialjour: nights, and from Friday 15 to Monday 8."""
    contact = knowledge.contact(ContactId("socialjour"), MunicipalityId("goteborg"))
    assert contact is not None
    return contact


@pytest.mark.parametrize(
    ("at", "closes"),
    [("2026-11-23 12:00", "2026-11-23 18:00"), ("2026-11-26 12:59", "2026-11-26 13:00")],
)
def test_a_line_is_open_in_its_hours(concern_line: Contact, at: str, closes: str) -> None:
    assert status(concern_line, swedish(at)) == Open(closes_at=swedish(closes))


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-23 11:59", "2026-11-23 12:00"),
        ("2026-11-23 18:00", "2026-11-26 09:00"),
        ("2026-11-26 13:00", "2026-11-30 12:00"),
        ("2026-11-28 03:00", "2026-11-30 12:00"),
    ],
)
def test_a_closed_line_says_when_it_opens(concern_line: Contact, at: str, opens: str) -> None:
    assert status(concern_line, swedish(at)) == Closed(opens_at=swedish(opens))


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        ("2026-12-24", "2026-12-28 12:00"),  # Christmas Eve, a Thursday
        ("2026-12-31", "2027-01-04 12:00"),  # New Year's Eve, a Thursday
        ("2026-04-06", "2026-04-09 09:00"),  # Easter Monday
        ("2026-05-14", "2026-05-18 12:00"),  # Ascension Day, a Thursday
    ],
)
def test_red_days_and_free_eves_are_closed(concern_line: Contact, day: str, opens: str) -> None:
    assert status(concern_line, swedish(f"{day} 12:30")) == Closed(opens_at=swedish(opens))


@pytest.mark.parametrize("eve", ["2026-06-19", "2026-04-04", "2026-05-23"])
def test_midsummer_easter_and_whitsun_eves_are_closed(concern_line: Contact, eve: str) -> None:
    shift = Shift.model_validate({"dagar": tuple(Weekday), "från": "12:00", "till": "18:00"})
    every_day = concern_line.model_copy(update={"hours": (shift,)})
    assert isinstance(status(every_day, swedish(f"{eve} 12:30")), Closed)


def test_the_day_before_a_red_day_may_close_early(knowledge: Knowledge) -> None:
    cve = knowledge.national_contacts[ContactId("cve")]
    at = swedish("2026-12-23 10:00")
    assert status(cve, at) == Open(closes_at=swedish("2026-12-23 15:00"), may_close_early=True)


def test_a_bridge_day_is_an_ordinary_day(knowledge: Knowledge) -> None:
    cve = knowledge.national_contacts[ContactId("cve")]
    friday_after_ascension = swedish("2026-05-15 10:00")
    assert status(cve, friday_after_ascension) == Open(closes_at=swedish("2026-05-15 15:00"))


@pytest.mark.parametrize(
    ("at", "closes"),
    [
        ("2026-11-23 18:00", "2026-11-24 08:00"),
        ("2026-11-24 02:00", "2026-11-24 08:00"),
        ("2026-11-27 15:00", "2026-11-30 08:00"),
        ("2026-11-29 12:00", "2026-11-30 08:00"),
        ("2026-12-25 02:00", "2026-12-25 08:00"),
    ],
)
def test_a_shift_runs_over_midnight_and_joins_the_next(
    night_line: Contact, at: str, closes: str
) -> None:
    assert status(night_line, swedish(at)) == Open(closes_at=swedish(closes))


def test_a_night_line_is_closed_by_day(night_line: Contact) -> None:
    opens = swedish("2026-11-24 16:30")
    assert status(night_line, swedish("2026-11-24 08:00")) == Closed(opens_at=opens)


@pytest.mark.parametrize("utc_hour", [0, 1])
def test_the_hour_that_comes_twice_in_october_is_open_both_times(
    night_line: Contact, utc_hour: int
) -> None:
    at = datetime(2026, 10, 25, utc_hour, 30, tzinfo=UTC)
    assert at.astimezone(STOCKHOLM).hour == 2
    assert isinstance(status(night_line, at), Open)


def test_hours_follow_summer_time(concern_line: Contact) -> None:
    winter, summer = (
        datetime(2026, 3, 23, 10, 30, tzinfo=UTC),
        datetime(2026, 3, 30, 10, 30, tzinfo=UTC),
    )
    assert isinstance(status(concern_line, winter), Closed)
    assert isinstance(status(concern_line, summer), Open)


def test_a_line_without_hours_is_unknown_and_says_whether_offices_are_open(
    knowledge: Knowledge,
) -> None:
    police = knowledge.national_contacts[ContactId("114 14")]
    assert status(police, swedish("2026-11-24 10:00")) == Unknown(office_hours=True)
    assert status(police, swedish("2026-11-24 20:00")) == Unknown(office_hours=False)
    assert status(police, swedish("2026-12-24 10:00")) == Unknown(office_hours=False)


def test_112_is_always_open(knowledge: Knowledge) -> None:
    emergency = knowledge.national_contacts[ContactId("112")]
    assert status(emergency, swedish("2026-12-24 03:00")) == Open(closes_at=Always.ALWAYS)


def test_a_closed_down_line_never_opens(concern_line: Contact) -> None:
    gone = concern_line.model_copy(update={"status": Status.CLOSED})
    assert status(gone, swedish("2026-11-23 12:30")) == Closed(opens_at=None)


@given(st.integers(min_value=0, max_value=4 * 365 * 24 * 60))
def test_a_closed_line_is_open_when_it_says_it_opens(knowledge: Knowledge, minutes: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    for _, contact in knowledge.all_contacts():
        match status(contact, at):
            case Closed(opens_at=datetime() as opens_at):
                assert opens_at.astimezone(UTC) > at
                assert isinstance(status(contact, opens_at), Open)
                before = opens_at.astimezone(UTC) - timedelta(minutes=1)
                assert isinstance(status(contact, before), Closed)
            case Open(closes_at=datetime() as closes_at):
                assert closes_at.astimezone(UTC) > at
                assert not isinstance(status(contact, closes_at), Open)
            case _:
                pass
