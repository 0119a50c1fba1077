"""The line before a database that takes one writer at a time."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class WriterLine:
    """Lets in one at a time, at once and in order; who is urgent goes before the others."""

    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    @asynccontextmanager
    async def turn(self, *, urgent: bool, patience: float) -> AsyncIterator[None]:
        """Be the only one.

        Args:
            urgent: Whether to go before those who are not.
            patience: Seconds to stand in line.

        Raises:
            TimeoutError: the others were not done by then.
        """
        async with asyncio.timeout(patience):
            await self._enter(urgent=urgent)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, *, urgent: bool) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        place = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not urgent, next(self._numbers), place))
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():
                # Let in at the very moment of giving up.
                self._leave()
            raise

    def _leave(self) -> None:
        while self._waiting:
            *_, place = heapq.heappop(self._waiting)
            if not place.done():
                place.set_result(None)
                return
        self._is_taken = False
