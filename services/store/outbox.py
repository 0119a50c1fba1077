"""Queries on text messages that are to leave, and on what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Row, case, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.locks import CHANGE, CLAIM
from services.store.tables import Conversation, Inbound, Outbound, OutboundState
from services.vocabulary import Author, Urgency


async def list_conversations_with_due_messages(
    session: AsyncSession, *, now: datetime, limit: int
) -> list[UUID]:
    """Conversations with a text message to leave now: acute answers, then the longest waiting."""
    rows = await session.scalars(
        select(Outbound.conversation_id)
        .outerjoin(Inbound, Inbound.id == Outbound.in_reply_to)
        .where(Outbound.due_at <= now)
        .order_by(case((Inbound.urgency == Urgency.AKUT, 0), else_=1), Outbound.due_at)
        .limit(limit)
    )
    return list(dict.fromkeys(rows))


async def list_pending(
    session: AsyncSession, conversation_id: UUID
) -> list[Row[Outbound, Urgency | None]]:
    """The conversation's text messages that have not left, in order, with the urgency answered."""
    rows = await session.execute(
        select(Outbound, Inbound.urgency)
        .outerjoin(Inbound, Inbound.id == Outbound.in_reply_to)
        .where(Outbound.conversation_id == conversation_id, Outbound.due_at.is_not(None))
        .order_by(Outbound.position)
    )
    return list(rows.all())


async def claim_to_send(
    session: AsyncSession, outbound_id: UUID, *, seen_due_at: datetime, until: datetime
) -> bool:
    """Take a message for sending until a time; of two senders at once exactly one gets True."""
    free = (
        select(Outbound.id)
        .where(Outbound.id == outbound_id, Outbound.due_at == seen_due_at)
        .with_for_update(**CLAIM)
    )
    result = await session.execute(
        update(Outbound)
        .where(Outbound.id == free.scalar_subquery())
        .values(state=OutboundState.SENDING, due_at=until, attempts=Outbound.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount == 1


async def postpone(session: AsyncSession, ids: Sequence[UUID], *, until: datetime) -> None:
    """Let messages be due later."""
    await session.execute(
        update(Outbound)
        .where(Outbound.id.in_(ids), Outbound.due_at.is_not(None))
        .values(due_at=until)
    )


async def get_outbound(session: AsyncSession, outbound_id: UUID) -> Outbound | None:
    """A message to a caller."""
    return await session.get(Outbound, outbound_id)


async def lock_outbound(session: AsyncSession, outbound_id: UUID) -> Outbound | None:
    """A message to a caller, with its row locked until the transaction ends."""
    return await session.get(Outbound, outbound_id, with_for_update=CHANGE, populate_existing=True)


async def get_urgency_answered(session: AsyncSession, outbound: Outbound) -> Urgency | None:
    """The urgency of the message that this one answers, if it answers one."""
    if outbound.in_reply_to is None:
        return None
    return await session.scalar(select(Inbound.urgency).where(Inbound.id == outbound.in_reply_to))


async def find_known_provider_ids(session: AsyncSession, ids: Sequence[str]) -> frozenset[str]:
    """Those of some of the carrier's ids that messages of ours have."""
    rows = await session.scalars(select(Outbound.provider_id).where(Outbound.provider_id.in_(ids)))
    return frozenset(one for one in rows if one)


async def withhold_before(
    session: AsyncSession, conversation_id: UUID, position: int, *, failure: str
) -> None:
    """Let nothing leave any more that was to be sent before a position."""
    await session.execute(
        update(Outbound)
        .where(
            Outbound.conversation_id == conversation_id,
            Outbound.position < position,
            Outbound.due_at.is_not(None),
        )
        .values(state=OutboundState.FAILED, due_at=None, failure=failure)
    )


async def find_last_reply(
    session: AsyncSession, conversation_id: UUID
) -> Row[Outbound, Urgency | None] | None:
    """The bot's last reply, with the urgency of what it answered."""
    result = await session.execute(
        select(Outbound, Inbound.urgency)
        .outerjoin(Inbound, Inbound.id == Outbound.in_reply_to)
        .where(Outbound.conversation_id == conversation_id, Outbound.author == Author.BOT)
        .order_by(Outbound.position.desc())
        .limit(1)
    )
    return result.first()


async def find_conversation_by_caller(
    session: AsyncSession, *caller_hashes: bytes
) -> Conversation | None:
    """The conversation of a number, or of a call, under any of the hashes it may have."""
    return await session.scalar(
        select(Conversation)
        .where(Conversation.caller_hash.in_(caller_hashes))
        .order_by(Conversation.last_activity_at.desc())
        .limit(1)
    )
