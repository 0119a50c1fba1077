"""What a change works on: a ticket, its conversation with the row locked, and the key."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.conversations.core import Core
from services.conversations.errors import UnknownConversationError
from services.conversations.sealing import conversation_key
from services.privacy.keyring import ConversationKey
from services.store.conversations import lock_conversation
from services.store.tables import Conversation, TicketRow
from services.store.tickets import get_ticket
from services.tickets.errors import UnknownTicketError


@dataclass(frozen=True, slots=True)
class LockedTicket:
    """A ticket that nobody else changes until the transaction ends."""

    row: TicketRow
    conversation: Conversation
    key: ConversationKey


async def lock_ticket(core: Core, session: AsyncSession, ticket_id: UUID) -> LockedTicket:
    """A ticket, to be changed.

    Raises:
        UnknownTicketError, UnknownConversationError
    """
    row = await get_ticket(session, ticket_id)
    if row is None:
        raise UnknownTicketError
    conversation = await lock_known_conversation(session, row.conversation_id)
    await session.refresh(row)  # somebody may have changed it while we waited for the lock
    return LockedTicket(row, conversation, conversation_key(core.keyring, conversation))


async def lock_known_conversation(session: AsyncSession, conversation_id: UUID) -> Conversation:
    """The conversation, with its row locked. Raises ``UnknownConversationError``."""
    conversation = await lock_conversation(session, conversation_id)
    if conversation is None:
        raise UnknownConversationError
    return conversation
