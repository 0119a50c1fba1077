"""A disk is lost while people talk: a new one, the two files and the key, and the talk goes on."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from services.cli.processes import answers
from services.cli.running import free_port
from services.settings import ROOT
from tests.conftest import TOKEN, ScriptedRasa
from tests.databases import Databases

pytestmark = pytest.mark.timeout(420)

_START_SECONDS = 120
FIRST, SECOND = "Vad är Toleransprojektet?", "Vilka är de tre miljöerna?"


@dataclass
class Machine:
    """A disk and a database."""

    state: Path
    database: str
    rasa: ScriptedRasa

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.database,
            "STATE_DIR": str(self.state),
            "METRICS_PORT": "0",
            "RASA_PORT": str(self.rasa.port),
            "RASA_TOKEN": TOKEN.get_secret_value(),
        }

    async def run(self, *arguments: str) -> tuple[int | None, str]:
        """Run ``oroslotsen ARGUMENTS``; give its code and what it said, on one line."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services", *arguments,
            env=self.environment(), cwd=ROOT, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, told = await process.communicate()
        return process.returncode, " ".join(told.decode().split())

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[aiohttp.ClientSession]:
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services", "serve",
            env=self.environment() | {"PORT": str(port)}, cwd=ROOT,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession() as http:
                is_up = answers(f"http://127.0.0.1:{port}/health/live")
                while not await is_up():  # noqa: ASYNC110 - another process gives no event
                    await asyncio.sleep(0.1)
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
                yield http
        finally:
            process.kill()
            await process.wait()


async def ask(http: aiohttp.ClientSession, bearer: dict[str, str], number: str, text: str) -> None:
    body = {"id": number, "text": text}
    async with http.post("/api/chat/messages", json=body, headers=bearer) as response:
        assert response.status == 202


async def heard(
    http: aiohttp.ClientSession, bearer: dict[str, str], *, replies: int
) -> list[dict[str, Any]]:
    """All that was said from the beginning on, until there are so many replies."""
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(20), http.get("/api/chat/events", headers=bearer) as stream:
        async for line in stream.content:
            if line.startswith(b'data: {"position"'):
                events.append(json.loads(line.removeprefix(b"data: ")))
                if [event["author"] for event in events].count("bot") == replies:
                    break
    return events


@pytest.mark.usefixtures("models_dir")
async def test_after_a_lost_disk_a_conversation_goes_on_with_the_same_secret(
    databases: Databases, rasa: ScriptedRasa, tmp_path: Path
) -> None:
    old_disk, away, new_disk = tmp_path / "old", tmp_path / "away", tmp_path / "new"
    for folder in (away, new_disk):
        folder.mkdir()
    file = away / "monday.backup"
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    with databases.new() as url:
        old = Machine(old_disk, url, rasa)
        async with old.serving() as http:
            opened = await (await http.post("/api/chat/conversations")).json()
            bearer = {"Authorization": f"Bearer {opened['conversation']}.{opened['secret']}"}
            await ask(http, bearer, "1", FIRST)
            before = await heard(http, bearer, replies=1)
            code, told = await old.run("backup", str(file))
            assert code == 0, told
            assert "1 samtal" in told
        for name in ("master.key", "backup.keys"):
            (old_disk / name).rename(new_disk / name)
    # The old database is gone with its address; what is left is the files.
    with databases.empty() as url:
        new = Machine(new_disk, url, rasa)
        code, told = await new.run("restore", str(file))
        assert code == 0, told
        assert "1 samtal" in told
        async with new.serving() as http:
            assert await heard(http, bearer, replies=1) == before
            await ask(http, bearer, "2", SECOND)
            after = await heard(http, bearer, replies=2)
        assert after[: len(before)] == before
        assert [event["text"] for event in after if event["author"] == "caller"] == [FIRST, SECOND]
        assert rasa.requests[-1]["state"] == {"turns": 1}, "the dialogue goes on where it was"


async def test_without_the_master_key_the_command_asks_for_it_and_makes_none(
    rasa: ScriptedRasa, tmp_path: Path
) -> None:
    (tmp_path / "found.backup").write_bytes(b"x")
    machine = Machine(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/new.db", rasa)
    code, told = await machine.run("restore", str(tmp_path / "found.backup"))
    assert code == 1
    assert "Huvudnyckeln" in told
    assert not (tmp_path / "master.key").exists()
