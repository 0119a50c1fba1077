"""Presence: what open pages and typing hands tell, and how it ends by the clock."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.conversations.presence import (
    HERE_FOR,
    SIGN_EVERY,
    WRITING_FOR,
    PageSign,
    Presence,
    Whereabouts,
    WritingSign,
)
from services.vocabulary import Author
from tests.conftest import NOON

SECOND = timedelta(seconds=1)
CONVERSATION, OTHER = uuid4(), uuid4()
PAGE, SECOND_PAGE = uuid4(), uuid4()


def opened(page: UUID = PAGE) -> PageSign:
    return PageSign(CONVERSATION, page, is_open=True)


def closed(page: UUID = PAGE) -> PageSign:
    return PageSign(CONVERSATION, page, is_open=False)


def writes(who: Author = Author.CALLER, *, is_writing: bool = True) -> WritingSign:
    return WritingSign(CONVERSATION, who, is_writing)


def test_of_a_conversation_without_a_sign_nobody_knows() -> None:
    presence = Presence()
    assert presence.whereabouts(CONVERSATION, NOON) == Whereabouts(here=False, left_at=None)
    assert presence.writing_at(CONVERSATION, Author.CALLER, NOON) is None


def test_a_page_that_opens_or_closes_is_news_and_its_signs_of_life_are_not() -> None:
    presence = Presence()
    assert presence.note(opened(), NOON)
    assert not presence.note(opened(), NOON + 15 * SECOND)
    assert presence.whereabouts(CONVERSATION, NOON + 16 * SECOND).here
    assert not presence.whereabouts(OTHER, NOON).here
    assert presence.note(closed(), NOON + 20 * SECOND)
    later = presence.whereabouts(CONVERSATION, NOON + timedelta(minutes=3))
    assert later == Whereabouts(here=False, left_at=NOON + 20 * SECOND)
    assert presence.note(opened(), NOON + timedelta(minutes=4))
    assert presence.whereabouts(CONVERSATION, NOON + timedelta(minutes=4)).here


def test_who_closes_one_of_two_pages_is_still_here() -> None:
    presence = Presence()
    presence.note(opened(), NOON)
    assert not presence.note(opened(SECOND_PAGE), NOON)
    assert not presence.note(closed(), NOON + SECOND)
    assert presence.whereabouts(CONVERSATION, NOON + SECOND).here
    assert presence.note(closed(SECOND_PAGE), NOON + 2 * SECOND)


def test_a_page_without_a_sign_of_life_left_when_it_gave_the_last_one() -> None:
    presence = Presence()
    presence.note(opened(), NOON)
    presence.note(opened(), NOON + 15 * SECOND)
    silent = NOON + 15 * SECOND + HERE_FOR
    assert presence.whereabouts(CONVERSATION, silent - SECOND).here
    assert presence.whereabouts(CONVERSATION, silent).left_at == NOON + 15 * SECOND


def test_writing_shows_for_a_while_and_of_whom_it_is() -> None:
    presence = Presence()
    assert presence.note(writes(Author.COORDINATOR), NOON)
    assert presence.writing_at(CONVERSATION, Author.COORDINATOR, NOON + 5 * SECOND) == NOON
    assert presence.writing_at(CONVERSATION, Author.CALLER, NOON) is None
    assert presence.writing_at(CONVERSATION, Author.COORDINATOR, NOON + WRITING_FOR) is None


def test_writing_is_over_when_it_is_sent_and_a_late_sign_does_not_bring_it_back() -> None:
    presence = Presence()
    presence.note(writes(), NOON)
    assert not presence.note(writes(is_writing=False), NOON + SECOND)
    assert presence.writing_at(CONVERSATION, Author.CALLER, NOON + SECOND) is None
    assert not presence.note(writes(), NOON + 1.5 * SECOND)
    assert presence.writing_at(CONVERSATION, Author.CALLER, NOON + 1.5 * SECOND) is None
    assert presence.note(writes(), NOON + 4 * SECOND)


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_signs_wake_others_seldom_however_fast_they_come(pauses: list[float]) -> None:
    presence, now, woken = Presence(), NOON, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        if presence.note(writes(), now):
            woken.append(now)
    assert woken
    assert all(after - before >= SIGN_EVERY for before, after in pairwise(woken))


def test_what_is_a_day_old_is_forgotten() -> None:
    presence = Presence()
    presence.note(opened(), NOON)
    presence.note(closed(), NOON)
    next_day = NOON + timedelta(days=1)
    presence.note(PageSign(OTHER, PAGE, is_open=True), next_day - SECOND)
    assert presence.whereabouts(CONVERSATION, next_day).left_at == NOON
    presence.note(PageSign(OTHER, PAGE, is_open=True), next_day)
    assert presence.whereabouts(CONVERSATION, next_day).left_at is None
    assert presence.whereabouts(OTHER, next_day).here
