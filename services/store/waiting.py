"""Queries on messages that wait: for their turn in the inbox, for their hour in the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.conversations import is_free, no_lease
from services.store.tables import INBOUND_WAITS, Conversation, Inbound, Outbound
from services.vocabulary import Urgency

_RANK = case({urgency: urgency.rank for urgency in Urgency}, value=Inbound.urgency, else_=0)


class WaitingConversation(NamedTuple):
    """A conversation with messages that nobody has taken up.

    ``rank`` is its most urgent message's. ``abandoned``: a worker took it up and was not heard of.
    """

    id: UUID
    rank: int
    abandoned: bool


async def list_waiting_conversations(
    session: AsyncSession, *, worker: str, now: datetime, limit: int
) -> list[WaitingConversation]:
    """What ``worker`` may take up: the most urgent first, then the longest waiting.

    A lease of its own counts as none: it is what a fault of the database left.
    """
    held = Conversation.leased_by
    rows = await session.execute(
        select(Inbound.conversation_id, func.max(_RANK).label("rank"), held)
        .join(Conversation, Conversation.id == Inbound.conversation_id)
        .where(
            INBOUND_WAITS,
            is_free(worker, now, no_lease(now)),
            or_(Conversation.rests_until.is_(None), Conversation.rests_until <= now),
        )
        .group_by(Inbound.conversation_id, held)
        .order_by(func.max(_RANK).desc(), func.min(Inbound.received_at))
        .limit(limit)
    )
    return [
        WaitingConversation(row.conversation_id, row.rank, row.leased_by not in {None, worker})
        for row in rows
    ]


async def count_waiting(session: AsyncSession) -> int:
    """How many messages have no outcome yet."""
    counted = await session.scalar(select(func.count()).select_from(Inbound).where(INBOUND_WAITS))
    return counted or 0


async def find_oldest_waiting(session: AsyncSession) -> datetime | None:
    """When the message came that has waited longest for its outcome."""
    return await session.scalar(
        select(Inbound.received_at).where(INBOUND_WAITS).order_by(Inbound.received_at).limit(1)
    )


async def find_oldest_due(session: AsyncSession, now: datetime) -> datetime | None:
    """When the text message was due that is the latest of those that should have left."""
    return await session.scalar(
        select(Outbound.due_at).where(Outbound.due_at <= now).order_by(Outbound.due_at).limit(1)
    )
