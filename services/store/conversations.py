"""Queries on conversations: ownership, positions and leases."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.tables import Conversation, Inbound, InboundState


async def get_conversation(session: AsyncSession, conversation_id: UUID) -> Conversation | None:
    """The conversation with this id, or nothing."""
    return await session.get(Conversation, conversation_id)


async def lock_conversation(session: AsyncSession, conversation_id: UUID) -> Conversation | None:
    """The conversation, with its row locked until the transaction ends."""
    return await session.get(
        Conversation, conversation_id, with_for_update=True, populate_existing=True
    )


async def lease_conversation(
    session: AsyncSession, conversation_id: UUID, *, worker: str, now: datetime, until: datetime
) -> bool:
    """Give ``worker`` the right to take turns in the conversation until a time.

    Returns:
        False if another worker holds it.
    """
    result = await session.execute(
        update(Conversation)
        .where(
            Conversation.id == conversation_id,
            or_(
                Conversation.leased_by.is_(None),
                Conversation.leased_by == worker,
                Conversation.leased_until < now,
            ),
        )
        .values(leased_by=worker, leased_until=until)
    )
    return cast("CursorResult[Any]", result).rowcount == 1


async def release_lease(session: AsyncSession, conversation_id: UUID, *, worker: str) -> None:
    """Give the lease back, if ``worker`` still holds it."""
    await session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.leased_by == worker)
        .values(leased_by=None, leased_until=None)
    )


async def list_conversations_with_waiting_messages(
    session: AsyncSession, *, now: datetime, limit: int
) -> list[UUID]:
    """Conversations with messages that nobody has taken up, the longest waiting first."""
    rows = await session.scalars(
        select(Inbound.conversation_id)
        .join(Conversation, Conversation.id == Inbound.conversation_id)
        .where(
            Inbound.state == InboundState.WAITING,
            or_(Conversation.leased_by.is_(None), Conversation.leased_until < now),
        )
        .order_by(Inbound.received_at)
        .limit(limit)
    )
    return list(dict.fromkeys(rows))


def next_position(conversation: Conversation) -> int:
    """Take the next place in the conversation's line of messages; needs the row locked."""
    conversation.last_position += 1
    return conversation.last_position
