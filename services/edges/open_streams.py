"""How many event streams may be open: the newest of a conversation, and so many from an address.

A caller whose connection breaks again and again leaves dead streams behind; the oldest of them ends
for the newest, so that nobody in need is shut out by them.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from aiohttp import web

MOST_OF_A_CONVERSATION: Final = 4


class TooManyStreamsError(Exception):
    """The address has as many streams open as it may."""


class OpenStreams:
    """The open streams of this process. Addresses are known only while a stream of theirs is open.

    ``most_from_an_address`` is how many an address may have.
    """

    def __init__(self, most_from_an_address: int) -> None:
        self._most = most_from_an_address
        self._by_address: Counter[str] = Counter()
        self._by_conversation: defaultdict[UUID, list[asyncio.Event]] = defaultdict(list)

    @contextmanager
    def opened(self, conversation: UUID, address: str) -> Iterator[asyncio.Event]:
        """Count a stream while the context is open; the event is set when it must end.

        Raises:
            TooManyStreamsError
        """
        if self._by_address[address] >= self._most:
            raise TooManyStreamsError
        own = asyncio.Event()
        streams = self._by_conversation[conversation]
        if len(streams) >= MOST_OF_A_CONVERSATION:
            streams.pop(0).set()
        streams.append(own)
        self._by_address[address] += 1
        try:
            yield own
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
            if own in streams:  # else it ended for a newer one
                streams.remove(own)
                if not streams:
                    del self._by_conversation[conversation]


STREAMS: Final = web.AppKey("open_streams", OpenStreams)
