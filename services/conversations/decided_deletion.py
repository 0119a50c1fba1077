"""The municipality decides that a conversation is deleted: its caller asks, or it must go."""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from uuid import UUID

from services.audit.log import record
from services.audit.record import Actor, Deed
from services.conversations.core import Core
from services.conversations.deletion import begin_deletion
from services.conversations.errors import ConversationHeldError
from services.conversations.locking import lock_ticket
from services.conversations.outcome import add_words
from services.conversations.wakeups import OUTBOX, QUEUE
from services.store.tables import TicketState
from services.store.tickets import find_open_ticket
from services.vocabulary import Author, Owner, PhraseId

_TOLD: Final = PhraseId("radera_av_kommunen")


class Reason(StrEnum):
    """Why; it stays in the audit log when the conversation is gone, so it holds no content."""

    REQUEST = "begaran"
    DISPOSAL = "gallring"
    MISPLACED = "felaktigt"


async def delete_by_decision(
    core: Core, ticket_id: UUID, *, actor: Actor, reason: Reason, decision: str
) -> None:
    """Have a ticket's conversation deleted, with all that belongs to it; its caller is told.

    Args:
        core: The parts.
        ticket_id: Whose conversation.
        actor: Who decides.
        reason: Why.
        decision: The number of the decision in the municipality's register, if it has one.

    Raises:
        UnknownTicketError: there is no such ticket.
        ConversationHeldError: it must be kept.
    """
    now = core.clock()
    async with core.database.begin() as session:
        conversation = (await lock_ticket(core, session, ticket_id)).conversation
        if conversation.held_at is not None:
            raise ConversationHeldError
        if conversation.delete_after is not None:
            return
        conversation.owner, conversation.coordinator_id = Owner.BOT, None
        conversation.fence += 1  # what the assistant is just answering is answered no more
        words = core.renderer.phrase(_TOLD, core.setting(conversation))
        add_words(core, session, conversation, words, Author.SERVICE, now)
        if (ticket := await find_open_ticket(session, conversation.id)) is not None:
            ticket.state, ticket.closed_at = TicketState.CLOSED, now
        begin_deletion(conversation, now)
        await record(
            session,
            core.keyring,
            at=now,
            actor=actor,
            deed=Deed.DELETE,
            ticket_id=ticket_id,
            about=f"{reason} {decision}".strip(),
        )
    for key in (conversation.id, OUTBOX, QUEUE):
        core.wakeups.wake(key)
