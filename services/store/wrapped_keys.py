"""Queries on wrapped keys, for wrapping them anew under another master key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, LargeBinary, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.tables import Conversation, Coordinator


def _begins_otherwise(wrapped_key: Any, beginning: bytes) -> ColumnElement[bool]:
    return func.substr(wrapped_key, 1, len(beginning), type_=LargeBinary()) != beginning


async def list_conversations_under_other_keys(
    session: AsyncSession, beginning: bytes, *, after: UUID | None, limit: int
) -> Sequence[Conversation]:
    """Conversations whose wrapped key does not begin so, in the order of their ids."""
    query = (
        select(Conversation)
        .where(_begins_otherwise(Conversation.wrapped_key, beginning))
        .order_by(Conversation.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Conversation.id > after)
    return (await session.scalars(query)).all()


async def list_accounts_under_other_keys(
    session: AsyncSession, beginning: bytes
) -> Sequence[Coordinator]:
    """Accounts whose wrapped key does not begin so."""
    query = select(Coordinator).where(
        Coordinator.wrapped_key.is_not(None), _begins_otherwise(Coordinator.wrapped_key, beginning)
    )
    return (await session.scalars(query)).all()


async def replace_conversation_key(
    session: AsyncSession,
    conversation_id: UUID,
    *,
    old: bytes,
    new: bytes,
    caller_hash: bytes | None,
) -> bool:
    """Put another wrapped key in place of the one that was read; false if it is another by now.

    ``caller_hash`` is left out where another conversation has it.
    """
    taken = select(Conversation.id).where(
        Conversation.caller_hash == caller_hash, Conversation.id != conversation_id
    )
    if caller_hash is not None and await session.scalar(taken) is not None:
        caller_hash = None
    result = await session.execute(
        update(Conversation)
        .where(and_(Conversation.id == conversation_id, Conversation.wrapped_key == old))
        .values(wrapped_key=new, caller_hash=caller_hash)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount == 1


async def replace_account_key(
    session: AsyncSession, coordinator_id: UUID, *, old: bytes, new: bytes
) -> None:
    """Put another wrapped key in place of the one that was read, if it is still the same."""
    await session.execute(
        update(Coordinator)
        .where(and_(Coordinator.id == coordinator_id, Coordinator.wrapped_key == old))
        .values(wrapped_key=new)
        .execution_options(synchronize_session=False)
    )


async def count_keys_by_beginning(session: AsyncSession, length: int) -> dict[bytes, int]:
    """How many wrapped keys of conversations and accounts begin with each of these bytes."""
    counts: dict[bytes, int] = {}
    for column in (Conversation.wrapped_key, Coordinator.wrapped_key):
        beginning = func.substr(column, 1, length, type_=LargeBinary())
        rows = await session.execute(
            select(beginning, func.count()).where(column.is_not(None)).group_by(beginning)
        )
        for found, count in rows:
            counts[found] = counts.get(found, 0) + count
    return counts
