"""The queue: a ticket is opened, claimed by exactly one coordinator, released or closed.

Every function works in the caller's transaction, so that ticket and ownership change together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from services.privacy.keyring import ConversationKey
from services.store.coordinators import get_coordinator, get_coordinator_names
from services.store.tables import (
    Conversation,
    Role,
    TicketNote,
    TicketRow,
    TicketState,
)
from services.store.tickets import (
    claim_waiting_ticket,
    find_open_ticket,
    get_first_answer_times,
    get_ticket,
    list_open_tickets,
)
from services.tickets.clocks import Clocks
from services.tickets.editing import Change, edit_ticket
from services.tickets.errors import (
    NoColleagueError,
    NotTicketOwnerError,
    TicketClosedError,
    TicketTakenError,
    UnknownTicketError,
)
from services.tickets.outcome import TicketOutcome
from services.tickets.sealing import (
    keep_callers_edits,
    new_edit,
    note_row,
    seal_ticket,
    ticket_row,
    unseal_ticket,
)
from services.tickets.ticket import SlotValues, Ticket, corrected, merged
from services.vocabulary import Channel, MunicipalityId, Urgency


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """An open ticket as the queue shows it, as of one moment. Nothing of its content.

    ``holder`` is nobody while it waits, and when the holder's account was closed.
    """

    id: UUID
    reference: str
    urgency: Urgency
    channel: Channel
    municipality: MunicipalityId
    created_at: datetime
    due_at: datetime
    answered_at: datetime | None
    holder_id: UUID | None
    holder: str | None
    overdue: bool
    returned: bool
    """Somebody had it, did not answer in time, and nobody has it now."""


async def read_queue(session: AsyncSession, clocks: Clocks, now: datetime) -> list[QueueEntry]:
    """Every open ticket: the most urgent first, then the longest waiting."""
    rows = await list_open_tickets(session)
    answered = await get_first_answer_times(session)
    names = await get_coordinator_names(
        session, (row.coordinator_id for row in rows if row.coordinator_id)
    )
    return [_queue_entry(row, answered.get(row.id), names, clocks, now) for row in rows]


def _queue_entry(
    row: TicketRow,
    answered_at: datetime | None,
    names: dict[UUID, str],
    clocks: Clocks,
    now: datetime,
) -> QueueEntry:
    municipality = MunicipalityId(row.municipality)
    due_at = clocks.first_answer_due(row.urgency, municipality, row.created_at)
    return QueueEntry(
        id=row.id,
        reference=row.reference,
        urgency=row.urgency,
        channel=row.channel,
        municipality=municipality,
        created_at=row.created_at,
        due_at=due_at,
        answered_at=answered_at,
        holder_id=row.coordinator_id,
        holder=names.get(row.coordinator_id) if row.coordinator_id else None,
        overdue=answered_at is None and now > due_at,
        returned=row.state is TicketState.WAITING and row.returned_at is not None,
    )


async def open_ticket(
    session: AsyncSession, conversation: Conversation, key: ConversationKey, ticket: Ticket
) -> TicketRow:
    """Put a ticket in the queue, or bring the conversation's open one up to date.

    A conversation has one open ticket at most: a repeated "ja" makes no second one. What the caller
    then tells otherwise than before is kept as their edits; a ticket that was made without asking
    anything had nothing to change.
    """
    existing = await find_open_ticket(session, conversation.id)
    if existing is not None:
        existing.urgency = max(existing.urgency, ticket.grounds.urgency)
        if not ticket.unanswered:
            before = unseal_ticket(key, existing)
            after = merged(before, ticket)
            if not before.unanswered:
                keep_callers_edits(session, key, existing, before, after, ticket.created_at)
            seal_ticket(key, existing, after)
            existing.schema_version = ticket.schema_version
        return existing
    row = TicketRow(
        id=(ticket_id := uuid4()),
        reference=ticket.reference,
        conversation_id=conversation.id,
        channel=ticket.channel,
        municipality=ticket.municipality,
        urgency=ticket.grounds.urgency,
        created_at=ticket.created_at,
        schema_version=ticket.schema_version,
        body_sealed=key.seal(ticket.model_dump_json(), row=ticket_row(ticket_id)),
    )
    session.add(row)
    return row


def escalate_ticket(row: TicketRow, key: ConversationKey, urgency: Urgency, words: str) -> None:
    """Let an open ticket's urgency rise with its conversation's, and keep acute words with it.

    Args:
        row: The ticket, in an open transaction with the conversation's row locked.
        key: The conversation's.
        urgency: Of the message that has just come.
        words: That message.
    """
    row.urgency = max(row.urgency, urgency)
    if urgency is not Urgency.AKUT:
        return
    ticket = unseal_ticket(key, row)
    if words not in ticket.acute_risks:
        risks = (*ticket.acute_risks, words)
        seal_ticket(key, row, ticket.model_copy(update={"acute_risks": risks}))


async def correct_ticket(
    session: AsyncSession,
    conversation_id: UUID,
    key: ConversationKey,
    slots: SlotValues,
    now: datetime,
) -> None:
    """Let the conversation's open ticket say what its caller says is right, and keep what changed.

    Args:
        session: An open transaction, with the conversation's row locked.
        conversation_id: Whose ticket.
        key: The conversation's.
        slots: The corrected slots of the intake.
        now: When the caller said so.
    """
    row = await find_open_ticket(session, conversation_id)
    if row is None:
        return
    before = unseal_ticket(key, row)
    ticket = corrected(before, slots)
    row.municipality = ticket.municipality
    keep_callers_edits(session, key, row, before, ticket, now)
    seal_ticket(key, row, ticket)


async def claim_ticket(
    session: AsyncSession, ticket_id: UUID, coordinator_id: UUID, now: datetime
) -> TicketRow:
    """Give a ticket to a coordinator; a repeated claim by the same one is fine.

    Raises:
        UnknownTicketError, TicketClosedError, TicketTakenError
    """
    won = await claim_waiting_ticket(session, ticket_id, coordinator_id, now)
    row = await get_ticket(session, ticket_id)
    if row is None:
        raise UnknownTicketError
    if row.state is TicketState.CLOSED:
        raise TicketClosedError
    if not won and row.coordinator_id != coordinator_id:
        holder = await get_coordinator(session, row.coordinator_id) if row.coordinator_id else None
        raise TicketTakenError(holder.name if holder else "")
    return row


async def release_ticket(session: AsyncSession, ticket_id: UUID, coordinator_id: UUID) -> TicketRow:
    """Put a claimed ticket back among the waiting ones. Raises ``NotTicketOwnerError``."""
    row = await own_ticket(session, ticket_id, coordinator_id)
    row.state, row.coordinator_id, row.claimed_at = TicketState.WAITING, None, None
    return row


async def return_ticket(session: AsyncSession, ticket_id: UUID, now: datetime) -> TicketRow:
    """Put a claimed ticket back because its holder did not answer in time."""
    row = await get_ticket(session, ticket_id)
    if row is None:
        raise UnknownTicketError
    row.state, row.coordinator_id, row.claimed_at = TicketState.WAITING, None, None
    row.returned_at = now
    return row


async def transfer_ticket(
    session: AsyncSession,
    ticket_id: UUID,
    coordinator_id: UUID,
    colleague_id: UUID,
    key: ConversationKey,
    note: str,
    now: datetime,
) -> TicketRow:
    """Give a claimed ticket to a colleague, with a note.

    Raises:
        NotTicketOwnerError, NoColleagueError
    """
    row = await own_ticket(session, ticket_id, coordinator_id)
    colleague = await get_coordinator(session, colleague_id)
    may_have_it = (
        colleague is not None
        and colleague.disabled_at is None
        and colleague.role is not Role.STATISTIK
        and colleague_id != coordinator_id
    )
    if not may_have_it:
        raise NoColleagueError
    row.coordinator_id, row.claimed_at = colleague_id, now
    session.add(
        TicketNote(
            id=(note_id := uuid4()),
            ticket_id=ticket_id,
            from_id=coordinator_id,
            to_id=colleague_id,
            made_at=now,
            body_sealed=key.seal(note, row=note_row(note_id)),
        )
    )
    return row


async def change_field(
    session: AsyncSession,
    ticket_id: UUID,
    coordinator_id: UUID,
    key: ConversationKey,
    *,
    field: str,
    value: str,
    now: datetime,
) -> Change:
    """Change one field of a claimed ticket, and keep who changed what.

    Raises:
        NotTicketOwnerError, FieldError
    """
    row = await own_ticket(session, ticket_id, coordinator_id)
    ticket, change = edit_ticket(unseal_ticket(key, row), field, value)
    if change.before == change.after:
        return change
    seal_ticket(key, row, ticket)
    session.add(new_edit(key, ticket_id, coordinator_id, field, change, now))
    return change


async def close_ticket(
    session: AsyncSession,
    ticket_id: UUID,
    coordinator_id: UUID,
    outcome: TicketOutcome,
    now: datetime,
) -> TicketRow:
    """Close a claimed ticket with its outcome. Raises ``NotTicketOwnerError``."""
    row = await own_ticket(session, ticket_id, coordinator_id)
    row.state, row.closed_at, row.outcome = TicketState.CLOSED, now, outcome
    return row


async def own_ticket(session: AsyncSession, ticket_id: UUID, coordinator_id: UUID) -> TicketRow:
    """The coordinator's claimed ticket. Raises ``UnknownTicketError``, ``NotTicketOwnerError``."""
    row = await get_ticket(session, ticket_id)
    if row is None:
        raise UnknownTicketError
    if row.state is not TicketState.CLAIMED or row.coordinator_id != coordinator_id:
        raise NotTicketOwnerError
    return row
