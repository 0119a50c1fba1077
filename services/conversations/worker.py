"""The worker: takes each conversation's turns in order, many conversations at once.

A conversation is leased while its turns are taken, so that several processes can share the work; a
lease that ran out (its process was killed) is taken over by the next sweep.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.conversations.core import Core
from services.conversations.turn import take_turn
from services.store.conversations import (
    lease_conversation,
    list_conversations_with_waiting_messages,
    release_lease,
)

LEASE: Final = timedelta(seconds=30)
"""Longer than any turn takes: Rasa's time-out and two transactions."""
SWEEP_SECONDS: Final = 2.0
_SWEEP_LIMIT: Final = 500

_log = structlog.get_logger(__name__)


class TurnWorker:
    """Takes turns until it is stopped. ``started(id)`` tells it that a message has come."""

    def __init__(self, core: Core, *, at_once: int = 32) -> None:
        self._core = core
        self._name = secrets.token_hex(8)
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._again: set[UUID] = set()
        self._places = asyncio.Semaphore(at_once)

    async def run(self) -> None:
        """Sweep for waiting messages at start and every ``SWEEP_SECONDS``, until cancelled."""
        try:
            while True:
                with contextlib.suppress(SQLAlchemyError, OSError):
                    await self._sweep()
                await asyncio.sleep(SWEEP_SECONDS)
        finally:
            await self._finish()

    def notice(self, conversation_id: UUID) -> None:
        """Take the conversation's turns soon: a message has come."""
        if conversation_id in self._running:
            self._again.add(conversation_id)
            return
        task = asyncio.create_task(self._work(conversation_id))
        self._running[conversation_id] = task
        task.add_done_callback(lambda done: self._ended(conversation_id, done))

    async def _sweep(self) -> None:
        async with self._core.database.read() as session:
            waiting = await list_conversations_with_waiting_messages(
                session, now=self._core.clock(), limit=_SWEEP_LIMIT
            )
        for conversation_id in waiting:
            self.notice(conversation_id)

    async def _work(self, conversation_id: UUID) -> None:
        async with self._places:
            if not await self._lease(conversation_id):
                return
            try:
                while await take_turn(self._core.as_it_is_now(), conversation_id):
                    await self._lease(conversation_id)
            finally:
                async with self._core.database.begin() as session:
                    await release_lease(session, conversation_id, worker=self._name)

    async def _lease(self, conversation_id: UUID) -> bool:
        now = self._core.clock()
        async with self._core.database.begin() as session:
            return await lease_conversation(
                session, conversation_id, worker=self._name, now=now, until=now + LEASE
            )

    def _ended(self, conversation_id: UUID, task: asyncio.Task[None]) -> None:
        del self._running[conversation_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            # The message still waits in the inbox, and the next sweep takes it up again.
            _log.error("turn_failed", exc_info=error)
        if conversation_id in self._again:
            self._again.discard(conversation_id)
            self.notice(conversation_id)

    async def _finish(self) -> None:
        tasks = list(self._running.values())
        if tasks:
            await asyncio.wait(tasks, timeout=LEASE.total_seconds())
