"""What a ticket says, sealed with its conversation's key, and who changed what in it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from services.privacy.keyring import ConversationKey
from services.store.tables import TicketEdit, TicketRow
from services.tickets.editing import Change, differences
from services.tickets.ticket import Ticket


def unseal_ticket(key: ConversationKey, row: TicketRow) -> Ticket:
    """What a ticket says."""
    return Ticket.model_validate_json(key.open(row.body_sealed, row=ticket_row(row.id)))


def ticket_row(ticket_id: UUID) -> str:
    """The row that a ticket's ciphertext belongs to."""
    return f"ticket:{ticket_id}"


def seal_ticket(key: ConversationKey, row: TicketRow, ticket: Ticket) -> None:
    """Let a row say what a ticket says."""
    row.body_sealed = key.seal(ticket.model_dump_json(), row=ticket_row(row.id))


def keep_callers_edits(
    session: AsyncSession,
    key: ConversationKey,
    row: TicketRow,
    before: Ticket,
    after: Ticket,
    now: datetime,
) -> None:
    """Keep what the caller has changed between two forms of their ticket."""
    for field, change in differences(before, after).items():
        session.add(new_edit(key, row.id, None, field, change, now))


def new_edit(
    key: ConversationKey,
    ticket_id: UUID,
    coordinator_id: UUID | None,
    field: str,
    change: Change,
    now: datetime,
) -> TicketEdit:
    """A change of a ticket's field, to be stored; without a coordinator the caller made it."""
    return TicketEdit(
        id=(edit_id := uuid4()),
        ticket_id=ticket_id,
        coordinator_id=coordinator_id,
        made_at=now,
        field=field,
        change_sealed=key.seal(change.model_dump_json(), row=edit_row(edit_id)),
    )


def edit_row(edit_id: UUID) -> str:
    """The row that an edit's ciphertext belongs to."""
    return f"edit:{edit_id}"


def note_row(note_id: UUID) -> str:
    """The row that a note's ciphertext belongs to."""
    return f"note:{note_id}"
