"""Two services and two Rasas on one PostgreSQL and one Redis serve the same conversations.

One of each is killed under load. Callers do as the chat page does: what was not acknowledged is
sent again under the same id, to whoever answers.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from services.cli.processes import action_server, rasas, service
from services.cli.running import free_port
from services.cli.supervisor import Supervisor
from services.cli.training import train_rasa, train_urgency
from services.conversations.worker import LEASE, SWEEP_SECONDS
from services.settings import Settings
from services.store.database import Database
from services.store.tables import Inbound, InboundState, Outbound
from tests.databases import Databases
from tests.servers import RedisServer

pytestmark = [
    pytest.mark.timeout(420),
    pytest.mark.parametrize("databases", ["postgresql"], indirect=True),
]

CALLERS, MESSAGES = 16, 6
TAKEN_OVER_WITHIN = LEASE.total_seconds() + 5 * SWEEP_SECONDS
QUESTIONS = (
    "Vad är Toleransprojektet?",
    "Vad menas med våldsbejakande extremism?",
    "Vilka är de tre miljöerna?",
    "Är det olagligt att vara radikal?",
    "Vad gör polisen?",
    "Vad är en lokal handlingsplan?",
)


@dataclass
class Installation:
    """The running processes."""

    urls: list[str]
    supervisor: Supervisor
    database: Database

    def kill(self, name: str) -> None:
        os.kill(self.supervisor.pid_of(name), signal.SIGKILL)


@dataclass
class Caller:
    """Somebody in the chat. The page is open at one service, and writes to either."""

    http: aiohttp.ClientSession
    installation: Installation
    bearer: dict[str, str]
    heard: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)

    async def listen(self) -> None:
        """Hear replies, and connect anew when the connection is lost, as the page does."""
        last = "0"
        for url in itertools.cycle(self.installation.urls):
            headers = {**self.bearer, "Last-Event-ID": last}
            try:
                async with self.http.get(f"{url}/api/chat/events", headers=headers) as stream:
                    async for line in stream.content:
                        if line.startswith(b"id: "):
                            last = line.removeprefix(b"id: ").decode().strip()
                        elif line.startswith(b'data: {"position"'):
                            event = json.loads(line.removeprefix(b"data: "))
                            if event["author"] == "bot":
                                self.heard.put_nowait(event)
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)

    async def ask(self, number: int, text: str) -> None:
        """Send a message until it is acknowledged."""
        body = {"id": str(number), "text": text}
        for url in itertools.cycle(self.installation.urls[:: 1 if number % 2 else -1]):
            try:
                async with self.http.post(
                    f"{url}/api/chat/messages", json=body, headers=self.bearer
                ) as response:
                    if response.status == 202:
                        return
                    assert response.status == 503
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)


def first_of_two_free_ports() -> int:
    while True:
        first = free_port()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", first + 1)) != 0:
                return first


@asynccontextmanager
async def running(
    databases: Databases, redis: RedisServer, folder: Path
) -> AsyncIterator[Installation]:
    token = SecretStr("a token for two of each")
    first = first_of_two_free_ports()
    settings = Settings(
        rasa_port=first, rasa_workers=2, actions_port=free_port(), state_dir=folder / "state"
    )
    train_urgency(settings, lambda share: None)
    model = train_rasa(settings, lambda step: None)
    with databases.empty() as url:
        ports = [free_port(), free_port()]
        told = {
            "DATABASE_URL": url,
            "REDIS_URL": redis.url,
            "RASA_PORT": str(first),
            "RASA_WORKERS": "2",
            "STATE_DIR": str(settings.state_dir),
            "METRICS_PORT": "0",
            # The callers ask again at once while a database is away, all from one address.
            **dict.fromkeys(("LIMIT_CALLER", "LIMIT_ADDRESS"), "100000/minute"),
        }
        services = [
            replace(
                service(settings.model_copy(update={"port": port}), token),
                name=f"Tjänsten {number}",
                environment=os.environ
                | told
                | {"PORT": str(port), "RASA_TOKEN": token.get_secret_value()},
            )
            for number, port in enumerate(ports, start=1)
        ]
        supervisor = Supervisor(
            (action_server(settings, token), *rasas(settings, token, model), *services),
            lambda line: None,
        )
        await supervisor.start()
        database = Database.open(url)
        try:
            urls = [f"http://127.0.0.1:{port}" for port in ports]
            yield Installation(urls, supervisor, database)
        finally:
            await database.close()
            await supervisor.stop()


@asynccontextmanager
async def caller(installation: Installation, http: aiohttp.ClientSession) -> AsyncIterator[Caller]:
    async with http.post(f"{installation.urls[0]}/api/chat/conversations") as response:
        opened = await response.json()
    bearer = {"Authorization": f"Bearer {opened['conversation']}.{opened['secret']}"}
    one = Caller(http, installation, bearer)
    listening = asyncio.create_task(one.listen())
    yield one
    listening.cancel()
    await asyncio.wait([listening])


async def test_with_one_of_each_killed_under_load_every_message_gets_exactly_one_reply(
    databases: Databases, redis: RedisServer, tmp_path: Path
) -> None:
    answered = itertools.count(1)
    under_load = asyncio.Event()

    async def talk(one: Caller) -> None:
        for number in range(MESSAGES):
            await one.ask(number, QUESTIONS[number])
            await asyncio.wait_for(one.heard.get(), TAKEN_OVER_WITHIN)
            if next(answered) >= CALLERS * MESSAGES // 3:
                under_load.set()

    async def talk_from_the_start(installation: Installation, http: aiohttp.ClientSession) -> int:
        async with caller(installation, http) as one:
            await talk(one)
            return one.heard.qsize()

    forever = aiohttp.ClientTimeout(total=None, sock_read=60)
    async with (
        running(databases, redis, tmp_path) as installation,
        aiohttp.ClientSession(timeout=forever, connector=aiohttp.TCPConnector(limit=0)) as http,
    ):
        async with asyncio.TaskGroup() as group:
            talks = [
                group.create_task(talk_from_the_start(installation, http)) for _ in range(CALLERS)
            ]
            await under_load.wait()
            installation.kill("Tjänsten 1")
            installation.kill("Rasa")
        assert [talk.result() for talk in talks] == [0] * CALLERS, "a message got two replies"
        async with installation.database.read() as session:
            states = await session.execute(
                select(Inbound.state, func.count()).group_by(Inbound.state)
            )
            by_state = dict(states.all())
            replies = await session.scalar(select(func.count(Outbound.in_reply_to)))
    assert by_state == {InboundState.ANSWERED: CALLERS * MESSAGES}
    assert replies == CALLERS * MESSAGES
