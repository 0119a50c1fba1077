"""Queries on conversations: ownership, positions and leases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CursorResult,
    bindparam,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.locks import CHANGE, CLAIM
from services.store.tables import INBOUND_WAITS, Conversation, Inbound

_BY_ID: Final = select(Conversation).where(Conversation.id == bindparam("id"))
_LOCKED: Final = _BY_ID.with_for_update(**CHANGE).execution_options(populate_existing=True)
_NO_LEASE: Final = timedelta(minutes=1)
"""No lease is this long: one that seems so was taken by a clock that has been set right since."""


async def get_conversation(session: AsyncSession, conversation_id: UUID) -> Conversation | None:
    """The conversation with this id, or nothing."""
    return await session.scalar(_BY_ID, {"id": conversation_id})


async def lock_conversation(session: AsyncSession, conversation_id: UUID) -> Conversation | None:
    """The conversation, with its row locked until the transaction ends."""
    return await session.scalar(_LOCKED, {"id": conversation_id})


async def lease_conversation(
    session: AsyncSession, conversation_id: UUID, *, worker: str, now: datetime, until: datetime
) -> bool:
    """Give ``worker`` the right to take turns in the conversation until a time.

    Returns:
        False if another worker holds it or is just taking it, or it rests after a turn that failed.
    """
    free = (
        select(Conversation.id)
        .where(
            Conversation.id == conversation_id,
            is_free(worker, now, no_lease(now)),
            or_(Conversation.rests_until.is_(None), Conversation.rests_until <= now),
        )
        .with_for_update(**CLAIM)
    )
    result = await session.execute(
        update(Conversation)
        .where(Conversation.id == free.scalar_subquery())
        .values(leased_by=worker, leased_until=until)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount == 1


def is_free(
    worker: str | BindParameter[str],
    now: datetime | BindParameter[datetime],
    no_lease: datetime | BindParameter[datetime],
) -> ColumnElement[bool]:
    """Whether ``worker`` may take turns in a conversation: nobody else does, and is alive.

    Args:
        worker: Who asks.
        now: Aware.
        no_lease: What ``no_lease`` gives for that time.
    """
    return or_(
        Conversation.leased_by.is_(None),
        Conversation.leased_by == worker,
        Conversation.leased_until < now,
        Conversation.leased_until > no_lease,
    )


def no_lease(now: datetime) -> datetime:
    """The time until which no lease that was taken by now can last."""
    return now + _NO_LEASE


async def renew_leases(
    session: AsyncSession, conversation_ids: Sequence[UUID], *, worker: str, until: datetime
) -> None:
    """Let ``worker`` keep what it still holds of some conversations until a later time."""
    held = (
        select(Conversation.id)
        .where(Conversation.id.in_(conversation_ids), Conversation.leased_by == worker)
        .with_for_update(**CLAIM)
    )
    await session.execute(
        update(Conversation)
        .where(Conversation.id.in_(held))
        .values(leased_until=until)
        .execution_options(synchronize_session=False)
    )


async def release_lease(session: AsyncSession, conversation_id: UUID, *, worker: str) -> bool:
    """Give the lease back, if ``worker`` still holds it.

    Returns:
        Whether a message waits that came under the lease, when no other worker could take it up.
    """
    result = await session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.leased_by == worker)
        .values(leased_by=None, leased_until=None)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", result).rowcount == 0:
        return False
    waits = exists().where(Inbound.conversation_id == conversation_id, INBOUND_WAITS)
    return bool(await session.scalar(select(waits)))


def let_go(conversation: Conversation) -> None:
    """Give the lease back together with what else changes; needs the row locked."""
    conversation.leased_by = conversation.leased_until = None


def next_position(conversation: Conversation) -> int:
    """Take the next place in the conversation's line of messages; needs the row locked."""
    conversation.last_position += 1
    return conversation.last_position
