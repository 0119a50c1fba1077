"""Stand-ins for what is measured: a chat service and a Rasa that answer at once."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from aiohttp import web


@dataclass
class StandIn:
    """Answers as the service and as Rasa's REST channel; what is acute, in the acknowledgement."""

    url: str = ""
    refuses: bool = False
    conversations: int = 0
    messages: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    replies: defaultdict[str, asyncio.Queue[int]] = field(
        default_factory=lambda: defaultdict(asyncio.Queue)
    )

    async def open(self, request: web.Request) -> web.Response:
        self.conversations += 1
        return web.json_response({"conversation": str(uuid4()), "secret": "s"}, status=201)

    async def message(self, request: web.Request) -> web.Response:
        if self.refuses:
            raise web.HTTPServiceUnavailable
        who = request.headers["Authorization"]
        text = (await request.json())["text"]
        self.messages[who].append(text)
        position = 2 * len(self.messages[who]) - 1
        reply = {"position": position + 1} if text.startswith("akut") else None
        self.replies[who].put_nowait(position)
        return web.json_response({"position": position, "reply": reply}, status=202)

    async def events(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b": connected\n\n")
        while True:
            position = await self.replies[request.headers["Authorization"]].get()
            for author, place in (("caller", position), ("bot", position + 1)):
                event = json.dumps({"author": author, "position": place})
                await stream.write(f"id: {place}\ndata: {event}\n\n".encode())

    async def rest(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.messages[body["sender"]].append(body["message"])
        return web.json_response([{"text": "hej"}])


@asynccontextmanager
async def stand_in() -> AsyncIterator[StandIn]:
    one = StandIn()
    app = web.Application()
    app.add_routes([
        web.post("/api/chat/conversations", one.open),
        web.post("/api/chat/messages", one.message),
        web.get("/api/chat/events", one.events),
        web.post("/webhooks/rest/webhook", one.rest),
    ])  # fmt: skip
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield one
    await runner.cleanup()


@dataclass
class StandInHouse:
    """A house where one stand-in plays everything."""

    url: str

    async def service(self) -> str:
        return self.url

    async def service_without_rasa(self) -> str:
        return self.url

    async def services_with(self, stored: Sequence[int]) -> tuple[str, ...]:
        return (self.url,) * len(stored)

    async def peer(self) -> str:
        return self.url

    async def service_memory(self) -> float:
        return 1200.0

    async def peer_memory(self) -> float:
        return 1000.0

    async def train(self) -> float:
        return 80.0
