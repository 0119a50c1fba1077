"""Wake-ups between the parts of the service: "something happened in this conversation", no content.

Who is woken reads the database for what happened; a wake-up that is lost costs time, never data.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

QUEUE = "queue"
"""The key for changes in the coordinators' queue."""
OUTBOX = "outbox"
"""The key for text messages that are to leave."""

type Key = UUID | str


class Wakeups:
    """Publish and subscribe by conversation id, or by ``QUEUE``."""

    def __init__(self, pass_on: Callable[[Key], None] | None = None) -> None:
        """Prepare.

        Args:
            pass_on: Tells the other processes of a wake-up; nothing if there are none.
        """
        self._waiting: defaultdict[Key, set[asyncio.Event]] = defaultdict(set)
        self._pass_on = pass_on

    def wake(self, key: Key) -> None:
        """Wake everyone who follows ``key``, in all processes."""
        self.wake_here(key)
        if self._pass_on is not None:
            self._pass_on(key)

    def wake_here(self, key: Key) -> None:
        """Wake everyone in this process who follows ``key``."""
        for event in self._waiting.get(key, ()):
            event.set()

    def followed(self) -> list[Key]:
        """Every key that somebody in this process follows."""
        return list(self._waiting)

    @contextmanager
    def following(self, *keys: Key) -> Iterator[asyncio.Event]:
        """An event set at each wake-up of any key; clear it before reading what happened."""
        event = asyncio.Event()
        for key in keys:
            self._waiting[key].add(event)
        try:
            yield event
        finally:
            for key in keys:
                self._waiting[key].discard(event)
                if not self._waiting[key]:
                    del self._waiting[key]
