"""The queue: a ticket is opened, claimed by exactly one coordinator, released or closed.

Every function works in the caller's transaction, so that ticket and ownership change together.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from services.privacy.keyring import ConversationKey
from services.store.coordinators import get_coordinator
from services.store.tables import Conversation, TicketRow, TicketState
from services.store.tickets import claim_waiting_ticket, find_open_ticket, get_ticket
from services.tickets.errors import (
    NotTicketOwnerError,
    TicketClosedError,
    TicketTakenError,
    UnknownTicketError,
)
from services.tickets.ticket import Ticket
from services.vocabulary import Urgency


def ticket_row(ticket_id: UUID) -> str:
    """The row that a ticket's ciphertext belongs to."""
    return f"ticket:{ticket_id}"


async def open_ticket(
    session: AsyncSession, conversation: Conversation, key: ConversationKey, ticket: Ticket
) -> TicketRow:
    """Put a ticket in the queue, or bring the conversation's open one up to date.

    A conversation has one open ticket at most: a repeated "ja" makes no second one.
    """
    existing = await find_open_ticket(session, conversation.id)
    if existing is not None:
        existing.urgency = max(existing.urgency, ticket.grounds.urgency)
        if not ticket.unanswered:
            kept = ticket.model_copy(update={"reference": existing.reference})
            existing.body_sealed = key.seal(kept.model_dump_json(), row=ticket_row(existing.id))
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


async def raise_ticket_urgency(
    session: AsyncSession, conversation_id: UUID, urgency: Urgency
) -> None:
    """Let the open ticket's urgency rise with the conversation's."""
    row = await find_open_ticket(session, conversation_id)
    if row is not None:
        row.urgency = max(row.urgency, urgency)


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


async def release_ticket(
    session: AsyncSession, ticket_id: UUID, coordinator_id: UUID
) -> TicketRow:
    """Put a claimed ticket back among the waiting ones. Raises ``NotTicketOwnerError``."""
    row = await own_ticket(session, ticket_id, coordinator_id)
    row.state, row.coordinator_id, row.claimed_at = TicketState.WAITING, None, None
    return row


async def close_ticket(
    session: AsyncSession, ticket_id: UUID, coordinator_id: UUID, outcome: str, now: datetime
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
