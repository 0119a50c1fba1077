"""Queries for deleting: what is old enough, what was asked for, and the deleting itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.locks import CLAIM
from services.store.tables import (
    TICKET_IS_OPEN,
    AuditRecord,
    ConsoleSession,
    Conversation,
    Inbound,
    Job,
    Outbound,
    TicketNotice,
    TicketRow,
    TicketState,
)
from services.vocabulary import Channel, Owner


class Kind(StrEnum):
    """What kind of conversation it is, for how long it is kept."""

    EMPTY = "empty"
    WITHOUT_TICKET = "without_ticket"
    WITH_TICKET = "with_ticket"


_written = exists().where(Inbound.conversation_id == Conversation.id)
_has_ticket = exists().where(TicketRow.conversation_id == Conversation.id)
_has_open_ticket = exists().where(TicketRow.conversation_id == Conversation.id, TICKET_IS_OPEN)
_KINDS: dict[Kind, ColumnElement[bool]] = {
    Kind.EMPTY: and_(~_has_ticket, or_(~_written, Conversation.is_probe)),
    Kind.WITHOUT_TICKET: and_(~_has_ticket, _written, ~Conversation.is_probe),
    Kind.WITH_TICKET: _has_ticket,
}


def _is_old(kind: Kind, before: datetime) -> ColumnElement[bool]:
    old = and_(
        _KINDS[kind], Conversation.last_activity_at < before, Conversation.owner == Owner.BOT
    )
    if kind is not Kind.WITH_TICKET:
        return old
    lately = exists().where(
        TicketRow.conversation_id == Conversation.id, TicketRow.closed_at >= before
    )
    return and_(old, ~_has_open_ticket, ~lately)


async def list_old_conversations(
    session: AsyncSession, kind: Kind, *, before: datetime, limit: int
) -> Sequence[UUID]:
    """Conversations of a kind that ended before a time and need not be kept; locked."""
    rows = await session.scalars(
        select(Conversation.id)
        .where(_is_old(kind, before), Conversation.held_at.is_(None))
        .order_by(Conversation.last_activity_at)
        .limit(limit)
        .with_for_update(of=Conversation, **CLAIM)
    )
    return rows.all()


async def count_old_conversations(
    session: AsyncSession, kind: Kind, *, before: datetime, held: bool
) -> int:
    """How many conversations of a kind ended before a time; ``held``: those that must be kept."""
    is_held = Conversation.held_at.is_not(None) if held else Conversation.held_at.is_(None)
    counted = await session.scalar(
        select(func.count()).select_from(Conversation).where(_is_old(kind, before), is_held)
    )
    return counted or 0


async def find_oldest_conversation(session: AsyncSession, kind: Kind) -> datetime | None:
    """When something was last said in the conversation of a kind that has been silent longest."""
    return await session.scalar(select(func.min(Conversation.last_activity_at)).where(_KINDS[kind]))


async def is_deletion_due(session: AsyncSession, now: datetime) -> bool:
    """Whether there is anything that callers have asked to be deleted by now."""
    return bool(await session.scalar(select(exists().where(Conversation.delete_after <= now))))


async def list_conversations_to_delete(
    session: AsyncSession, *, now: datetime, at_last: datetime, limit: int
) -> Sequence[UUID]:
    """What callers have asked to be deleted, and been told so; locked for deletion.

    Args:
        session: A transaction.
        now: The time.
        at_last: Of what was to be deleted before that, nothing more is waited for.
        limit: How many at most.
    """
    to_leave = exists().where(
        Outbound.conversation_id == Conversation.id, Outbound.due_at.is_not(None)
    )
    rows = await session.scalars(
        select(Conversation.id)
        .where(
            Conversation.delete_after <= now,
            or_(~to_leave, Conversation.delete_after <= at_last),
        )
        .limit(limit)
        .with_for_update(of=Conversation, **CLAIM)
    )
    return rows.all()


async def delete_conversation_rows(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Destroy conversations' keys, and remove every row that belongs to them.

    The audit log keeps its records of their tickets, without what was written in them.
    """
    # The key first: should a row be overlooked below, nobody can read it.
    await session.execute(
        update(Conversation).where(Conversation.id.in_(ids)).values(wrapped_key=b"")
    )
    tickets = select(TicketRow.id).where(TicketRow.conversation_id.in_(ids))
    await session.execute(
        update(AuditRecord).where(AuditRecord.ticket_id.in_(tickets)).values(detail_sealed=None)
    )
    # What points to a ticket goes with it, by the database's own rule.
    await session.execute(delete(TicketRow).where(TicketRow.conversation_id.in_(ids)))
    await session.execute(delete(Outbound).where(Outbound.conversation_id.in_(ids)))
    await session.execute(delete(Inbound).where(Inbound.conversation_id.in_(ids)))
    await session.execute(delete(Conversation).where(Conversation.id.in_(ids)))


async def count_traces(session: AsyncSession, *, before: datetime) -> int:
    """How many traces of operation are older than a time."""
    counts = [
        await session.scalar(select(func.count()).select_from(table).where(old))
        for table, old, _ in _traces(before)
    ]
    return sum(count or 0 for count in counts)


async def delete_traces(session: AsyncSession, *, before: datetime) -> int:
    """Remove traces of operation that are older than a time; give how many."""
    removed = 0
    for table, old, values in _traces(before):
        statement = update(table).where(old).values(values) if values else delete(table).where(old)
        result = await session.execute(statement.execution_options(synchronize_session=False))
        removed += cast("CursorResult[Any]", result).rowcount
    return removed


def _traces(
    before: datetime,
) -> tuple[tuple[type[Any], ColumnElement[bool], dict[str, None]], ...]:
    """Where traces are: the table, which of its rows, and what of them; nothing for the whole."""
    closed = select(TicketRow.id).where(TicketRow.state == TicketState.CLOSED)
    return (
        (
            Outbound,
            and_(
                Outbound.created_at < before,
                Outbound.due_at.is_(None),
                or_(Outbound.provider_id.is_not(None), Outbound.failure.is_not(None)),
            ),
            {"provider_id": None, "failure": None},
        ),
        (
            Conversation,
            and_(
                Conversation.channel == Channel.VOICE,
                Conversation.last_activity_at < before,
                Conversation.caller_hash.is_not(None),
            ),
            {"caller_hash": None},
        ),
        (
            TicketNotice,
            and_(TicketNotice.created_at < before, TicketNotice.ticket_id.in_(closed)),
            {},
        ),
        (ConsoleSession, ConsoleSession.last_seen_at < before, {}),
    )


async def is_job_due(session: AsyncSession, name: str, *, unless_since: datetime) -> bool:
    """Whether nobody has begun such work since a time."""
    begun = exists().where(Job.name == name, Job.began_at > unless_since)
    return not await session.scalar(select(begun))


async def begin_job(
    session: AsyncSession, name: str, *, now: datetime, unless_since: datetime
) -> bool:
    """Take on work that one process does for all; of several at once exactly one gets True."""
    result = await session.execute(
        update(Job)
        .where(Job.name == name, Job.began_at <= unless_since)
        .values(began_at=now)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", result).rowcount == 1:
        return True
    if await session.get(Job, name) is not None:
        return False
    session.add(Job(name=name, began_at=now))
    await session.flush()  # of two who are the first, the database refuses one
    return True
