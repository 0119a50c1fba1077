"""The pages, each a plain document that works before script."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from uuid import UUID, uuid4

import orjson
from aiohttp import web
from aiohttp_jinja2 import render_template

from services.console.access import LOGIN, find_caller
from services.console.conversation_view import message_view
from services.console.errors import Fault
from services.console.forms import read_form, ticket_id
from services.console.loading import load_messages, load_panel, load_queue
from services.console.login import (
    LoginRefusedError,
    WrongPasswordError,
    change_password,
    log_in,
)
from services.console.passwords import MIN_CHARACTERS, PasswordRuleError
from services.console.paths import LOGIN_PATH, ROOT_PATH
from services.console.sessions import delete_cookie, idle_time, set_cookie
from services.console.streams import queue_news
from services.conversations.appkeys import CORE, SETTINGS
from services.store.coordinators import delete_console_session

_REFUSED: Final = (
    "Inloggningen gick inte. Kontrollera namn och lösenord. "
    "Efter flera misslyckade försök behöver du vänta några minuter."
)
_WRONG_PASSWORD: Final = "Det nuvarande lösenordet stämmer inte."  # noqa: S105 - a sentence
_NOT_ALIKE: Final = "De två nya lösenorden är inte lika."


async def show_login(request: web.Request) -> web.StreamResponse:
    """The form to log in with."""
    if await find_caller(request) is not None:
        raise web.HTTPSeeOther(ROOT_PATH)
    ended = "avslutad" in request.query
    return render_template("login.html", request, {"name": "", "fault": None, "ended": ended})


async def log_in_coordinator(request: web.Request) -> web.StreamResponse:
    """Begin a session and show the queue, or say that it went wrong, never why."""
    core, settings = request.config_dict[CORE], request.config_dict[SETTINGS]
    form = await read_form(request)
    name = form.get("name", "")
    try:
        token = await log_in(
            core.database, name, form.get("password", ""), core.clock(), idle_time(settings)
        )
    except LoginRefusedError:
        context = {"name": name, "fault": _REFUSED, "ended": False}
        return render_template(
            "login.html", request, context, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    response = see_other(ROOT_PATH)
    set_cookie(response, token, settings)
    return response


async def log_out(request: web.Request) -> web.StreamResponse:
    """End the session."""
    async with request.config_dict[CORE].database.begin() as session:
        await delete_console_session(session, request[LOGIN].token_hash)
    response = see_other(LOGIN_PATH)
    delete_cookie(response, request.config_dict[SETTINGS])
    return response


async def show_password(request: web.Request) -> web.StreamResponse:
    """The form to change the password with."""
    return _password_page(request, None)


async def change_own_password(request: web.Request) -> web.StreamResponse:
    """Change the password and go on to the queue, under a new session."""
    core = request.config_dict[CORE]
    form = await read_form(request)
    new = form.get("new", "")
    if new != form.get("repeated", ""):
        return _password_page(request, _NOT_ALIKE)
    try:
        token = await change_password(
            core.database, request[LOGIN], form.get("current", ""), new, core.clock()
        )
    except WrongPasswordError:
        return _password_page(request, _WRONG_PASSWORD)
    except PasswordRuleError as error:
        return _password_page(request, str(error))
    response = see_other(ROOT_PATH)
    set_cookie(response, token, request.config_dict[SETTINGS])
    return response


async def show_queue(request: web.Request) -> web.StreamResponse:
    """The queue."""
    return await queue_page(request)


async def queue_page(request: web.Request, fault: Fault | None = None) -> web.StreamResponse:
    """The queue, with what just went wrong above it."""
    login = request[LOGIN]
    view = await load_queue(request, login)
    context = {"queue": view, "login": login, "fault": fault, "known": _json(queue_news(view))}
    return render_template(
        "queue.html", request, context, status=fault.status if fault else HTTPStatus.OK
    )


async def show_conversation(request: web.Request) -> web.StreamResponse:
    """A conversation with its ticket."""
    return await conversation_page(request, ticket_id(request))


async def conversation_page(
    request: web.Request, ticket: UUID, *, fault: Fault | None = None, unsent: str = ""
) -> web.StreamResponse:
    """A conversation, with what just went wrong and what was not sent."""
    login, now = request[LOGIN], request.config_dict[CORE].clock()
    panel = await load_panel(request, ticket, login)
    messages = await load_messages(request, panel.conversation, after=0)
    queue = await load_queue(request, login)
    context = {
        "panel": panel,
        "messages": [message_view(message, now) for message in messages],
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


def see_other(path: str) -> web.Response:
    """Answer a form with another page, so that a reload sends nothing again."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path})


def _password_page(request: web.Request, fault: str | None) -> web.StreamResponse:
    context = {"login": request[LOGIN], "fault": fault, "min_characters": MIN_CHARACTERS}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
    return render_template("password.html", request, context, status=status)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
