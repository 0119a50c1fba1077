"""The service with its SMS and phone, on one side, and the stand-in for Twilio on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from services.channels.problems import problems_middleware
from services.channels.twilio.setup import setup_twilio
from services.conversations.appkeys import CORE, INBOX, SETTINGS, WORKER
from services.conversations.core import Core
from services.conversations.inbox import Inbox
from services.conversations.sealing import conversation_key
from services.conversations.timeline import Event, read_timeline
from services.conversations.wakeups import OUTBOX
from services.conversations.worker import TurnWorker
from services.edges.patience import MAX_BODY_BYTES
from services.edges.setup import EDGE_MIDDLEWARES, setup_edges
from services.settings import Settings
from services.store.outbox import find_conversation_by_caller
from services.store.tables import Conversation
from tests.conftest import NOON, ScriptedRasa
from tests.twilio.stand_in import NUMBER, PUBLIC_URL, SID, TOKEN, TwilioStandIn, running_stand_in

CALLER = "+46701740605"
"""From the series that PTS keeps for fiction."""
ACUTE = "han har en pistol och är på väg till skolan nu"
CALM = "Vad är Toleransprojektet?"


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


class Service:
    """The service as a test looks into it."""

    def __init__(self, core: Core, clock: Clock) -> None:
        self.core, self.clock = core, clock

    async def conversation(self, key: str = CALLER) -> Conversation | None:
        async with self.core.database.read() as session:
            return await find_conversation_by_caller(session, *self.core.keyring.lookup_hashes(key))

    async def sees(self, key: str = CALLER) -> list[Event]:
        conversation = await self.conversation(key)
        if conversation is None:
            return []
        sealed = conversation_key(self.core.keyring, conversation)
        async with self.core.database.read() as session:
            return await read_timeline(session, sealed, conversation, after=0)

    def forward(self, by: timedelta) -> None:
        """Let time pass, and the outbox notice."""
        self.clock.forward(by)
        self.core.wakeups.wake(OUTBOX)


async def until(holds: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What a condition gives as soon as it holds."""
    async with asyncio.timeout(seconds):
        while True:
            found = holds()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.01)


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioStandIn]:
    async with running_stand_in() as stand_in:
        stand_in.clock = lambda: NOON
        yield stand_in


@pytest.fixture
def settings(twilio: TwilioStandIn) -> Settings:
    return Settings(
        public_url=PUBLIC_URL,
        twilio_account_sid=SID,
        twilio_auth_token=SecretStr(TOKEN),
        twilio_number=NUMBER,
        twilio_api_url=twilio.url,
    )


@asynccontextmanager
async def running_service(
    core: Core, settings: Settings, twilio: TwilioStandIn, *, clock: Clock | None = None
) -> AsyncIterator[Service]:
    """The service, listening, with its worker and its outbox."""
    clock = clock or Clock()
    core = replace(core, clock=clock)
    middlewares = (problems_middleware, *EDGE_MIDDLEWARES)
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY_BYTES)
    app[SETTINGS], app[CORE], app[INBOX] = settings, core, Inbox(core)
    setup_edges(app)
    app[WORKER] = TurnWorker(core)
    setup_twilio(app)
    worker = asyncio.create_task(app[WORKER].run())
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1)
    twilio.service = str(server.make_url("")).rstrip("/")
    yield Service(core, clock)
    await server.close()
    worker.cancel()
    await asyncio.wait([worker])


@pytest.fixture
async def service(
    core: Core, settings: Settings, twilio: TwilioStandIn, rasa: ScriptedRasa
) -> AsyncIterator[Service]:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    async with running_service(core, settings, twilio) as running:
        yield running
