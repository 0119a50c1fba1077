"""Tickets that are not made by the intake: a call back, and what could not be delivered."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from services.conversations.core import Core
from services.conversations.sealing import conversation_key, open_inbound, open_judgement
from services.store.messages import find_most_urgent_inbound, list_acute_inbound
from services.store.tables import Conversation, TicketRow
from services.store.tickets import find_open_ticket
from services.tickets.queue import open_ticket
from services.tickets.reference import new_reference
from services.tickets.ticket import make_ticket
from services.triage.judgement import Judgement
from services.vocabulary import MunicipalityId, Urgency


async def tell_coordinators(
    core: Core,
    session: AsyncSession,
    conversation: Conversation,
    *,
    call_back: str | None = None,
    asked: bool = False,
) -> TicketRow:
    """Put a conversation in the coordinators' queue; an open ticket of its stays as it is.

    Args:
        core: The parts.
        session: An open transaction, with the conversation's row locked.
        conversation: Whose.
        call_back: How the caller wants to be called back, if they do.
        asked: Whether the caller asked for a human.
    """
    existing = await find_open_ticket(session, conversation.id)
    if existing is not None and call_back is None:
        return existing
    key = conversation_key(core.keyring, conversation)
    urgent = await find_most_urgent_inbound(session, conversation.id)
    judgement = open_judgement(key, urgent) if urgent else Judgement(urgency=Urgency.INFO)
    acute = await list_acute_inbound(session, conversation.id)
    ticket = make_ticket(
        reference=existing.reference if existing else new_reference(),
        conversation=str(conversation.id),
        channel=conversation.channel,
        municipality=MunicipalityId(conversation.municipality),
        urgency=conversation.urgency or judgement.urgency,
        judgement=judgement,
        slots={"aterkontakt": call_back, "samtycke": True if call_back else None},
        acute_words=tuple(open_inbound(key, one) for one in acute),
        at=core.clock(),
        knowledge_version=core.renderer.knowledge.version,
        unanswered=call_back is None and not asked,
    )
    return await open_ticket(session, conversation, key, ticket)
