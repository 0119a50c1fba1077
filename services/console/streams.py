"""Live news for the pages, as server-sent events (https://html.spec.whatwg.org/#server-sent-events).

A stream reads the database at each wake-up and tells what has changed since what the page knows,
so that a connection that was lost misses nothing and gets nothing twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from aiohttp import web
from aiohttp_jinja2 import render_string

from services.console.access import LOGIN, find_caller
from services.console.conversation_view import message_view
from services.console.forms import position_after, ticket_id
from services.console.loading import Panel, load_messages, load_panel, load_queue
from services.console.queue_view import QueueRow, QueueView
from services.console.sessions import Login
from services.conversations.appkeys import CORE
from services.conversations.timeline import Event
from services.conversations.wakeups import QUEUE, Key

HEARTBEAT_SECONDS: Final = 10.0
"""Also how late a clock on the page may be."""


@dataclass(frozen=True, slots=True)
class QueueNews:
    """What script needs of a ticket to tell what is new."""

    id: UUID
    state: str
    announcement: str


async def stream_queue(request: web.Request) -> web.StreamResponse:
    """The whole queue at each change; ``id`` is a mark of its content."""
    stream = await _begin(request)
    told = request.headers.get("Last-Event-ID")
    async for login in _follow(request, stream, QUEUE):
        view = await load_queue(request, login)
        if view.mark != told:
            html = render_string("parts/queue.html", request, {"queue": view, "login": login})
            data = {"html": html, **queue_news(view)}
            await stream.write(_event("queue", data, mark=view.mark))
            told = view.mark
    return stream


async def stream_conversation(request: web.Request) -> web.StreamResponse:
    """Messages from a position on, and how ticket and queue stand, at each change.

    Only messages carry an ``id``: it is their position.
    """
    position, ticket = position_after(request), ticket_id(request)
    panel = await load_panel(request, ticket, request[LOGIN])
    stream = await _begin(request)
    told: dict[str, object] = {}
    async for login in _follow(request, stream, panel.conversation.id, QUEUE):
        panel = await load_panel(request, ticket, login)
        for event in await load_messages(request, panel.conversation, after=position):
            await stream.write(_message(request, event))
            position = event.position
        queue = queue_news(await load_queue(request, login))
        for name, data in (("panel", _panel(request, panel, login)), ("queue", queue)):
            if told.get(name) != data:
                await stream.write(_event(name, data))
                told[name] = data
    return stream


def queue_news(view: QueueView) -> dict[str, object]:
    """What script needs of the queue: how many wait, and what to announce."""
    return {
        "waiting": len(view.waiting),
        "tickets": [asdict(_news(row)) for row in view.rows],
    }


def _news(row: QueueRow) -> QueueNews:
    return QueueNews(row.id, row.state, row.announcement)


def _message(request: web.Request, event: Event) -> bytes:
    message = message_view(event, _now(request))
    html = render_string("parts/message.html", request, {"message": message})
    data = {"html": html, "author": event.author.value}
    return _event("message", data, mark=str(event.position))


def _panel(request: web.Request, panel: Panel, login: Login) -> dict[str, object]:
    context = {"panel": panel, "login": login}
    return {
        "standing": render_string("parts/standing.html", request, context),
        "ticket": render_string("parts/ticket.html", request, context),
        "mine": panel.standing.mine,
    }


async def _begin(request: web.Request) -> web.StreamResponse:
    stream = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
    )
    await stream.prepare(request)
    return stream


async def _follow(
    request: web.Request, stream: web.StreamResponse, *keys: Key
) -> AsyncIterator[Login]:
    """Whoever follows, at once, at each wake-up and at each heartbeat, until the session ends."""
    with (
        contextlib.suppress(ConnectionResetError),
        request.config_dict[CORE].wakeups.following(*keys) as news,
    ):
        await stream.write(b": connected\n\n")
        while True:
            news.clear()
            login = await find_caller(request)
            if login is None:
                await stream.write(_event("ended", {}))
                return
            yield login
            try:
                await asyncio.wait_for(news.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                await stream.write(b": still here\n\n")


def _event(name: str, data: dict[str, object], *, mark: str | None = None) -> bytes:
    lines = [f"event: {name}".encode(), b"data: " + orjson.dumps(data)]
    if mark is not None:
        lines.insert(0, f"id: {mark}".encode())
    return b"\n".join(lines) + b"\n\n"


def _now(request: web.Request) -> datetime:
    return request.config_dict[CORE].clock()
