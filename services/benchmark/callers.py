"""A caller's side of both: a web chat with its event stream, and Rasa's REST channel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final
from uuid import uuid4

from aiohttp import ClientResponse, ClientSession, ClientTimeout, TCPConnector
from pydantic import BaseModel, ConfigDict

PATIENCE: Final = 30.0
"""Seconds after which a caller stops waiting for a reply."""
_NO_END: Final = ClientTimeout(total=None)

type Say = Callable[[str], Awaitable[bool]]
"""Send a message and wait for its reply; true if it came with the acknowledgement."""


class Target(BaseModel):
    """Whom the callers write to: the whole service, or stock Rasa."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    is_peer: bool = False

    def conversation(self, session: ClientSession) -> AbstractAsyncContextManager[Say]:
        """A new conversation.

        Raises (also what it gives): ``aiohttp.ClientError``, ``TimeoutError``.
        """
        return (_rest if self.is_peer else _chat)(session, self.url)


def open_session() -> ClientSession:
    """A client without limits of its own, whose requests end when a caller's patience does."""
    connector = TCPConnector(limit=0, keepalive_timeout=60)
    return ClientSession(connector=connector, timeout=ClientTimeout(total=PATIENCE))


@asynccontextmanager
async def _chat(session: ClientSession, url: str) -> AsyncIterator[Say]:
    async with session.post(f"{url}/api/chat/conversations") as response:
        response.raise_for_status()
        opened = await response.json()
    bearer = {"Authorization": f"Bearer {opened['conversation']}.{opened['secret']}"}
    async with session.get(f"{url}/api/chat/events", headers=bearer, timeout=_NO_END) as stream:
        stream.raise_for_status()

        async def say(text: str) -> bool:
            message = {"id": uuid4().hex, "text": text}
            async with asyncio.timeout(PATIENCE):
                async with session.post(
                    f"{url}/api/chat/messages", json=message, headers=bearer
                ) as response:
                    response.raise_for_status()
                    accepted = await response.json()
                if accepted["reply"] is not None:
                    return True
                await _reply_after(stream, accepted["position"])
                return False

        yield say


async def _reply_after(stream: ClientResponse, position: int) -> None:
    async for line in stream.content:
        if not line.startswith(b"data: "):
            continue
        event: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
        if event.get("author") == "bot" and event["position"] > position:
            return
    raise TimeoutError("the event stream ended")


@asynccontextmanager
async def _rest(session: ClientSession, url: str) -> AsyncIterator[Say]:
    sender = uuid4().hex

    async def say(text: str) -> bool:
        message = {"sender": sender, "message": text}
        async with session.post(f"{url}/webhooks/rest/webhook", json=message) as response:
            response.raise_for_status()
            await response.json()
        return False

    yield say
