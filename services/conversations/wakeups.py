"""Wake-ups between the parts of the service: "something happened in this conversation".

Who is woken reads the database for what happened. Who follows a conversation in the same process is
told of new messages as well, once they are stored, and need not read them. A wake-up that is lost
costs time, never data.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from services.conversations.timeline import Event

QUEUE = "queue"
"""The key for changes in the coordinators' queue."""
OUTBOX = "outbox"
"""The key for text messages that are to leave."""

type Key = UUID | str


class News(asyncio.Event):
    """Set at each wake-up; clear it, or ``take`` what was told, before reading what happened."""

    def __init__(self) -> None:
        super().__init__()
        self._told: list[Event] = []
        self._is_all = True

    def hear(self, told: Sequence[Event]) -> None:
        """Take in a wake-up, with the messages that it is about or with nothing."""
        self._told += told
        self._is_all = self._is_all and bool(told)
        self.set()

    def take(self, *, after: int) -> list[Event] | None:
        """The messages after a position that were told of, and clear.

        Returns:
            Nothing if something else happened or one is missing: then the database is to be read.
        """
        told = {event.position: event for event in self._told if event.position > after}
        is_all = self._is_all and set(told) == set(range(after + 1, after + 1 + len(told)))
        self.clear()
        return [told[position] for position in sorted(told)] if is_all else None

    def clear(self) -> None:
        """Forget what was told."""
        super().clear()
        self._told, self._is_all = [], True


class Wakeups:
    """Publish and subscribe by conversation id, or by ``QUEUE``."""

    def __init__(self, pass_on: Callable[[Key], None] | None = None) -> None:
        """Prepare.

        Args:
            pass_on: Tells the other processes of a wake-up; nothing if there are none.
        """
        self._waiting: defaultdict[Key, set[News]] = defaultdict(set)
        self._pass_on = pass_on

    def wake(self, key: Key, told: Sequence[Event] = ()) -> None:
        """Wake everyone who follows ``key``, in all processes.

        Args:
            key: Which conversation, or what else.
            told: The messages that are new, if they are stored and all that happened.
        """
        self.wake_here(key, told)
        if self._pass_on is not None:
            self._pass_on(key)

    def wake_here(self, key: Key, told: Sequence[Event] = ()) -> None:
        """Wake everyone in this process who follows ``key``."""
        for news in self._waiting.get(key, ()):
            news.hear(told)

    def followed(self) -> list[Key]:
        """Every key that somebody in this process follows."""
        return list(self._waiting)

    @contextmanager
    def following(self, *keys: Key) -> Iterator[News]:
        """What is set at each wake-up of any key; clear it before reading what happened."""
        news = News()
        for key in keys:
            self._waiting[key].add(news)
        try:
            yield news
        finally:
            for key in keys:
                self._waiting[key].discard(news)
                if not self._waiting[key]:
                    del self._waiting[key]
