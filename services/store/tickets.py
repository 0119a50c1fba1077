"""Queries on tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.tables import TICKET_IS_OPEN, Coordinator, Outbound, TicketRow, TicketState
from services.vocabulary import Author, Urgency

_URGENCY_RANK = case({urgency.value: urgency.rank for urgency in Urgency}, value=TicketRow.urgency)


async def get_ticket(session: AsyncSession, ticket_id: UUID) -> TicketRow | None:
    """The ticket with this id, or nothing."""
    return await session.get(TicketRow, ticket_id)


async def find_ticket_by_reference(session: AsyncSession, reference: str) -> TicketRow | None:
    """The ticket with this reference, or nothing."""
    return await session.scalar(
        select(TicketRow).where(TicketRow.reference == reference.strip().upper())
    )


async def find_open_ticket(session: AsyncSession, conversation_id: UUID) -> TicketRow | None:
    """The conversation's ticket that is not closed, if any."""
    return await session.scalar(
        select(TicketRow).where(TicketRow.conversation_id == conversation_id, TICKET_IS_OPEN)
    )


async def find_latest_ticket(session: AsyncSession, conversation_id: UUID) -> TicketRow | None:
    """The conversation's newest ticket, open or closed."""
    return await session.scalar(
        select(TicketRow)
        .where(TicketRow.conversation_id == conversation_id)
        .order_by(TicketRow.created_at.desc())
        .limit(1)
    )


async def list_open_tickets(session: AsyncSession) -> list[TicketRow]:
    """Tickets that wait or are claimed: the most urgent first, then the longest waiting."""
    return list(
        await session.scalars(
            select(TicketRow)
            .where(TICKET_IS_OPEN)
            .order_by(_URGENCY_RANK.desc(), TicketRow.created_at)
        )
    )


async def get_first_answer_times(session: AsyncSession) -> dict[UUID, datetime]:
    """When a coordinator first wrote to the caller, for each open ticket that has had an answer."""
    rows = await session.execute(
        select(TicketRow.id, func.min(Outbound.created_at))
        .join(Outbound, Outbound.conversation_id == TicketRow.conversation_id)
        .where(
            TICKET_IS_OPEN,
            Outbound.author == Author.COORDINATOR,
            Outbound.created_at >= TicketRow.created_at,
        )
        .group_by(TicketRow.id)
    )
    return dict(rows.all())


async def claim_waiting_ticket(
    session: AsyncSession, ticket_id: UUID, coordinator_id: UUID, now: datetime
) -> bool:
    """Give a ticket to a coordinator; of two at once exactly one gets True.

    A ticket whose holder's account was closed counts as waiting: nobody would answer it.
    """
    gone = select(Coordinator.id).where(Coordinator.disabled_at.is_not(None))
    is_abandoned = and_(TicketRow.state == TicketState.CLAIMED, TicketRow.coordinator_id.in_(gone))
    result = await session.execute(
        update(TicketRow)
        .where(TicketRow.id == ticket_id, or_(TicketRow.state == TicketState.WAITING, is_abandoned))
        .values(
            state=TicketState.CLAIMED,
            coordinator_id=coordinator_id,
            claimed_at=now,
            returned_at=None,
        )
    )
    return cast("CursorResult[Any]", result).rowcount == 1
