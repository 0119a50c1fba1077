"""Presence: whose chat page is open, and who is writing, now. In memory alone, never stored.

A sign tells that something happens, never a word of it. What is not repeated ends by the clock, so
that a page that died, or the process that served it, is forgotten by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.vocabulary import Author

HERE_FOR: Final = timedelta(seconds=40)
"""How long an open page counts without a sign of life: more than two of its stream's heartbeats."""
WRITING_FOR: Final = timedelta(seconds=6)
"""How long somebody counts as writing: two signs of a page."""
SIGN_EVERY: Final = timedelta(seconds=2)
"""A sign that comes sooner after another wakes nobody, however many are sent."""
_KEPT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class PageSign:
    """One of the caller's pages is open, at first and at each heartbeat; or it was closed."""

    conversation: UUID
    page: UUID
    is_open: bool


@dataclass(frozen=True, slots=True)
class WritingSign:
    """Somebody is writing; or they no longer are, because it is sent."""

    conversation: UUID
    who: Author
    is_writing: bool


type Sign = PageSign | WritingSign


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Whether the caller has the chat open, and since when not; nothing when nobody knows."""

    here: bool
    left_at: datetime | None = None


@dataclass(slots=True)
class _Signs:
    """What is known of one conversation."""

    latest: datetime
    pages: dict[UUID, datetime] = field(default_factory=dict)
    left_at: datetime | None = None
    writing: dict[Author, tuple[datetime, bool]] = field(default_factory=dict)

    def is_here(self, now: datetime) -> bool:
        return any(now - seen < HERE_FOR for seen in self.pages.values())


class Presence:
    """What signs have told, as of a moment. The oldest is forgotten after a day."""

    def __init__(self) -> None:
        self._signs: dict[UUID, _Signs] = {}  # the one with the latest sign last

    def note(self, sign: Sign, now: datetime) -> bool:
        """Take in a sign.

        Returns:
            Whether it says something new, that whoever follows the conversation should be told.
        """
        self._forget_old(now)
        signs = self._signs.pop(sign.conversation, None) or _Signs(now)
        signs.latest = now
        self._signs[sign.conversation] = signs
        if isinstance(sign, PageSign):
            return _note_page(signs, sign, now)
        return _note_writing(signs, sign, now)

    def whereabouts(self, conversation: UUID, now: datetime) -> Whereabouts:
        """Where the caller is."""
        signs = self._signs.get(conversation)
        if signs is None:
            return Whereabouts(here=False)
        if signs.is_here(now):
            return Whereabouts(here=True)
        ends = [*signs.pages.values(), *([signs.left_at] if signs.left_at else [])]
        return Whereabouts(here=False, left_at=max(ends, default=None))

    def writing_at(self, conversation: UUID, who: Author, now: datetime) -> datetime | None:
        """When somebody who is writing last gave a sign of it; nothing when they are not."""
        signs = self._signs.get(conversation)
        at, is_writing = signs.writing.get(who, (now, False)) if signs else (now, False)
        return at if is_writing and now - at < WRITING_FOR else None

    def _forget_old(self, now: datetime) -> None:
        while self._signs:
            oldest = next(iter(self._signs))
            if now - self._signs[oldest].latest < _KEPT:
                return
            del self._signs[oldest]


def _note_page(signs: _Signs, sign: PageSign, now: datetime) -> bool:
    was_here = signs.is_here(now)
    if sign.is_open:
        signs.pages[sign.page] = now
    elif signs.pages.pop(sign.page, None) is not None:
        signs.left_at = now
    return signs.is_here(now) is not was_here


def _note_writing(signs: _Signs, sign: WritingSign, now: datetime) -> bool:
    before, _ = signs.writing.get(sign.who, (None, False))
    if sign.is_writing and before is not None and now - before < SIGN_EVERY:
        return False
    signs.writing[sign.who] = (now, sign.is_writing)
    return sign.is_writing  # of what was sent, the message itself tells
