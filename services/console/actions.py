"""What a coordinator does with a ticket: take over, write, hand back, close."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from services.console.access import LOGIN, NoSessionError, find_caller
from services.console.account_pages import see_other
from services.console.errors import describe
from services.console.forms import read_message, read_outcome, ticket_id
from services.console.loading import load_panel
from services.console.pages import conversation_page, queue_page
from services.console.paths import ROOT_PATH, ticket_path
from services.conversations import ownership
from services.conversations.appkeys import CORE
from services.conversations.errors import EmptyMessageError, MessageTooLongError, NotOwnerError
from services.conversations.presence import WritingSign
from services.tickets.errors import NotTicketOwnerError, TicketClosedError, TicketTakenError
from services.tickets.queue import own_ticket
from services.vocabulary import Author


async def take_over(request: web.Request) -> web.StreamResponse:
    """Claim a ticket and open its conversation; whoever came second is told who has it."""
    ticket, login = ticket_id(request), request[LOGIN]
    try:
        await ownership.take_over(request.config_dict[CORE], ticket, login.coordinator_id)
    except (TicketTakenError, TicketClosedError) as error:
        return await queue_page(request, describe(error))
    return see_other(ticket_path(ticket))


async def hand_back(request: web.Request) -> web.StreamResponse:
    """Let the assistant speak again; the ticket waits in the queue."""
    ticket, login = ticket_id(request), request[LOGIN]
    try:
        await ownership.hand_back(request.config_dict[CORE], ticket, login.coordinator_id)
    except NotTicketOwnerError as error:
        return await conversation_page(request, ticket, fault=describe(error))
    return see_other(ROOT_PATH)


async def close(request: web.Request) -> web.StreamResponse:
    """Close a ticket with its outcome."""
    ticket, login = ticket_id(request), request[LOGIN]
    outcome = await read_outcome(request)
    try:
        await ownership.close(request.config_dict[CORE], ticket, login.coordinator_id, outcome)
    except NotTicketOwnerError as error:
        return await conversation_page(request, ticket, fault=describe(error))
    return see_other(ROOT_PATH)


async def write_message(request: web.Request) -> web.StreamResponse:
    """Send a message from the page's form; what could not be sent stays in the box."""
    ticket = ticket_id(request)
    message = await read_message(request)
    try:
        await _say(request)
    except (NotOwnerError, EmptyMessageError, MessageTooLongError) as error:
        return await conversation_page(request, ticket, fault=describe(error), unsent=message.text)
    return see_other(ticket_path(ticket))


async def receive_message(request: web.Request) -> web.StreamResponse:
    """The same for script: 201 with the message's position."""
    position = await _say(request)
    return web.json_response({"position": position}, status=HTTPStatus.CREATED)


async def receive_typing(request: web.Request) -> web.StreamResponse:
    """Take a sign that the coordinator is writing: the caller's page shows it, nothing keeps it."""
    core, login = request.config_dict[CORE], request[LOGIN]
    async with core.database.read() as session:
        ticket = await own_ticket(session, ticket_id(request), login.coordinator_id)
    core.tell(WritingSign(ticket.conversation_id, Author.COORDINATOR, is_writing=True))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def report_session(request: web.Request) -> web.StreamResponse:
    """How many seconds the session has left; asking by POST renews it."""
    login = await find_caller(request)
    if login is None:
        raise NoSessionError
    left = login.ends_at - request.config_dict[CORE].clock()
    return web.json_response({"seconds_left": int(left.total_seconds())})


async def _say(request: web.Request) -> int:
    message, login = await read_message(request), request[LOGIN]
    core, panel = request.config_dict[CORE], await load_panel(request, ticket_id(request), login)
    sent = await ownership.say(
        core,
        panel.conversation.id,
        login.coordinator_id,
        client_id=message.id,
        text=message.text,
    )
    core.tell(WritingSign(panel.conversation.id, Author.COORDINATOR, is_writing=False))
    return sent.position
