"""Queries on notices of tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.locks import CLAIM
from services.store.tables import TicketNotice, TicketRow, TicketState


async def list_tickets_without_notice(session: AsyncSession, way: str) -> list[TicketRow]:
    """Waiting tickets of whose present urgency nobody is told this way, claimed to be told of."""
    told = and_(
        TicketNotice.ticket_id == TicketRow.id,
        TicketNotice.way == way,
        TicketNotice.urgency == TicketRow.urgency,
    )
    return list(
        await session.scalars(
            select(TicketRow)
            .outerjoin(TicketNotice, told)
            .where(TicketRow.state == TicketState.WAITING, TicketNotice.id.is_(None))
            .with_for_update(of=TicketRow, **CLAIM)
        )
    )


async def list_due_notices(
    session: AsyncSession, now: datetime
) -> list[tuple[TicketNotice, TicketRow]]:
    """Notices that are to be tried now, with their tickets; the oldest first."""
    rows = await session.execute(
        select(TicketNotice, TicketRow)
        .join(TicketRow, TicketRow.id == TicketNotice.ticket_id)
        .where(TicketNotice.due_at <= now)
        .order_by(TicketNotice.due_at)
    )
    return [(notice, ticket) for notice, ticket in rows]


async def take_notice(
    session: AsyncSession, notice_id: UUID, *, attempts: int, until: datetime
) -> bool:
    """Take a notice to try it; of two at once exactly one gets True.

    Args:
        session: An open transaction.
        notice_id: Which.
        attempts: As many as it had when it was read.
        until: When another may try, if we are not heard of again.
    """
    free = (
        select(TicketNotice.id)
        .where(TicketNotice.id == notice_id, TicketNotice.attempts == attempts)
        .with_for_update(**CLAIM)
    )
    result = await session.execute(
        update(TicketNotice)
        .where(TicketNotice.id == free.scalar_subquery())
        .values(attempts=attempts + 1, due_at=until)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount == 1


async def settle_notice(
    session: AsyncSession, notice_id: UUID, *, due_at: datetime | None, told_at: datetime | None
) -> None:
    """Write down how an attempt went: told, to be tried again, or given up."""
    await session.execute(
        update(TicketNotice)
        .where(TicketNotice.id == notice_id)
        .values(due_at=due_at, told_at=told_at)
    )
