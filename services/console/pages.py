"""The pages, each a plain document that works before script."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID, uuid4

import orjson
from aiohttp import web
from aiohttp_jinja2 import render_template

from services.console.access import LOGIN
from services.console.account_pages import see_other
from services.console.caller_view import caller_view
from services.console.conversation_view import message_view
from services.console.errors import Fault
from services.console.loading import load_messages, load_panel, load_queue
from services.console.paths import STATISTICS_PATH
from services.console.streams import queue_news
from services.conversations.appkeys import CORE
from services.store.tables import Role


async def show_queue(request: web.Request) -> web.StreamResponse:
    """The queue; whoever reads statistics alone is led there."""
    if request[LOGIN].role is Role.STATISTIK:
        return see_other(STATISTICS_PATH)
    return await queue_page(request)


async def queue_page(request: web.Request, fault: Fault | None = None) -> web.StreamResponse:
    """The queue, with what just went wrong above it."""
    login = request[LOGIN]
    view = await load_queue(request, login)
    context = {"queue": view, "login": login, "fault": fault, "known": _json(queue_news(view))}
    return render_template(
        "queue.html", request, context, status=fault.status if fault else HTTPStatus.OK
    )


async def conversation_page(
    request: web.Request, ticket: UUID, *, fault: Fault | None = None, unsent: str = ""
) -> web.StreamResponse:
    """A conversation, with what just went wrong and what was not sent."""
    login, core = request[LOGIN], request.config_dict[CORE]
    now = core.clock()
    panel = await load_panel(request, ticket, login)
    messages = await load_messages(request, panel.conversation, after=0)
    queue = await load_queue(request, login)
    context = {
        "panel": panel,
        "caller": caller_view(core.presence, panel.conversation, panel.standing, now),
        "messages": [message_view(message, now, revealed=panel.revealed) for message in messages],
        "position": messages[-1].position if messages else 0,
        "queue": queue,
        "known": _json(queue_news(queue)),
        "login": login,
        "fault": fault,
        "unsent": unsent,
        "client_id": uuid4().hex,
    }
    return render_template(
        "conversation.html", request, context, status=fault.status if fault else HTTPStatus.OK
    )


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
