"""The application: every room joined into one aiohttp server, each resource owned by a context."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web
from pydantic import SecretStr

from services.answers.loading import load_knowledge
from services.answers.rendering import Renderer
from services.channels.health import setup_health
from services.channels.openapi import setup_openapi
from services.channels.pages import setup_pages
from services.channels.probe import setup_probe
from services.channels.problems import problems_middleware
from services.channels.twilio.api import open_carrier
from services.channels.twilio.setup import CarrierMaker, setup_twilio
from services.channels.web_chat import setup_web_chat
from services.console import setup_console
from services.console.paths import ticket_path
from services.conversations.appkeys import CORE, INBOX, SETTINGS, WORKER
from services.conversations.background import in_background
from services.conversations.backlog import Backlog
from services.conversations.core import Core
from services.conversations.inbox import Inbox
from services.conversations.live_knowledge import LiveKnowledge
from services.conversations.quiet_hours import QuietHours
from services.conversations.rasa_state import follow_rasa
from services.conversations.relay import Relay
from services.conversations.tidying import Tidying
from services.conversations.wakeups import Wakeups
from services.conversations.worker import TurnWorker
from services.dialogue.client import DialogueClient
from services.edges.patience import MAX_BODY_BYTES
from services.edges.setup import EDGE_MIDDLEWARES, setup_edges
from services.errors import OperatorError
from services.privacy.keyring import load_or_create_keyring
from services.retention.deadlines import Deadlines
from services.settings import Settings
from services.store.database import Database
from services.store.tables import TicketRow
from services.tickets.duty import DutyHours
from services.tickets.messengers import open_messengers
from services.tickets.telling import Telling
from services.triage.classifier import ModelError
from services.triage.judge import Judge
from services.vocabulary import MunicipalityId


@contextlib.asynccontextmanager
async def open_core(settings: Settings, rasa_token: SecretStr) -> AsyncIterator[Core]:
    """Build what every turn needs; closes the database and the client's connections at the end.

    Args:
        settings: The operator's.
        rasa_token: The secret that Rasa was started with.

    Raises:
        OperatorError: the knowledge, the master key or the model can't be used; says what to do.
    """
    keyring = load_or_create_keyring(settings.effective_master_key_file)
    knowledge = load_knowledge(settings.knowledge_dir)
    database = Database.open(settings.effective_database_url)
    relay = Relay(settings.redis_url.get_secret_value()) if settings.redis_url else None
    async with DialogueClient(settings.rasa_urls, rasa_token, settings.rasa_timeout) as dialogue:
        try:
            yield Core(
                database=database,
                keyring=keyring,
                judge=_load_judge(settings),
                routing=knowledge.routing,
                renderer=Renderer(knowledge),
                dialogue=dialogue,
                wakeups=Wakeups(pass_on=relay.send if relay else None),
                relay=relay,
                default_municipality=MunicipalityId(settings.municipality),
                quiet_hours=QuietHours(settings.sms_quiet_from, settings.sms_quiet_until),
                duty=DutyHours(settings.duty_opens, settings.duty_closes),
                backlog=Backlog(settings.most_waiting),
                deletes_on_request=settings.delete_on_request,
            )
        finally:
            await database.close()


def build_application(
    settings: Settings, core: Core, *, carrier: CarrierMaker = open_carrier
) -> web.Application:
    """The server's application: chat, SMS, phone, console, pages and health, on one ``core``.

    Args:
        settings: The operator's.
        core: What every turn needs.
        carrier: Opens what carries text messages.

    Raises:
        TwilioSettingsError: the account for SMS and phone is set in part only.
    """
    middlewares = (problems_middleware, *EDGE_MIDDLEWARES)
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY_BYTES)
    app[SETTINGS] = settings
    setup_edges(app)
    app[CORE] = core
    app[INBOX] = Inbox(core)
    app[WORKER] = TurnWorker(core)
    app.cleanup_ctx.append(_live_knowledge)
    app.cleanup_ctx.append(_rasa_state)
    app.cleanup_ctx.append(_relay)
    app.cleanup_ctx.append(_telling)
    app.cleanup_ctx.append(_retention)
    setup_web_chat(app)
    setup_twilio(app, carrier)
    setup_console(app)
    setup_openapi(app)
    setup_health(app)
    setup_probe(app)
    setup_pages(app)
    # Last, so that it is the first to end: what its last turns say can still leave.
    app.cleanup_ctx.append(_worker)
    return app


def _load_judge(settings: Settings) -> Judge:
    try:
        return Judge.load(settings.knowledge_dir, settings.models_dir)
    except ModelError as error:
        raise OperatorError(str(error)) from error


async def _worker(app: web.Application) -> AsyncIterator[None]:
    async with in_background(app[WORKER].run()):
        yield


async def _rasa_state(app: web.Application) -> AsyncIterator[None]:
    async with in_background(follow_rasa(app[CORE])):
        yield


async def _relay(app: web.Application) -> AsyncIterator[None]:
    core = app[CORE]
    if core.relay is None:
        yield
        return
    async with in_background(core.relay.run(core.wakeups, core.hear)):
        yield


async def _telling(app: web.Application) -> AsyncIterator[None]:
    settings, core = app[SETTINGS], app[CORE]

    def address(ticket: TicketRow) -> str:
        return f"{settings.public_url}{ticket_path(ticket.id)}"

    async with open_messengers(settings) as messengers:
        telling = Telling(core.database, messengers, clock=core.clock, address=address)
        if not messengers:
            yield
            return
        async with in_background(telling.run()):
            yield


async def _retention(app: web.Application) -> AsyncIterator[None]:
    settings, core = app[SETTINGS], app[CORE]
    tidying = Tidying(core, Deadlines.of(settings), settings.backup_key_file)
    async with in_background(tidying.run()):
        yield


async def _live_knowledge(app: web.Application) -> AsyncIterator[None]:
    live = LiveKnowledge(app[CORE], app[SETTINGS].knowledge_dir)
    async with in_background(live.follow()):
        yield
