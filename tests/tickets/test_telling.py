"""Coordinators away from the console are told that a ticket waits, surely and without content."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from services.conversations.core import Core
from services.conversations.handover import tell_coordinators
from services.conversations.inbox import Inbox
from services.settings import Settings
from services.store.conversations import get_conversation
from services.store.tables import TicketNotice, TicketRow, TicketState
from services.tickets.errors import NoticeSettingsError
from services.tickets.messengers import Email, Webhook, open_messengers
from services.tickets.notices import Messenger, next_attempt
from services.tickets.telling import Telling
from services.vocabulary import Channel, MunicipalityId, Urgency
from tests.conftest import NOON

SECRET = "a secret for the webhook"


@dataclass
class Receiver:
    """A coordinator's own system: takes webhooks, or fails as a test plans."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_post("/hook", found.take)
    async with TestServer(app) as server:
        found.url = str(server.make_url("/hook"))
        yield found


@pytest.fixture
async def webhook(receiver: Receiver) -> AsyncIterator[Webhook]:
    async with ClientSession() as session:
        yield Webhook(session, receiver.url, SECRET)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self):
        return self.now


def telling(core: Core, clock: Clock, **messengers: Messenger) -> Telling:
    return Telling(
        core.database, messengers, clock=clock, address=lambda ticket: f"https://x/{ticket.id}"
    )


async def a_ticket(core: Core) -> TicketRow:
    conversation_id, _ = await Inbox(core).open_conversation(
        Channel.WEB, MunicipalityId("goteborg")
    )
    async with core.database.begin() as session:
        conversation = await get_conversation(session, conversation_id)
        assert conversation is not None
        return await tell_coordinators(core, session, conversation, call_back="ring i kväll")


async def test_a_waiting_ticket_is_told_of_once(
    core: Core, webhook: Webhook, receiver: Receiver
) -> None:
    ticket = await a_ticket(core)
    queue = telling(core, Clock(), webhook=webhook)
    await queue.sweep()
    await queue.sweep()
    ((headers, body),) = receiver.got
    told = json.loads(body)
    assert told["reference"] == ticket.reference
    assert told["address"] == f"https://x/{ticket.id}"
    assert "kväll" not in body.decode()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()


async def test_a_ticket_that_rises_is_told_of_again(
    core: Core, webhook: Webhook, receiver: Receiver
) -> None:
    ticket = await a_ticket(core)
    queue = telling(core, Clock(), webhook=webhook)
    await queue.sweep()
    async with core.database.begin() as session:
        row = await session.get(TicketRow, ticket.id)
        assert row is not None
        row.urgency = Urgency.AKUT
    await queue.sweep()
    assert [json.loads(body)["urgency"] for _, body in receiver.got][-1] == "akut"
    assert len(receiver.got) == 2


async def test_a_failed_notice_is_tried_again_under_the_same_id(
    core: Core, webhook: Webhook, receiver: Receiver
) -> None:
    await a_ticket(core)
    receiver.statuses = [500, 302, 204]
    clock = Clock()
    for _ in range(3):
        await telling(core, clock, webhook=webhook).sweep()
        clock.now += timedelta(minutes=1)
    await telling(core, clock, webhook=webhook).sweep()
    assert len(receiver.got) == 3
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


async def test_a_sender_that_was_killed_in_the_middle_is_taken_over(
    core: Core, webhook: Webhook, receiver: Receiver
) -> None:
    class Killed:
        async def tell(self, notice, at):
            raise asyncio.CancelledError

    await a_ticket(core)
    clock = Clock()
    with pytest.raises(asyncio.CancelledError):
        await telling(core, clock, webhook=Killed()).sweep()
    await telling(core, clock, webhook=webhook).sweep()
    assert receiver.got == []
    clock.now += timedelta(minutes=3)
    await telling(core, clock, webhook=webhook).sweep()
    assert len(receiver.got) == 1


async def test_two_senders_at_once_tell_once(
    core: Core, webhook: Webhook, receiver: Receiver
) -> None:
    await a_ticket(core)
    clock = Clock()
    await telling(core, clock).sweep()
    async with core.database.begin() as session:
        ticket = await session.scalar(select(TicketRow))
        assert ticket is not None
        session.add(
            TicketNotice(
                id=uuid4(), ticket_id=ticket.id, way="webhook", urgency=ticket.urgency,
                created_at=NOON, due_at=NOON,
            )
        )  # fmt: skip
    queues = [telling(core, clock, webhook=webhook) for _ in range(4)]
    await asyncio.gather(*(queue.sweep() for queue in queues))
    assert len(receiver.got) == 1


async def test_a_claimed_ticket_is_not_told_of(
    core: Core, webhook: Webhook, receiver: Receiver
) -> None:
    ticket = await a_ticket(core)
    async with core.database.begin() as session:
        row = await session.get(TicketRow, ticket.id)
        assert row is not None
        row.state = TicketState.CLAIMED
    await telling(core, Clock(), webhook=webhook).sweep()
    assert receiver.got == []


def test_a_notice_is_given_up_after_a_day() -> None:
    assert next_attempt(1, NOON, NOON) == NOON + timedelta(seconds=5)
    assert next_attempt(99, NOON, NOON + timedelta(hours=23)) == NOON + timedelta(hours=24)
    assert next_attempt(99, NOON, NOON + timedelta(hours=25)) is None


async def test_the_email_says_where_to_read_and_nothing_else(core: Core) -> None:
    letters: list[str] = []
    server = await asyncio.start_server(_mail_server(letters), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    email = Email(f"smtp://127.0.0.1:{port}", sender="lotsen@x.example", to="jour@x.example")
    ticket = await a_ticket(core)
    await telling(core, Clock(), email=email).sweep()
    server.close()
    (letter,) = letters
    assert ticket.reference in letter
    assert f"https://x/{ticket.id}" in letter
    assert "jour@x.example" in letter
    assert "ring" not in letter


async def test_a_mail_server_that_is_away_leaves_the_notice_for_later(core: Core) -> None:
    email = Email("smtp://127.0.0.1:9", sender="lotsen@x.example", to="jour@x.example")
    await a_ticket(core)
    await telling(core, Clock(), email=email).sweep()
    async with core.database.read() as session:
        notice = await session.scalar(select(TicketNotice))
    assert notice is not None
    assert notice.told_at is None
    assert notice.due_at == NOON + timedelta(seconds=5)


@pytest.mark.parametrize(
    "half", [{"ticket_webhook_url": "https://x.example"}, {"smtp_url": "smtp://x.example"}]
)
async def test_half_a_setting_is_refused(half: dict[str, str]) -> None:
    with pytest.raises(NoticeSettingsError):
        async with open_messengers(Settings(**half)):
            pass


def _mail_server(letters: list[str]):
    """As much of RFC 5321 as smtplib asks for."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                letters.append((await reader.readuntil(b"\r\n.\r\n")).decode())
            writer.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")
        writer.close()

    return serve
