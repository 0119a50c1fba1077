"""Queries on the inbox and the outbox."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, case, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.tables import INBOUND_WAITS, Inbound, Outbound, OutboundState
from services.vocabulary import Urgency

_URGENCY_RANK = case({urgency: urgency.rank for urgency in Urgency}, value=Inbound.urgency, else_=0)

# The statements of every message, made once: making one costs as much as running it.
_BY_CLIENT_ID: Final = select(Inbound).where(
    Inbound.conversation_id == bindparam("id"), Inbound.client_id == bindparam("client_id")
)
_INBOUND_AFTER: Final = (
    select(Inbound)
    .where(Inbound.conversation_id == bindparam("id"), Inbound.position > bindparam("after"))
    .order_by(Inbound.position)
)
_LATEST_OF_URGENCY: Final = (
    select(Inbound)
    .where(Inbound.conversation_id == bindparam("id"), Inbound.urgency == bindparam("urgency"))
    .order_by(Inbound.position.desc())
    .limit(bindparam("most"))
)
_OUTBOUND_AFTER: Final = (
    select(Outbound)
    .where(Outbound.conversation_id == bindparam("id"), Outbound.position > bindparam("after"))
    .order_by(Outbound.position)
)


async def find_inbound_by_client_id(
    session: AsyncSession, conversation_id: UUID, client_id: str
) -> Inbound | None:
    """The message that the caller sent under this id before, if any."""
    return await session.scalar(_BY_CLIENT_ID, {"id": conversation_id, "client_id": client_id})


async def find_first_waiting_inbound(
    session: AsyncSession, conversation_id: UUID
) -> Inbound | None:
    """The oldest message of the conversation that has no outcome yet."""
    return await session.scalar(
        select(Inbound)
        .where(Inbound.conversation_id == conversation_id, INBOUND_WAITS)
        .order_by(Inbound.position)
        .limit(1)
    )


async def get_inbound(session: AsyncSession, inbound_id: UUID) -> Inbound | None:
    """The message with this id, or nothing."""
    return await session.get(Inbound, inbound_id)


async def find_reply_to(session: AsyncSession, inbound_id: UUID) -> Outbound | None:
    """The reply to a message, if it has one."""
    return await session.scalar(select(Outbound).where(Outbound.in_reply_to == inbound_id))


async def list_inbound_after(
    session: AsyncSession, conversation_id: UUID, position: int
) -> list[Inbound]:
    """The caller's messages after a position, in order."""
    found = await session.scalars(_INBOUND_AFTER, {"id": conversation_id, "after": position})
    return list(found)


async def list_latest_inbound(
    session: AsyncSession, conversation_id: UUID, *, limit: int
) -> list[Inbound]:
    """The caller's latest messages, the newest first."""
    return list(
        await session.scalars(
            select(Inbound)
            .where(Inbound.conversation_id == conversation_id)
            .order_by(Inbound.position.desc())
            .limit(limit)
        )
    )


async def list_latest_replies(
    session: AsyncSession, conversation_id: UUID, *, limit: int
) -> list[Outbound]:
    """The bot's latest replies, the newest first."""
    return list(
        await session.scalars(
            select(Outbound)
            .where(Outbound.conversation_id == conversation_id, Outbound.in_reply_to.is_not(None))
            .order_by(Outbound.position.desc())
            .limit(limit)
        )
    )


async def list_outbound_after(
    session: AsyncSession, conversation_id: UUID, position: int
) -> list[Outbound]:
    """The messages to the caller after a position, in order."""
    found = await session.scalars(_OUTBOUND_AFTER, {"id": conversation_id, "after": position})
    return list(found)


async def list_delivery_states(
    session: AsyncSession, conversation_id: UUID
) -> dict[int, OutboundState]:
    """How far each text message of a conversation has come, by its position."""
    rows = await session.execute(
        select(Outbound.position, Outbound.state)
        .where(
            Outbound.conversation_id == conversation_id,
            or_(Outbound.due_at.is_not(None), Outbound.state != OutboundState.READY),
        )
        .order_by(Outbound.position)
    )
    return {row.position: row.state for row in rows}


async def find_outbound_by_client_id(
    session: AsyncSession, conversation_id: UUID, client_id: str
) -> Outbound | None:
    """What a coordinator sent under this id before, if anything."""
    return await session.scalar(
        select(Outbound).where(
            Outbound.conversation_id == conversation_id, Outbound.client_id == client_id
        )
    )


async def list_latest_of_urgency(
    session: AsyncSession, conversation_id: UUID, urgency: Urgency, *, limit: int
) -> list[Inbound]:
    """The caller's latest messages of an urgency, in order."""
    asked = {"id": conversation_id, "urgency": urgency, "most": limit}
    found = await session.scalars(_LATEST_OF_URGENCY, asked)
    return list(found)[::-1]


async def list_acute_inbound(session: AsyncSession, conversation_id: UUID) -> list[Inbound]:
    """The caller's acute messages, in order."""
    return list(
        await session.scalars(
            select(Inbound)
            .where(Inbound.conversation_id == conversation_id, Inbound.urgency == Urgency.AKUT)
            .order_by(Inbound.position)
        )
    )


async def find_most_urgent_inbound(session: AsyncSession, conversation_id: UUID) -> Inbound | None:
    """The caller's most urgent message; the latest of several."""
    return await session.scalar(
        select(Inbound)
        .where(Inbound.conversation_id == conversation_id)
        .order_by(_URGENCY_RANK.desc(), Inbound.position.desc())
        .limit(1)
    )
