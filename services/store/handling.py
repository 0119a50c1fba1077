"""Queries on what coordinators do with tickets: edits, notes, corrections, search, counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.tables import (
    Correction,
    Inbound,
    Outbound,
    TicketEdit,
    TicketNote,
    TicketRow,
    TicketState,
)
from services.vocabulary import Author


async def list_edits(session: AsyncSession, ticket_id: UUID) -> list[TicketEdit]:
    """A ticket's edits, in order."""
    return list(
        await session.scalars(
            select(TicketEdit)
            .where(TicketEdit.ticket_id == ticket_id)
            .order_by(TicketEdit.made_at, TicketEdit.field)
        )
    )


async def list_notes(session: AsyncSession, ticket_id: UUID) -> list[TicketNote]:
    """What coordinators wrote to each other at transfers, in order."""
    return list(
        await session.scalars(
            select(TicketNote).where(TicketNote.ticket_id == ticket_id).order_by(TicketNote.made_at)
        )
    )


async def list_corrections(session: AsyncSession) -> list[Row[Correction, Inbound, TicketRow]]:
    """Every correction with the message and the ticket that it is about, in order."""
    rows = await session.execute(
        select(Correction, Inbound, TicketRow)
        .join(Inbound, Inbound.id == Correction.inbound_id)
        .join(TicketRow, TicketRow.id == Correction.ticket_id)
        .order_by(Correction.made_at)
    )
    return list(rows.all())


async def list_unanswered_claims(session: AsyncSession) -> list[TicketRow]:
    """Claimed tickets whose holder has written nothing to the caller since the claim."""
    answered = exists().where(
        Outbound.conversation_id == TicketRow.conversation_id,
        Outbound.author == Author.COORDINATOR,
        or_(TicketRow.claimed_at.is_(None), Outbound.created_at >= TicketRow.claimed_at),
    )
    return list(
        await session.scalars(
            select(TicketRow).where(TicketRow.state == TicketState.CLAIMED, ~answered)
        )
    )


async def search_tickets(
    session: AsyncSession,
    *,
    reference: str | None,
    since: datetime | None,
    until: datetime | None,
    state: TicketState | None,
    outcome: str | None,
    limit: int,
) -> Sequence[TicketRow]:
    """Tickets by what is no content, the newest first."""
    query = select(TicketRow).order_by(TicketRow.created_at.desc()).limit(limit)
    if reference is not None:
        query = query.where(TicketRow.reference == reference)
    if since is not None:
        query = query.where(TicketRow.created_at >= since)
    if until is not None:
        query = query.where(TicketRow.created_at < until)
    if state is not None:
        query = query.where(TicketRow.state == state)
    if outcome is not None:
        query = query.where(TicketRow.outcome == outcome)
    return (await session.scalars(query)).all()


async def count_tickets_by(
    session: AsyncSession, column: str, *, since: datetime
) -> dict[str | None, int]:
    """How many tickets were made since a time, by ``urgency``, ``channel`` or ``outcome``."""
    by = {
        "urgency": TicketRow.urgency,
        "channel": TicketRow.channel,
        "outcome": TicketRow.outcome,
    }[column]
    rows = await session.execute(
        select(by, func.count()).where(TicketRow.created_at >= since).group_by(by)
    )
    return {key: count for key, count in rows.all()}  # noqa: C416 - rows are not pairs to mypy
