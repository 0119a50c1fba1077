"""The whole application on a real database, coordinators who log in, and tickets that wait."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientResponse, ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher

from services.application import build_application
from services.audit.verification import verify_audit
from services.console.accounts import create_coordinator, login_of
from services.conversations.core import Core
from services.conversations.inbox import Inbox, IncomingMessage
from services.conversations.sealing import conversation_key
from services.conversations.timeline import Event, read_timeline
from services.conversations.wakeups import QUEUE
from services.settings import Settings
from services.store.audit import list_latest_audit_records
from services.store.conversations import get_conversation
from services.store.coordinators import find_coordinator_by_login
from services.store.tables import Conversation, Role, TicketRow
from services.store.tickets import get_ticket
from services.tickets.queue import open_ticket
from services.tickets.reference import new_reference
from services.tickets.ticket import make_ticket
from services.triage.judgement import Judgement, Reason
from services.vocabulary import Channel, MunicipalityId, Urgency
from tests.conftest import NOON

PASSWORD = "korrekt häst batteri häftklammer"
SLOTS = {
    "relation": "moster",
    "aldersband": "<18",
    "iakttagelse": "Han säger konstiga saker och visar märken på tröjan.",
    "nar": "i tisdags",
    "varfor_nu": "Han slutade gå till skolan.",
    "onskad_hjalp": "någon att prata med",
    "aterkontakt": "den här chatten",
    "samtycke": True,
}


@functools.cache
def hash_of_password() -> str:
    return PasswordHasher().hash(PASSWORD)


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def go(self, **length: float) -> None:
        self.now += timedelta(**length)


@dataclass
class Console:
    """The running application."""

    app: web.Application
    server: TestServer
    core: Core
    clock: Clock
    visitors: list[Visitor] = field(default_factory=list)

    async def account(self, name: str, role: Role = Role.SAMORDNARE) -> str:
        """Make an account; give its one-time password."""
        async with self.core.database.begin() as session:
            return await create_coordinator(session, name, self.clock(), role=role)

    def visitor(self) -> Visitor:
        """Somebody with a browser of their own."""
        jar = CookieJar(unsafe=True)  # the test server's host is an address
        visitor = Visitor(ClientSession(self.server.make_url("/"), cookie_jar=jar))
        self.visitors.append(visitor)
        return visitor

    async def coordinator(self, name: str = "Anna Berg", role: Role = Role.SAMORDNARE) -> Visitor:
        """A coordinator who is logged in with a password of their own."""
        await self.settled_account(name, role)
        visitor = self.visitor()
        assert (await visitor.log_in(name, PASSWORD)).status == 303
        return visitor

    async def settled_account(self, name: str, role: Role = Role.SAMORDNARE) -> None:
        """Make an account whose password is ``PASSWORD``, and not to be changed."""
        await self.account(name, role)
        async with self.core.database.begin() as session:
            row = await find_coordinator_by_login(session, login_of(name))
            assert row is not None
            row.password_hash, row.must_change_password = hash_of_password(), False

    async def caller(self) -> Caller:
        """Somebody who writes in the chat."""
        opened = await Inbox(self.core).open_conversation(Channel.WEB, MunicipalityId("goteborg"))
        return Caller(self, *opened)

    async def ticket(self, urgency: Urgency = Urgency.ORO, **slots: Any) -> UUID:
        """A ticket that waits; gives its id."""
        return await (await self.caller()).ask_for_human(urgency, **slots)

    async def deeds(self) -> list[tuple[str, str, str | None]]:
        """What the audit log holds, in order; it is verified on the way."""
        async with self.core.database.read() as session:
            await verify_audit(session, self.core.keyring)
            rows = await list_latest_audit_records(session, limit=1000)
        return [(row.actor, row.deed, row.about) for row in reversed(rows)]

    def cut_connections(self) -> None:
        """Break every open connection, as a network does."""
        running = self.server.runner
        assert running is not None
        assert running.server is not None
        for connection in list(running.server.connections):
            connection.force_close()

    async def row(self, ticket: UUID) -> TicketRow:
        """A ticket as it is stored."""
        async with self.core.database.read() as session:
            row = await get_ticket(session, ticket)
        assert row is not None
        return row


@dataclass
class Caller:
    """Somebody who writes in the chat."""

    console: Console
    id: UUID
    secret: str

    async def ask_for_human(self, urgency: Urgency = Urgency.ORO, **slots: Any) -> UUID:
        core = self.console.core
        judgement = Judgement(
            urgency=urgency,
            why=(Reason(by="safety_net", what="vapen_och_avsikt", score=0.95),),
            model="test",
        )
        ticket = make_ticket(
            reference=new_reference(),
            conversation=str(self.id),
            channel=Channel.WEB,
            municipality=MunicipalityId("goteborg"),
            urgency=urgency,
            judgement=judgement,
            slots=slots or SLOTS,
            at=core.clock(),
            knowledge_version=core.renderer.knowledge.version,
        )
        async with core.database.begin() as session:
            conversation = await get_conversation(session, self.id)
            assert conversation is not None
            key = conversation_key(core.keyring, conversation)
            row = await open_ticket(session, conversation, key, ticket)
        core.wakeups.wake(QUEUE)
        return row.id

    async def write(self, text: str) -> None:
        message = IncomingMessage(uuid4().hex, text)
        inbox = Inbox(self.console.core)
        await inbox.receive(self.id, self.secret, message, channel=Channel.WEB)

    async def conversation(self) -> Conversation:
        async with self.console.core.database.read() as session:
            row = await get_conversation(session, self.id)
        assert row is not None
        return row

    async def sees(self) -> list[Event]:
        row, core = await self.conversation(), self.console.core
        async with core.database.read() as session:
            key = conversation_key(core.keyring, row)
            return await read_timeline(session, key, row, after=0)


@dataclass
class Visitor:
    """Somebody at a browser: follows no redirect by itself, and sends forms as the pages do."""

    session: ClientSession
    csrf: str = ""

    async def get(self, path: str, **options: Any) -> ClientResponse:
        response = await self.session.get(path, allow_redirects=False, **options)
        if response.content_type == "text/html":
            found = re.search(r'name="csrf" value="([^"]+)"', await response.text())
            self.csrf = found[1] if found else self.csrf
        return response

    async def read(self, path: str) -> str:
        """A page's text as it is read."""
        response = await self.get(path)
        assert response.status == 200
        return html.unescape(await response.text())

    async def log_in(self, name: str, password: str) -> ClientResponse:
        response = await self.session.post(
            "/samordnare/logga-in",
            data={"name": name, "password": password},
            allow_redirects=False,
        )
        if response.status == 303:
            await self.get("/samordnare/losenord")
        return response

    async def send(self, path: str, **fields: str) -> ClientResponse:
        """Send a form with the page's token."""
        response = await self.session.post(
            path, data={"csrf": self.csrf, **fields}, allow_redirects=False
        )
        if path.endswith("/losenord") and response.status == 303:
            await self.get("/samordnare/losenord")
        return response

    async def say(self, ticket: UUID, text: str, *, client_id: str = "") -> ClientResponse:
        """Write to the caller, as the page's script does."""
        return await self.session.post(
            f"/samordnare/api/tickets/{ticket}/messages",
            json={"id": client_id or uuid4().hex, "text": text},
            headers={"X-CSRF-Token": self.csrf},
        )

    async def take(self, ticket: UUID) -> ClientResponse:
        return await self.send(f"/samordnare/arende/{ticket}/ta-over")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    # The code app has tests of its own; the others log in with the password alone.
    return Settings(_env_file=None, state_dir=tmp_path, coordinator_totp_required=False)


@pytest.fixture
async def console(core: Core, settings: Settings) -> AsyncIterator[Console]:
    clock = Clock()
    timed = replace(core, clock=clock)
    server = TestServer(build_application(settings, timed))
    await server.start_server(shutdown_timeout=0.1)
    assert server.app is not None
    running = Console(server.app, server, timed, clock)
    yield running
    for visitor in running.visitors:
        await visitor.session.close()
    await server.close()
