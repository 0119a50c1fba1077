"""Rasa, the action server and the service as real processes, with a clock that a script sets."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import orjson
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.answers.reply import Reply
from services.cli.processes import action_server, rasa, service
from services.cli.running import free_port
from services.cli.supervisor import Supervisor
from services.cli.training import train_rasa, train_urgency
from services.conversations.sealing import conversation_key, open_outbound, state_row
from services.privacy.keyring import Keyring, load_or_create_keyring
from services.settings import ROOT, Settings
from services.store.database import Database
from services.store.outbox import find_conversation_by_caller
from services.store.tables import (
    Conversation,
    Inbound,
    InboundState,
    Outbound,
    OutboundState,
    TicketRow,
)
from services.tickets.sealing import unseal_ticket
from services.tickets.ticket import Ticket
from services.vocabulary import Urgency
from tests.twilio.stand_in import NUMBER, PUBLIC_URL, SID, TwilioStandIn, running_stand_in
from tests.twilio.stand_in import TOKEN as TWILIO_TOKEN

TOKEN = SecretStr("a token for scripts")
_SENT_SECONDS = 30.0


@dataclass
class Stack:
    """The running processes, and a look into what they store."""

    http: aiohttp.ClientSession
    twilio: TwilioStandIn
    clock: Path
    database: Database
    keyring: Keyring

    def set_time(self, at: datetime) -> None:
        """Let it be some time, for the service and for Twilio."""
        written = self.clock.with_suffix(".new")
        written.write_text(at.isoformat())
        written.rename(self.clock)
        self.twilio.clock = lambda: at

    def pass_hours(self, hours: float) -> None:
        now = datetime.fromisoformat(self.clock.read_text())
        self.set_time(now + timedelta(hours=hours))

    async def conversation_of(self, key: str) -> UUID:
        """The conversation of a number or a call."""
        async with self.database.read() as session:
            found = await find_conversation_by_caller(session, *self.keyring.lookup_hashes(key))
        assert found is not None
        return found.id

    async def wait_until_sent(self, conversation: UUID, *, client_id: str) -> None:
        """Wait until a message is answered and nothing is left to send."""
        async with asyncio.timeout(_SENT_SECONDS):
            while not await self._is_sent(conversation, client_id):  # noqa: ASYNC110 - other process
                await asyncio.sleep(0.02)

    async def _is_sent(self, conversation: UUID, client_id: str) -> bool:
        async with self.database.read() as session:
            inbound = await session.scalar(
                select(Inbound).where(
                    Inbound.conversation_id == conversation, Inbound.client_id == client_id
                )
            )
            waiting = await session.scalar(
                select(func.count()).where(
                    Outbound.conversation_id == conversation,
                    Outbound.state.in_((OutboundState.READY, OutboundState.SENDING)),
                )
            )
        return inbound is not None and inbound.state is not InboundState.WAITING and not waiting

    async def last_urgency(self, conversation: UUID) -> Urgency | None:
        """How urgent the caller's last message was."""
        async with self.database.read() as session:
            return (await _last(session, Inbound, conversation)).urgency

    async def last_reply(self, conversation: UUID) -> Reply:
        """The assistant's last reply, before it took the channel's form."""
        async with self.database.read() as session:
            found = await session.get(Conversation, conversation)
            assert found is not None
            inbound = await _last(session, Inbound, conversation)
            outbound = await session.scalar(
                select(Outbound).where(Outbound.in_reply_to == inbound.id)
            )
        assert outbound is not None, "no reply to the last message"
        reply = open_outbound(conversation_key(self.keyring, found), outbound)
        assert isinstance(reply, Reply)
        return reply

    async def slots(self, conversation: UUID) -> dict[str, Any]:
        """What the dialogue knows."""
        async with self.database.read() as session:
            found = await session.get(Conversation, conversation)
        assert found is not None
        if found.dialogue_state_sealed is None:
            return {}
        key = conversation_key(self.keyring, found)
        state = orjson.loads(key.open(found.dialogue_state_sealed, row=state_row(found.id)))
        slots: dict[str, Any] = (state["dialogue"] or {}).get("slots", {})
        return slots

    async def tickets(self, conversation: UUID) -> Sequence[Ticket]:
        """The conversation's tickets."""
        async with self.database.read() as session:
            found = await session.get(Conversation, conversation)
            assert found is not None
            rows = await session.scalars(
                select(TicketRow).where(TicketRow.conversation_id == conversation)
            )
            key = conversation_key(self.keyring, found)
            return [unseal_ticket(key, row) for row in rows]


async def _last(session: AsyncSession, table: Any, conversation: UUID) -> Any:
    return await session.scalar(
        select(table)
        .where(table.conversation_id == conversation)
        .order_by(table.position.desc())
        .limit(1)
    )


@asynccontextmanager
async def running_stack(folder: Path, at: datetime) -> AsyncIterator[Stack]:
    """Start everything; stop it at the end."""
    port = free_port()
    clock = folder / "clock.txt"
    clock.write_text(at.isoformat())
    settings = Settings(
        port=port, rasa_port=free_port(), actions_port=free_port(), state_dir=folder / "state"
    )
    train_urgency(settings, lambda share: None)
    model = train_rasa(settings, lambda step: None)
    async with running_stand_in() as twilio:
        told = {
            "PORT": str(port),
            "RASA_PORT": str(settings.rasa_port),
            "PUBLIC_URL": PUBLIC_URL,
            "STATE_DIR": str(settings.state_dir),
            "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": TWILIO_TOKEN,
            "TWILIO_NUMBER": NUMBER,
            "TWILIO_API_URL": twilio.url,
            "RASA_TOKEN": TOKEN.get_secret_value(),
            # One machine plays all the callers, and one phone number all the calls.
            **dict.fromkeys(("LIMIT_OPENINGS", "LIMIT_ADDRESS", "LIMIT_CALLS"), "10000/minute"),
        }
        timed = replace(
            service(settings, TOKEN),
            command=(sys.executable, "-m", "tests.conversations.serve_by_clock", str(clock)),
            environment=os.environ | told,
            directory=ROOT,
        )
        children = (action_server(settings, TOKEN), rasa(settings, TOKEN, model), timed)
        supervisor = Supervisor(children, lambda line: None)
        await supervisor.start()
        twilio.service = f"http://127.0.0.1:{port}"
        database = Database.open(settings.effective_database_url)
        try:
            async with aiohttp.ClientSession(twilio.service) as http:
                keyring = load_or_create_keyring(settings.effective_master_key_file)
                yield Stack(http, twilio, clock, database, keyring)
        finally:
            await database.close()
            await supervisor.stop()
