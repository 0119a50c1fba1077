"""Who follows a conversation hears every message once and in order, told or read."""

from __future__ import annotations

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.conversations.timeline import Event
from services.conversations.wakeups import Wakeups
from services.vocabulary import Author
from tests.conftest import NOON


def message(position: int) -> Event:
    return Event(position=position, author=Author.CALLER, at=NOON, text=f"nummer {position}")


def positions(told: list[Event] | None) -> list[int] | None:
    return None if told is None else [event.position for event in told]


def test_what_is_told_need_not_be_read() -> None:
    wakeups, key = Wakeups(), uuid4()
    with wakeups.following(key) as news:
        wakeups.wake(key, [message(3)])
        wakeups.wake(key, [message(4)])
        assert positions(news.take(after=2)) == [3, 4]
        assert not news.is_set()


def test_a_wake_up_that_tells_nothing_is_to_be_read() -> None:
    wakeups, key = Wakeups(), uuid4()
    with wakeups.following(key) as news:
        wakeups.wake(key, [message(3)])
        wakeups.wake(key)
        assert news.take(after=2) is None
        wakeups.wake(key, [message(4)])
        assert positions(news.take(after=3)) == [4]


def test_a_gap_is_to_be_read_and_what_is_known_is_not_told_again() -> None:
    wakeups, key = Wakeups(), uuid4()
    with wakeups.following(key) as news:
        wakeups.wake(key, [message(5)])
        assert news.take(after=3) is None
        wakeups.wake(key, [message(5)])
        assert positions(news.take(after=5)) == []


@given(st.lists(st.sampled_from(["stored", "stored and told", "told late", "heard"]), max_size=30))
def test_whatever_is_told_every_message_is_heard_once_and_in_order(course: list[str]) -> None:
    wakeups, key = Wakeups(), uuid4()
    stored: list[Event] = []
    untold: list[Event] = []
    heard: list[int] = []

    def hear() -> None:
        after = heard[-1] if heard else 0
        told = news.take(after=after)
        if told is None:
            told = [event for event in stored if event.position > after]
        heard.extend(event.position for event in told)

    with wakeups.following(key) as news:
        for step in course:
            if step in {"stored", "stored and told"}:
                stored.append(message(len(stored) + 1))
                if step == "stored":
                    untold.append(stored[-1])
                else:
                    wakeups.wake(key, stored[-1:])
            elif step == "told late" and untold:
                wakeups.wake(key, [untold.pop(0)])
            elif step == "heard" and news.is_set():
                hear()
        wakeups.wake(key)
        hear()
    assert heard == [event.position for event in stored]
