"""Storing in time: what a database that is slow or away means for who waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversations.core import Core
from services.conversations.errors import NotStoredError

STORE_TIMEOUT: Final = 3.0
"""Seconds to wait for the database."""
ACUTE_STORE_TIMEOUT: Final = 0.5
"""The same before an acute caller is answered without it: within a second."""

_log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def storing() -> AsyncIterator[None]:
    """Turn the database's faults, and its silence, into ``NotStoredError``."""
    try:
        yield
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        _log.error("database_away", cause=type(error).__name__)
        raise NotStoredError from error


@contextlib.asynccontextmanager
async def reading(core: Core) -> AsyncIterator[AsyncSession]:
    """A session for reading, as long as the database is there in time.

    Raises:
        NotStoredError: it is not.
    """
    async with storing(), asyncio.timeout(STORE_TIMEOUT), core.database.read() as session:
        yield session


class Patience:
    """Waits for what is stored, up to a time. What is late is left to itself.

    Nobody waits for it: a transaction that another process keeps from SQLite's lock can be called
    off only when it has the lock. If it succeeds, the same message sent again is a repeat.
    """

    def __init__(self) -> None:
        self._late: set[asyncio.Task[Any]] = set()

    async def wait_for[T](self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        """What the work gives. Raises ``TimeoutError`` when it takes longer."""
        task = asyncio.create_task(work)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            self._late.add(task)
            task.add_done_callback(self._ended_late)
            raise TimeoutError
        return task.result()

    def _ended_late(self, task: asyncio.Task[Any]) -> None:
        self._late.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("late_message_not_stored", cause=type(error).__name__)
