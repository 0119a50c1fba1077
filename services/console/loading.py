"""Reading what pages and streams show: the queue, a ticket with its standing, the messages."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from services.audit.record import Deed
from services.console.access import ROLES, Access
from services.console.conversation_view import Standing, TicketView, standing, ticket_view
from services.console.handling_view import Handling
from services.console.queue_view import QueueView, read_queue_view
from services.console.sessions import Login
from services.console.words import DELIVERIES
from services.conversations.appkeys import CORE, SETTINGS
from services.conversations.errors import UnknownConversationError
from services.conversations.sealing import conversation_key, number_row
from services.conversations.timeline import Event, read_timeline
from services.store.audit import has_done
from services.store.conversations import get_conversation
from services.store.coordinators import list_colleagues
from services.store.handling import list_edits, list_notes
from services.store.messages import list_delivery_states
from services.store.tables import Conversation, Coordinator, OutboundState
from services.store.tickets import get_ticket
from services.tickets.editing import Change
from services.tickets.errors import UnknownTicketError
from services.tickets.sealing import edit_row, note_row, unseal_ticket
from services.tickets.ticket import Ticket
from services.vocabulary import TopicId


@dataclass(frozen=True, slots=True)
class Panel:
    """A ticket, its conversation and who has it."""

    conversation: Conversation
    document: Ticket
    ticket: TicketView
    standing: Standing
    revealed: bool
    """Whether this coordinator, in this session, may see the caller's numbers."""
    colleagues: tuple[Coordinator, ...]
    topics: tuple[tuple[TopicId, str], ...]
    """What a conversation can be about, with the question that it answers."""


async def load_deliveries(request: web.Request, conversation: Conversation) -> dict[str, object]:
    """How far each text message has come, in words, by its position."""
    async with request.config_dict[CORE].database.read() as session:
        states = await list_delivery_states(session, conversation.id)
    return {
        str(position): {"text": DELIVERIES[state], "failed": state is OutboundState.FAILED}
        for position, state in states.items()
    }


async def load_queue(request: web.Request, login: Login) -> QueueView:
    """The queue as this coordinator sees it now."""
    core = request.config_dict[CORE]
    async with core.database.read() as session:
        return await read_queue_view(
            session,
            core.renderer.knowledge,
            request.config_dict[SETTINGS],
            login.coordinator_id,
            core.clock(),
        )


async def load_panel(request: web.Request, ticket_id: UUID, login: Login) -> Panel:
    """A ticket and who has it. Raises ``UnknownTicketError``."""
    core = request.config_dict[CORE]
    async with core.database.read() as session:
        row = await get_ticket(session, ticket_id)
        if row is None:
            raise UnknownTicketError
        conversation = await get_conversation(session, row.conversation_id)
        edits, notes = await list_edits(session, row.id), await list_notes(session, row.id)
        colleagues = await list_colleagues(session, roles=ROLES[Access.COORDINATOR])
        revealed = await has_done(
            session,
            actor_id=login.coordinator_id,
            deed=Deed.REVEAL,
            ticket_id=row.id,
            since=login.since,
        )
    if conversation is None:
        raise UnknownConversationError
    key = conversation_key(core.keyring, conversation)
    ticket = unseal_ticket(key, row)
    # A ticket goes on from a closed account: nobody holds it.
    names = {one.id: one.name for one in colleagues}
    holder = names.get(row.coordinator_id) if row.coordinator_id else None
    sealed = conversation.number_sealed
    number = key.open(sealed, row=number_row(conversation.id)) if sealed else None
    handling = Handling(
        number=number,
        revealed=revealed,
        edits=tuple(
            (edit, Change.model_validate_json(key.open(edit.change_sealed, row=edit_row(edit.id))))
            for edit in edits
        ),
        notes=tuple((note, key.open(note.body_sealed, row=note_row(note.id))) for note in notes),
        names=names,
    )
    return Panel(
        conversation=conversation,
        document=ticket.model_copy(
            update={"grounds": ticket.grounds.model_copy(update={"urgency": row.urgency})}
        ),
        ticket=ticket_view(row, ticket, core.renderer.knowledge, core.clock(), handling),
        standing=standing(row, holder, login.coordinator_id),
        revealed=revealed,
        colleagues=tuple(one for one in colleagues if one.id != login.coordinator_id),
        topics=tuple(
            (topic, answer.question) for topic, answer in core.renderer.knowledge.answers.items()
        ),
    )


async def load_messages(
    request: web.Request, conversation: Conversation, *, after: int
) -> list[Event]:
    """What was said after a position, in order."""
    core = request.config_dict[CORE]
    key = conversation_key(core.keyring, conversation)
    async with core.database.read() as session:
        return await read_timeline(session, key, conversation, after=after)
