"""A service that is told to stop finishes what is in work and leaves the rest to the next start."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from services.cli.processes import answers
from services.cli.running import free_port
from services.conversations.worker import DRAIN_SECONDS
from services.settings import ROOT
from services.store.database import Database
from services.store.messages import list_inbound_after
from services.store.tables import Conversation, Inbound, InboundState
from tests.conftest import TOKEN, ScriptedRasa

CALM = "Vad är Toleransprojektet?"


class Service:
    """A real service, with a Rasa that a test holds."""

    def __init__(self, folder: Path, rasa: ScriptedRasa) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._told = {
            "PORT": str(self.port),
            "RASA_PORT": str(rasa.port),
            "STATE_DIR": str(folder),
            "METRICS_PORT": "0",
            "RASA_TOKEN": TOKEN.get_secret_value(),
            "RASA_TIMEOUT": "60",
        }

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services", "serve", env=os.environ | self._told, cwd=ROOT
        )
        try:
            await until(answers(f"{self.url}/health/live"), within=60)
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def inbox(self) -> list[Inbound]:
        database = Database.open(f"sqlite+aiosqlite:///{self.folder}/oroslotsen.db")
        try:
            async with database.read() as session:
                conversation = (await session.scalars(select(Conversation.id))).one()
                return await list_inbound_after(session, conversation, 0)
        finally:
            await database.close()


async def until(condition: Callable[[], Awaitable[bool]], *, within: float) -> None:
    async with asyncio.timeout(within):
        while not await condition():  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.1)


@pytest.mark.usefixtures("models_dir")
async def test_a_service_told_to_stop_finishes_its_turns_and_the_next_start_takes_the_rest(
    tmp_path: Path, rasa: ScriptedRasa
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_request: dict[str, Any]) -> None:
        asked.set()
        await go_on.wait()

    rasa.answer, rasa.before = lambda request: {"answer": "toleransprojektet"}, hold
    service = Service(tmp_path, rasa)
    async with service.running() as process, aiohttp.ClientSession(service.url) as http:
        opened = await (await http.post("/api/chat/conversations")).json()
        bearer = {"Authorization": f"Bearer {opened['conversation']}.{opened['secret']}"}
        for number in ("1", "2"):
            body = {"id": number, "text": CALM}
            sent = await http.post("/api/chat/messages", json=body, headers=bearer)
            assert sent.status == 202
        await asyncio.wait_for(asked.wait(), 10)
        process.send_signal(signal.SIGTERM)

        async def is_closed() -> bool:
            return not await answers(f"{service.url}/health/live")()

        await until(is_closed, within=10)
        assert process.returncode is None, "a turn is in work"
        go_on.set()
        assert await asyncio.wait_for(process.wait(), DRAIN_SECONDS + 10) == 0
    states = [message.state for message in await service.inbox()]
    assert states == [InboundState.ANSWERED, InboundState.WAITING]
    assert len(rasa.requests) == 1

    async def all_answered() -> bool:
        return {one.state for one in await service.inbox()} == {InboundState.ANSWERED}

    async with service.running():
        await until(all_answered, within=20)
    assert len(rasa.requests) == 2
