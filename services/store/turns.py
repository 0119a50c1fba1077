"""Queries of a turn: take up a conversation's oldest waiting message, and lock what is stored.

The statements are made once: they are those of every message, and making one costs as much as
running it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.conversations import is_free, lock_conversation, no_lease
from services.store.locks import CLAIM
from services.store.tables import (
    INBOUND_WAITS,
    TICKET_IS_OPEN,
    Conversation,
    Inbound,
    TicketRow,
)

_WAITS: Final = and_(Inbound.conversation_id == Conversation.id, INBOUND_WAITS)
_IS_OPEN: Final = and_(TicketRow.conversation_id == Conversation.id, TICKET_IS_OPEN)
_NEXT: Final = (
    select(Conversation, Inbound, TicketRow.reference)
    .select_from(Conversation)
    .join(Inbound, _WAITS)
    .outerjoin(TicketRow, _IS_OPEN)
    .where(
        Conversation.id == bindparam("id"),
        is_free(bindparam("worker"), bindparam("now"), bindparam("no_lease")),
        or_(Conversation.rests_until.is_(None), Conversation.rests_until <= bindparam("now")),
    )
    .order_by(Inbound.position)
    .limit(1)
    .with_for_update(of=Conversation, **CLAIM)
)
_WAITING: Final = (
    select(Inbound, TicketRow)
    .select_from(Inbound)
    .join(Conversation, _WAITS)
    .outerjoin(TicketRow, _IS_OPEN)
    .where(Conversation.id == bindparam("id"))
    .order_by(Inbound.position)
    .limit(2)
)


class Claimed(NamedTuple):
    """A conversation, its oldest waiting message, and its open ticket's reference if it has one."""

    conversation: Conversation
    inbound: Inbound
    open_reference: str | None


class Locked(NamedTuple):
    """A conversation with its row locked, and what has no outcome yet.

    Attributes:
        inbound: Its oldest waiting message.
        ticket: Its ticket that is not closed.
        more_wait: Whether other messages wait than the oldest.
    """

    conversation: Conversation
    inbound: Inbound
    ticket: TicketRow | None
    more_wait: bool


async def claim_next(
    session: AsyncSession, conversation_id: UUID, *, worker: str, now: datetime, until: datetime
) -> Claimed | None:
    """Give ``worker`` the right to take turns until a time, and what it is to answer.

    Returns:
        Nothing if no message waits, another worker holds the conversation or is just taking it, or
        it rests after a turn that failed.
    """
    asked = {"id": conversation_id, "worker": worker, "now": now, "no_lease": no_lease(now)}
    found = await session.execute(_NEXT, asked)
    row = found.one_or_none()
    if row is None:
        return None
    claimed = Claimed(*row)
    claimed.conversation.leased_by, claimed.conversation.leased_until = worker, until
    return claimed


async def lock_waiting(session: AsyncSession, conversation_id: UUID) -> Locked | None:
    """The conversation, locked until the transaction ends, with what waits; nothing if none does.

    Two statements on purpose: what waits is looked for when the lock is there.
    """
    conversation = await lock_conversation(session, conversation_id)
    waiting = (await session.execute(_WAITING, {"id": conversation_id})).all()
    if conversation is None or not waiting:
        return None
    return Locked(conversation, *waiting[0], more_wait=len(waiting) > 1)
