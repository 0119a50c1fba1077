"""Reading what pages and streams show: the queue, a ticket with its standing, the messages."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from services.console.conversation_view import Standing, TicketView, standing, ticket_view
from services.console.queue_view import QueueView, read_queue_view
from services.console.sessions import Login
from services.conversations.appkeys import CORE
from services.conversations.errors import UnknownConversationError
from services.conversations.sealing import conversation_key
from services.conversations.timeline import Event, read_timeline
from services.store.conversations import get_conversation
from services.store.coordinators import get_coordinator_names
from services.store.tables import Conversation
from services.store.tickets import get_ticket
from services.tickets.errors import UnknownTicketError
from services.tickets.queue import unseal_ticket


@dataclass(frozen=True, slots=True)
class Panel:
    """A ticket, its conversation and who has it."""

    conversation: Conversation
    ticket: TicketView
    standing: Standing


async def load_queue(request: web.Request, login: Login) -> QueueView:
    """The queue as this coordinator sees it now."""
    core = request.config_dict[CORE]
    async with core.database.read() as session:
        return await read_queue_view(
            session, core.renderer.knowledge, login.coordinator_id, core.clock()
        )


async def load_panel(request: web.Request, ticket_id: UUID, login: Login) -> Panel:
    """A ticket and who has it. Raises ``UnknownTicketError``."""
    core = request.config_dict[CORE]
    async with core.database.read() as session:
        row = await get_ticket(session, ticket_id)
        if row is None:
            raise UnknownTicketError
        conversation = await get_conversation(session, row.conversation_id)
        holders = [row.coordinator_id] if row.coordinator_id else []
        names = await get_coordinator_names(session, holders)
    if conversation is None:
        raise UnknownConversationError
    ticket = unseal_ticket(conversation_key(core.keyring, conversation), row)
    holder = names.get(row.coordinator_id) if row.coordinator_id else None
    return Panel(
        conversation=conversation,
        ticket=ticket_view(row, ticket, core.renderer.knowledge, core.clock()),
        standing=standing(row, holder, login.coordinator_id),
    )


async def load_messages(
    request: web.Request, conversation: Conversation, *, after: int
) -> list[Event]:
    """What was said after a position, in order."""
    core = request.config_dict[CORE]
    key = conversation_key(core.keyring, conversation)
    async with core.database.read() as session:
        return await read_timeline(session, key, conversation, after=after)
