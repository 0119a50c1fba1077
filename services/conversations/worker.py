"""The worker: takes each conversation's turns in order, many conversations at once.

A conversation is leased while its turns are taken, so that several processes can share the work. A
lease is short, and each sweep renews those in work: what a killed process held is soon free, and
taken over by the next sweep. Urgent conversations
are taken first. A turn that fails is tried again after a pause, and given up at last
(``giving_up``).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.conversations.core import Core
from services.conversations.giving_up import note_failure
from services.conversations.line import Line
from services.conversations.turn import LEASE, Taken, take_turn
from services.observability.measures import count_failed_turn
from services.store.conversations import lease_conversation, release_lease, renew_leases
from services.store.waiting import count_waiting, list_waiting_conversations
from services.vocabulary import Urgency

SWEEP_SECONDS: Final = 2.0
LONGEST_SWEEP: Final = 10.0
"""A database that hangs for longer is away."""
DRAIN_SECONDS: Final = 7.5
"""How long turns in work may take when the service stops: Rasa's time-out and a transaction."""
DEAD_SECONDS: Final = 30.0
"""A worker that has not looked at the inbox for so long does not work."""
_SWEEP_LIMIT: Final = 500
_DATABASE_AWAY: Final = (OperationalError, InterfaceError, PoolTimeoutError, OSError)

_log = structlog.get_logger(__name__)


class TurnWorker:
    """Takes turns until it is stopped. ``notice(id)`` tells it that a message has come."""

    def __init__(self, core: Core, *, at_once: int = 32) -> None:
        self._core = core
        self._name = secrets.token_hex(8)
        self._at_once = at_once
        self._line = Line()
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._abandoned: set[UUID] = set()
        self._stopping = False
        self._looked_at: float | None = None

    @property
    def running(self) -> int:
        """How many conversations' turns are in work."""
        return len(self._running)

    @property
    def is_alive(self) -> bool:
        """Whether it looks at the inbox, or has not begun to."""
        looked_at = self._looked_at
        loop = asyncio.get_running_loop()
        return looked_at is None or loop.time() - looked_at < DEAD_SECONDS

    async def run(self) -> None:
        """Sweep for waiting messages at start and every ``SWEEP_SECONDS``, until cancelled.

        Then the turns in work are finished, and what waits stays in the inbox.
        """
        try:
            while True:
                self._looked_at = asyncio.get_running_loop().time()
                with contextlib.suppress(SQLAlchemyError, OSError):
                    async with asyncio.timeout(LONGEST_SWEEP):
                        await self._renew()
                        await self._sweep()
                await asyncio.sleep(SWEEP_SECONDS)
        finally:
            await self._finish()

    def notice(self, conversation_id: UUID, urgency: Urgency | None = None) -> None:
        """Take the conversation's turns soon: a message has come.

        Args:
            conversation_id: Whose.
            urgency: How urgent the message is; the more urgent are taken first.
        """
        self._line.add(conversation_id, urgency.rank if urgency else 0)
        self._begin()

    async def _renew(self) -> None:
        """Keep the leases of what is in work."""
        if self._running:
            until = self._core.clock() + LEASE
            async with self._core.database.begin() as session:
                await renew_leases(session, list(self._running), worker=self._name, until=until)

    async def _sweep(self) -> None:
        async with self._core.database.read() as session:
            waiting = await list_waiting_conversations(
                session, worker=self._name, now=self._core.clock(), limit=_SWEEP_LIMIT
            )
            self._core.backlog.recount(await count_waiting(session))
        for one in waiting:
            if one.id in self._running:
                continue
            if one.abandoned:
                self._abandoned.add(one.id)
            self._line.add(one.id, one.rank)
        self._begin()

    def _begin(self) -> None:
        """Take up what stands first, as far as there is room."""
        while not self._stopping and len(self._running) < self._at_once:
            conversation_id = self._line.take(besides=self._running.keys())
            if conversation_id is None:
                return
            task = asyncio.create_task(self._work(conversation_id))
            self._running[conversation_id] = task
            task.add_done_callback(partial(self._ended, conversation_id))

    async def _work(self, conversation_id: UUID) -> None:
        if conversation_id in self._abandoned:
            self._abandoned.discard(conversation_id)
            if not await self._lease(conversation_id):
                return
            # Whoever had it before was killed, perhaps by this very message.
            await note_failure(self._core.as_it_is_now(), conversation_id, rests=False)
        went_well, taken = False, Taken.NOTHING
        try:
            went_well, taken = await self._take_turns(conversation_id)
        finally:
            more_came = taken is not Taken.LAST and await self._release(conversation_id)
        if went_well and more_came:
            self.notice(conversation_id)

    async def _take_turns(self, conversation_id: UUID) -> tuple[bool, Taken]:
        """Take turns while messages wait.

        Returns:
            Whether all went well, or else a sweep is to come back to what is left; and what is.
        """
        taken = Taken.MORE
        try:
            while taken is Taken.MORE and not self._stopping:
                taken = await take_turn(
                    self._core.as_it_is_now(), conversation_id, worker=self._name
                )
                if taken is not Taken.NOTHING:
                    self._core.backlog.settle()
        except _DATABASE_AWAY as error:
            # Not the message's fault: it waits in the inbox, and a later sweep takes it up.
            _log.error("turn_not_stored", exc_info=error)
            return False, Taken.NOTHING
        except Exception as error:  # noqa: BLE001 - whatever it was, the message gets an outcome
            _log.error("turn_failed", exc_info=error)
            count_failed_turn()
            core = self._core.as_it_is_now()
            return await note_failure(core, conversation_id, rests=True), Taken.NOTHING
        return True, taken

    async def _lease(self, conversation_id: UUID) -> bool:
        now = self._core.clock()
        async with self._core.database.begin() as session:
            return await lease_conversation(
                session, conversation_id, worker=self._name, now=now, until=now + LEASE
            )

    async def _release(self, conversation_id: UUID) -> bool:
        """Give the lease back; true if a message came meanwhile, perhaps to another process."""
        try:
            async with self._core.database.begin() as session:
                return await release_lease(session, conversation_id, worker=self._name)
        except (SQLAlchemyError, OSError) as error:
            # The database is away. The lease is ours: our own next sweep does not mind it.
            _log.warning("lease_not_released", cause=type(error).__name__)
            return False

    def _ended(self, conversation_id: UUID, task: asyncio.Task[None]) -> None:
        del self._running[conversation_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            # The message still waits in the inbox, and the next sweep takes it up again.
            _log.error("work_failed", exc_info=error)
        self._begin()

    async def _finish(self) -> None:
        self._stopping = True
        tasks = list(self._running.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for task in late:
            task.cancel()
        if late:
            _log.warning("turns_left", count=len(late))
            await asyncio.wait(late)
