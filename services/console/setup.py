"""Joins the console to the application, as an application of its own under ``/samordnare``."""

from __future__ import annotations

from collections.abc import Sequence

import aiohttp_jinja2
import jinja2
from aiohttp import web

from services.console.access import RULES, Rule, access_middleware
from services.console.errors import errors_middleware
from services.console.headers import add_headers
from services.console.paths import LOGIN_PATH, PASSWORD_PATH, ROOT_PATH, ticket_path
from services.console.routes import ROUTES
from services.console.sessions import idle_time
from services.console.words import OUTCOMES
from services.conversations.appkeys import SETTINGS
from services.conversations.inbox import MAX_MESSAGE_CHARACTERS


def setup_console(app: web.Application) -> None:
    """Join the console to the application, which holds ``CORE`` and ``SETTINGS``."""
    console = web.Application(middlewares=[errors_middleware, access_middleware])
    console.on_response_prepare.append(add_headers)
    _setup_templates(console, idle_seconds=int(idle_time(app[SETTINGS]).total_seconds()))
    _setup_routes(console, ROUTES)
    app.add_subapp(ROOT_PATH, console)


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
        ticket_path=ticket_path,
        outcomes=OUTCOMES,
        max_characters=MAX_MESSAGE_CHARACTERS,
        idle_seconds=idle_seconds,
    )
