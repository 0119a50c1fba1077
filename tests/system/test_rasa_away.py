"""With Rasa gone a caller gets a safe answer, and the conversation goes on when it is back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.system.conftest import Stack

pytestmark = pytest.mark.timeout(420)


class Caller:
    """A caller over HTTP, with what has been heard."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent = 0

    async def say(self, text: str = "", choice: str | None = None) -> dict[str, Any]:
        """Send a message and give the reply to it."""
        self.sent += 1
        body = {"id": str(self.sent), "text": text, "choice": choice}
        async with self.session.post("/api/chat/messages", json=body) as response:
            assert response.status == 202
        return await asyncio.wait_for(self.heard.get(), 20)

    async def listen(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None)
        async with self.session.get("/api/chat/events", timeout=timeout) as stream:
            async for line in stream.content:
                if line.startswith(b"data: "):
                    event = json.loads(line.removeprefix(b"data: "))
                    if event["author"] != "caller":
                        self.heard.put_nowait(event)


@pytest.fixture
async def caller(stack: Stack) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession(stack.url) as session:
        async with session.post("/api/chat/conversations") as response:
            opened = await response.json()
        bearer = f"Bearer {opened['conversation']}.{opened['secret']}"
        session.headers["Authorization"] = bearer
        caller = Caller(session)
        listening = asyncio.create_task(caller.listen())
        yield caller
        listening.cancel()
        await asyncio.wait([listening])


def words(event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False)


async def test_a_conversation_outlives_rasa(stack: Stack, caller: Caller) -> None:
    await stack.wait_until("/health/ready", 200)
    question = await caller.say(choice="prata_med_manniska")
    assert "Fråga 1 av" in words(question)

    [rasa] = stack.child_pids("rasa")
    os.kill(rasa, signal.SIGKILL)
    await stack.wait_until("/health/ready", 503)

    safe = await caller.say("Min bror har fått nya vänner som skrämmer mig")
    for expected in ("112", "031-365 00 00", "020-100 200", "människa läser"):
        assert expected in words(safe)
    acute = await caller.say("han står utanför dörren med en kniv nu")
    assert "Ring 112" in acute["reply"]["blocks"][0]["text"]

    await stack.wait_until("/health/ready", 200)
    assert "Rasa slutade (signal SIGKILL). Startar om." in stack.output.read_text()
    again = await caller.say(choice="hoppa_over")
    assert "Fråga 2 av" in words(again)
