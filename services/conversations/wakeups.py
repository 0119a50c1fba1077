"""Wake-ups between the parts of one process: "something happened in this conversation", no content.

Who is woken reads the database for what happened; a wake-up that is lost costs time, never data.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

QUEUE = "queue"
"""The key for changes in the coordinators' queue."""
OUTBOX = "outbox"
"""The key for text messages that are to leave."""

type Key = UUID | str


class Wakeups:
    """Publish and subscribe by conversation id, or by ``QUEUE``."""

    def __init__(self) -> None:
        self._waiting: defaultdict[Key, set[asyncio.Event]] = defaultdict(set)

    def wake(self, key: Key) -> None:
        """Wake everyone who follows ``key``."""
        for event in self._waiting.get(key, ()):
            event.set()

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
