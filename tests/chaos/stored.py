"""What the database keeps of the callers of a run: the other side of the comparison.

Read with the master key, as an auditor would: every body is opened, so that a row that can't be
read is found too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.record import Deed
from services.conversations.sealing import conversation_key
from services.conversations.timeline import inbound_event, outbound_event
from services.privacy.keyring import Keyring
from services.store.database import Database
from services.store.tables import (
    AuditRecord,
    Base,
    Conversation,
    Inbound,
    InboundState,
    Outbound,
    OutboundState,
    TicketRow,
    TicketState,
)
from services.vocabulary import Author, Owner, Urgency
from tests.chaos.records import CallerRecord, mark_of

_AT_ONCE = 400
"""Ids in one query; SQLite allows some thousands."""
CHANGES_OF_OWNER = (Deed.CLAIM, Deed.HAND_BACK, Deed.TRANSFER, Deed.RETURN, Deed.CLOSE)


@dataclass(frozen=True, slots=True)
class In:
    """A caller's message as it is stored."""

    id: UUID
    client_id: str
    position: int
    state: InboundState
    urgency: Urgency | None
    words: str


@dataclass(frozen=True, slots=True)
class Out:
    """A message to the caller as it is stored. ``texted``: it leaves as a text message."""

    id: UUID
    position: int
    author: Author
    fence: int
    in_reply_to: UUID | None
    client_id: str | None
    state: OutboundState
    texted: bool
    failure: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it is stored."""

    id: UUID
    reference: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation as it is stored; ``deeds`` are its changes of owner, in order."""

    id: UUID
    owner: Owner
    fence: int
    last_position: int
    inbound: tuple[In, ...] = ()
    outbound: tuple[Out, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    deeds: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has no outcome yet: messages of callers, and text messages on their way out."""

    inbound: int
    texts: int


async def find_numbers(
    database: Database, keyring: Keyring, records: Iterable[CallerRecord]
) -> None:
    """Let each record of a caller by telephone know its conversation, where there is one."""
    by_hash = {keyring.lookup_hash(one.number): one for one in records if one.number}
    async with database.read() as session:
        for part in _parts(list(by_hash)):
            rows = await session.execute(
                select(Conversation.id, Conversation.caller_hash).where(
                    Conversation.caller_hash.in_(part)
                )
            )
            for row in rows:
                by_hash[row.caller_hash].conversation = row.id


async def count_waiting(database: Database) -> Waiting:
    """What has no outcome yet."""
    async with database.read() as session:
        inbound = await session.scalar(
            select(func.count()).select_from(Inbound).where(Inbound.state == InboundState.WAITING)
        )
        texts = await session.scalar(
            select(func.count()).select_from(Outbound).where(Outbound.due_at.is_not(None))
        )
    return Waiting(inbound or 0, texts or 0)


async def last_positions(database: Database, ids: Sequence[UUID]) -> dict[UUID, int]:
    """Where each conversation's last message stands."""
    found: dict[UUID, int] = {}
    async with database.read() as session:
        for part in _parts(ids):
            rows = await session.execute(
                select(Conversation.id, Conversation.last_position).where(Conversation.id.in_(part))
            )
            found |= {row.id: row.last_position for row in rows}
    return found


async def read_stored(
    database: Database, keyring: Keyring, ids: Sequence[UUID]
) -> dict[UUID, StoredConversation]:
    """The conversations with these ids.

    Raises:
        MasterKeyError: something was not sealed under its own conversation's key.
    """
    found: dict[UUID, StoredConversation] = {}
    async with database.read() as session:
        for part in _parts(ids):
            found |= await _read_part(session, keyring, part)
    return found


async def _read_part(
    session: AsyncSession, keyring: Keyring, ids: Sequence[UUID]
) -> dict[UUID, StoredConversation]:
    conversations = await _all(session, Conversation, Conversation.id.in_(ids))
    keys = {one.id: conversation_key(keyring, one) for one in conversations}
    inbound, outbound, tickets = defaultdict(list), defaultdict(list), defaultdict(list)
    for row in await _all(session, Inbound, Inbound.conversation_id.in_(ids)):
        event = inbound_event(keys[row.conversation_id], row)
        inbound[row.conversation_id].append(
            In(
                id=row.id,
                client_id=row.client_id,
                position=row.position,
                state=row.state,
                urgency=row.urgency,
                words=mark_of(event.text or ""),
            )
        )
    for row in await _all(session, Outbound, Outbound.conversation_id.in_(ids)):
        event = outbound_event(keys[row.conversation_id], row)
        said = event.text if event.reply is None else event.reply.model_dump(mode="json")
        outbound[row.conversation_id].append(
            Out(
                id=row.id,
                position=row.position,
                author=row.author,
                fence=row.fence,
                in_reply_to=row.in_reply_to,
                client_id=row.client_id,
                state=row.state,
                texted=event.delivery is not None,
                failure=row.failure,
                words=mark_of(said or ""),
            )
        )
    of_ticket = {}
    for row in await _all(session, TicketRow, TicketRow.conversation_id.in_(ids)):
        of_ticket[row.id] = row.conversation_id
        is_open = row.state is not TicketState.CLOSED
        tickets[row.conversation_id].append(Ticket(row.id, row.reference, is_open))
    deeds = defaultdict(list)
    is_change = or_(*(AuditRecord.deed == deed.value for deed in CHANGES_OF_OWNER))
    for row in await _all(
        session, AuditRecord, AuditRecord.ticket_id.in_(list(of_ticket)), is_change
    ):
        deeds[of_ticket[row.ticket_id]].append((row.number, Deed(row.deed)))
    return {
        one.id: StoredConversation(
            id=one.id,
            owner=one.owner,
            fence=one.fence,
            last_position=one.last_position,
            inbound=tuple(sorted(inbound[one.id], key=lambda row: row.position)),
            outbound=tuple(sorted(outbound[one.id], key=lambda row: row.position)),
            tickets=tuple(tickets[one.id]),
            deeds=tuple(deed for _, deed in sorted(deeds[one.id])),
        )
        for one in conversations
    }


async def _all[T: Base](
    session: AsyncSession, table: type[T], *conditions: ColumnElement[Any]
) -> list[T]:
    return list(await session.scalars(select(table).where(*conditions)))


def _parts[T](values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
