"""What a coordinator does with a ticket besides talking: edit, correct, reveal, give on, export."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from aiohttp import web
from aiohttp_jinja2 import render_template

from services.audit.log import record
from services.audit.record import Deed
from services.console.access import LOGIN
from services.console.account_pages import see_other
from services.console.corrections import RightJudgement, correct_judgement
from services.console.errors import describe
from services.console.forms import read_form, ticket_id
from services.console.loading import Panel, load_panel
from services.console.masking import mask_numbers
from services.console.pages import conversation_page
from services.console.paths import ROOT_PATH, ticket_path
from services.console.sessions import Login
from services.conversations import ownership
from services.conversations.appkeys import CORE, SETTINGS
from services.conversations.locking import lock_ticket
from services.conversations.sealing import conversation_key
from services.conversations.wakeups import QUEUE
from services.store.coordinators import lock_coordinator
from services.tickets.errors import FieldError, NoColleagueError, NotTicketOwnerError
from services.tickets.queue import change_field
from services.vocabulary import PhraseId, TopicId, Urgency

MAX_NOTE_CHARACTERS: Final = 2_000
MAX_REASON_CHARACTERS: Final = 300
READY_TEXT: Final = "snabbtext_"


async def edit(request: web.Request) -> web.StreamResponse:
    """Change one field of one's own ticket."""
    core, ticket, login = request.config_dict[CORE], ticket_id(request), request[LOGIN]
    form = await read_form(request)
    field, now = form.get("field", ""), core.clock()
    try:
        async with core.database.begin() as session:
            locked = await lock_ticket(core, session, ticket)
            await change_field(
                session,
                ticket,
                login.coordinator_id,
                locked.key,
                field=field,
                value=form.get("value", ""),
                now=now,
            )
            await record(
                session,
                core.keyring,
                at=now,
                actor=login.actor,
                deed=Deed.EDIT,
                ticket_id=ticket,
                about=field,
            )
    except (NotTicketOwnerError, FieldError) as error:
        return await conversation_page(request, ticket, fault=describe(error))
    core.wakeups.wake(QUEUE)
    return see_other(ticket_path(ticket))


async def correct(request: web.Request) -> web.StreamResponse:
    """Say what the assistant should have judged."""
    ticket, form = ticket_id(request), await read_form(request)
    try:
        urgency = Urgency(form["urgency"]) if "urgency" in form else None
    except ValueError:
        raise web.HTTPBadRequest from None
    topic = TopicId(form["topic"]) if form.get("topic") else None
    if urgency is None and topic is None:
        raise web.HTTPBadRequest
    await correct_judgement(
        request.config_dict[CORE], ticket, request[LOGIN], RightJudgement(urgency, topic)
    )
    return see_other(ticket_path(ticket))


async def reveal(request: web.Request) -> web.StreamResponse:
    """Show the caller's numbers until this session ends; the reason goes to the audit log."""
    core, ticket, login = request.config_dict[CORE], ticket_id(request), request[LOGIN]
    reason = (await read_form(request)).get("reason", "").strip()
    if not reason or len(reason) > MAX_REASON_CHARACTERS:
        raise web.HTTPBadRequest
    panel = await load_panel(request, ticket, login)
    detail = (conversation_key(core.keyring, panel.conversation), reason)
    async with core.database.begin() as session:
        await record(
            session,
            core.keyring,
            at=core.clock(),
            actor=login.actor,
            deed=Deed.REVEAL,
            ticket_id=ticket,
            detail=detail,
        )
    return see_other(ticket_path(ticket))


async def transfer(request: web.Request) -> web.StreamResponse:
    """Give one's conversation to a colleague, with a note."""
    core, ticket, login = request.config_dict[CORE], ticket_id(request), request[LOGIN]
    form = await read_form(request)
    note = form.get("note", "").strip()
    try:
        colleague = UUID(form.get("to", ""))
    except ValueError:
        raise web.HTTPBadRequest from None
    if len(note) > MAX_NOTE_CHARACTERS:
        raise web.HTTPBadRequest
    try:
        await ownership.transfer(core, ticket, login.coordinator_id, colleague, note)
    except (NotTicketOwnerError, NoColleagueError) as error:
        return await conversation_page(request, ticket, fault=describe(error))
    return see_other(ROOT_PATH)


async def export(request: web.Request) -> web.StreamResponse:
    """The ticket as JSON, after its JSON Schema; numbers as this coordinator sees them."""
    panel = await _noted(request, Deed.EXPORT)
    document = panel.document.model_dump_json(indent=2)
    body = document if panel.revealed else mask_numbers(document)
    name = f"{panel.ticket.reference}.json"
    return web.Response(
        text=body,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def show_print(request: web.Request) -> web.StreamResponse:
    """The ticket on paper."""
    panel = await _noted(request, Deed.PRINT)
    now = request.config_dict[CORE].clock()
    public = request.config_dict[SETTINGS].public_url.rstrip("/")
    transcript = public + ticket_path(panel.standing.ticket_id)
    context = {"panel": panel, "login": request[LOGIN], "now": now, "transcript": transcript}
    return render_template("print.html", request, context)


async def list_texts(request: web.Request) -> web.StreamResponse:
    """Ready phrases and the curated answers, as this caller would get them, to insert and edit."""
    core = request.config_dict[CORE]
    panel = await load_panel(request, ticket_id(request), request[LOGIN])
    setting, renderer = core.setting(panel.conversation), core.renderer
    ready = [PhraseId(one) for one in renderer.knowledge.phrases if one.startswith(READY_TEXT)]
    phrases = [
        (text, text) for one in ready for text in renderer.phrase(one, setting).as_texts()[:1]
    ]
    answers = [
        (answer.question, "\n\n".join(renderer.answer(topic, setting).as_texts()))
        for topic, answer in renderer.knowledge.answers.items()
    ]
    return web.json_response(
        [{"title": title, "text": text} for title, text in (*phrases, *answers)]
    )


async def switch_duty(request: web.Request) -> web.StreamResponse:
    """Go on duty or off."""
    core, login = request.config_dict[CORE], request[LOGIN]
    on = (await read_form(request)).get("on") == "1"
    now = core.clock()
    async with core.database.begin() as session:
        account = await lock_coordinator(session, login.coordinator_id)
        if account is not None:
            account.on_duty_since = now if on else None
        await record(
            session,
            core.keyring,
            at=now,
            actor=login.actor,
            deed=Deed.DUTY,
            about="on" if on else "off",
        )
    core.wakeups.wake(QUEUE)
    return see_other(ROOT_PATH)


async def note_view(request: web.Request, ticket: UUID, login: Login, deed: Deed) -> None:
    """Keep that somebody has looked at a ticket."""
    core = request.config_dict[CORE]
    async with core.database.begin() as session:
        await record(
            session,
            core.keyring,
            at=core.clock(),
            actor=login.actor,
            deed=deed,
            ticket_id=ticket,
        )


async def show_conversation(request: web.Request) -> web.StreamResponse:
    """A conversation with its ticket; that it was looked at is kept."""
    ticket = ticket_id(request)
    page = await conversation_page(request, ticket)
    await note_view(request, ticket, request[LOGIN], Deed.VIEW)
    return page


async def _noted(request: web.Request, deed: Deed) -> Panel:
    panel = await load_panel(request, ticket_id(request), request[LOGIN])
    await note_view(request, ticket_id(request), request[LOGIN], deed)
    return panel
