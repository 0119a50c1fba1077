"""The queue of notices: each waiting ticket is told of once for each way and urgency, surely.

What is to be told follows from the tickets themselves: a ticket that is opened or rises is found
here, also after any crash. A notice that may have been told is told again, under the same id.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.store.database import Database
from services.store.notices import (
    list_due_notices,
    list_tickets_without_notice,
    settle_notice,
    take_notice,
)
from services.store.tables import TicketNotice, TicketRow
from services.tickets.notices import LEASE, Messenger, Notice, next_attempt

SWEEP_SECONDS: Final = 2.0
_log = structlog.get_logger(__name__)


class Telling:
    """Tells of tickets until it is stopped."""

    def __init__(
        self,
        database: Database,
        messengers: Mapping[str, Messenger],
        *,
        clock: Callable[[], datetime],
        address: Callable[[TicketRow], str],
    ) -> None:
        """Prepare the queue.

        Args:
            database: Where tickets and notices are.
            messengers: By the names of their ways, at most eight letters.
            clock: The time, aware.
            address: Where a coordinator reads a ticket.
        """
        self._database, self._messengers = database, messengers
        self._clock, self._address = clock, address

    async def run(self) -> None:
        """Look for something to tell every ``SWEEP_SECONDS``, until cancelled."""
        while True:
            with contextlib.suppress(SQLAlchemyError, OSError):
                await self.sweep()
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """Find what is new, and try everything that is due."""
        now = self._clock()
        async with self._database.begin() as session:
            for way in self._messengers:
                for ticket in await list_tickets_without_notice(session, way):
                    session.add(
                        TicketNotice(
                            id=uuid4(),
                            ticket_id=ticket.id,
                            way=way,
                            urgency=ticket.urgency,
                            created_at=now,
                            due_at=now,
                        )
                    )
        async with self._database.read() as session:
            due = await list_due_notices(session, now)
        await asyncio.gather(*(self._try(notice, ticket) for notice, ticket in due))

    async def _try(self, notice: TicketNotice, ticket: TicketRow) -> None:
        messenger = self._messengers.get(notice.way)
        if messenger is None:
            return
        now = self._clock()
        async with self._database.begin() as session:
            if not await take_notice(
                session, notice.id, attempts=notice.attempts, until=now + LEASE
            ):
                return
        told = await messenger.tell(self._words(notice, ticket), now)
        again = None if told else next_attempt(notice.attempts + 1, notice.created_at, now)
        if not told:
            _log.warning("ticket_notice_failed", way=notice.way, given_up=again is None)
        async with self._database.begin() as session:
            await settle_notice(session, notice.id, due_at=again, told_at=now if told else None)

    def _words(self, notice: TicketNotice, ticket: TicketRow) -> Notice:
        return Notice(
            id=notice.id,
            reference=ticket.reference,
            urgency=notice.urgency,
            channel=ticket.channel,
            municipality=ticket.municipality,
            created_at=ticket.created_at,
            address=self._address(ticket),
        )
