"""Joins the console to the application, as an application of its own under ``/samordnare``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Final

import aiohttp_jinja2
import jinja2
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from services.console.access import ROLES, RULES, Access, Rule, access_middleware
from services.console.errors import errors_middleware
from services.console.headers import add_headers
from services.console.paths import (
    AUDIT_PATH,
    CORRECTIONS_PATH,
    LOGIN_PATH,
    PASSWORD_PATH,
    ROOT_PATH,
    SEARCH_PATH,
    SIGN_IN_PATH,
    STATISTICS_PATH,
    ticket_path,
)
from services.console.routes import ROUTES
from services.console.sessions import idle_time
from services.console.words import DELETION_REASONS, OUTCOMES, URGENCIES
from services.conversations import ownership
from services.conversations.appkeys import CORE, SETTINGS
from services.conversations.background import in_background
from services.conversations.inbox import MAX_MESSAGE_CHARACTERS
from services.tickets.clocks import Clocks

_LOOK_SECONDS: Final = 5.0


def setup_console(app: web.Application) -> None:
    """Join the console to the application, which holds ``CORE`` and ``SETTINGS``."""
    console = web.Application(middlewares=[errors_middleware, access_middleware])
    console[CORE], console[SETTINGS] = app[CORE], app[SETTINGS]
    console.on_response_prepare.append(add_headers)
    _setup_templates(console, idle_seconds=int(idle_time(app[SETTINGS]).total_seconds()))
    _setup_routes(console, ROUTES)
    console.cleanup_ctx.append(_return_unanswered)
    app.add_subapp(ROOT_PATH, console)


async def _return_unanswered(console: web.Application) -> AsyncIterator[None]:
    """Look every few seconds for what was taken and not answered in time."""
    core, clocks = console[CORE], Clocks(console[SETTINGS])

    async def look() -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            with contextlib.suppress(SQLAlchemyError, OSError):
                await ownership.return_unanswered(core, clocks)

    async with in_background(look()):
        yield


def _setup_routes(console: web.Application, rules: Sequence[Rule]) -> None:
    console[RULES] = {
        console.router.add_route(rule.method, rule.path, rule.view): rule for rule in rules
    }


def _setup_templates(console: web.Application, *, idle_seconds: int) -> None:
    environment = aiohttp_jinja2.setup(
        console,
        loader=jinja2.PackageLoader("services.console"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        root=ROOT_PATH,
        login_path=LOGIN_PATH,
        password_path=PASSWORD_PATH,
        sign_in_path=SIGN_IN_PATH,
        ticket_path=ticket_path,
        outcomes=OUTCOMES,
        deletion_reasons=DELETION_REASONS,
        may_delete=ROLES[Access.LEAD].__contains__,
        urgencies=URGENCIES,
        search_path=SEARCH_PATH,
        statistics_path=STATISTICS_PATH,
        audit_path=AUDIT_PATH,
        corrections_path=CORRECTIONS_PATH,
        max_characters=MAX_MESSAGE_CHARACTERS,
        rasa_away=lambda: not console[CORE].rasa_answers,
        idle_seconds=idle_seconds,
    )
