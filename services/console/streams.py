"""Live news for the pages, as server-sent events (https://html.spec.whatwg.org/#server-sent-events).

A stream reads the database at each wake-up and tells what has changed since what the page knows,
so that a connection that was lost misses nothing and gets nothing twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Final, Protocol

import orjson
from aiohttp import web
from aiohttp_jinja2 import render_string

from services.console.access import LOGIN, find_caller
from services.console.caller_view import caller_view
from services.console.conversation_view import message_view
from services.console.forms import position_after, ticket_id
from services.console.loading import (
    Panel,
    load_deliveries,
    load_messages,
    load_panel,
    load_queue,
)
from services.console.queue_view import QueueRow, QueueView
from services.console.sessions import Login
from services.conversations.appkeys import CORE
from services.conversations.timeline import Event
from services.conversations.wakeups import QUEUE, Key
from services.tickets.errors import UnknownTicketError

HEARTBEAT_SECONDS: Final = 10.0
"""Also how late a clock on the page may be."""


class Teller(Protocol):
    """Knows what the page has been told, and what is new."""

    async def news(self, login: Login) -> list[bytes]:
        """The events that this coordinator's page has not had yet."""


async def stream_queue(request: web.Request) -> web.StreamResponse:
    """The whole queue at each change."""
    return await _stream(request, QueueTeller(request), QUEUE)


async def stream_conversation(request: web.Request) -> web.StreamResponse:
    """Messages from a position on, and how ticket and queue stand, at each change."""
    teller = ConversationTeller(request)
    panel = await load_panel(request, teller.ticket, request[LOGIN])
    return await _stream(request, teller, panel.conversation.id, QUEUE)


class QueueTeller:
    """Tells of the queue. An event's ``id`` is a mark of its content."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._told = request.headers.get("Last-Event-ID")

    async def news(self, login: Login) -> list[bytes]:
        """The queue, if it has changed."""
        view = await load_queue(self._request, login)
        if view.mark == self._told:
            return []
        self._told = view.mark
        html = render_string("parts/queue.html", self._request, {"queue": view, "login": login})
        return [_event("queue", {"html": html, **queue_news(view)}, mark=view.mark)]


class ConversationTeller:
    """Tells of a conversation. Only messages carry an ``id``: it is their position."""

    def __init__(self, request: web.Request) -> None:
        self.ticket = ticket_id(request)
        self._request = request
        self._position = position_after(request)
        self._told: dict[str, object] = {}

    async def news(self, login: Login) -> list[bytes]:
        """New messages, and ticket and queue if they have changed."""
        request = self._request
        panel = await load_panel(request, self.ticket, login)
        events = []
        for message in await load_messages(request, panel.conversation, after=self._position):
            events.append(_message(request, message, revealed=panel.revealed))
            self._position = message.position
        states = {
            "panel": _panel(request, panel, login),
            "caller": _caller(request, panel),
            "deliveries": await load_deliveries(request, panel.conversation),
            "queue": queue_news(await load_queue(request, login)),
        }
        for name, data in states.items():
            if self._told.get(name) != data:
                self._told[name] = data
                events.append(_event(name, data))
        return events


def queue_news(view: QueueView) -> dict[str, object]:
    """What script needs of the queue: how many wait, and what to announce."""
    return {"waiting": len(view.waiting), "tickets": [_ticket_news(row) for row in view.rows]}


def _ticket_news(row: QueueRow) -> dict[str, object]:
    return {
        "id": str(row.id),  # a driver's own kind of UUID is no JSON
        "waiting": row.holder is None,
        "overdue": row.overdue,
        "announcement": row.announcement,
    }


def _message(request: web.Request, event: Event, *, revealed: bool) -> bytes:
    message = message_view(event, request.config_dict[CORE].clock(), revealed=revealed)
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


def _caller(request: web.Request, panel: Panel) -> dict[str, object] | None:
    """Where the caller is; a new sign of writing makes it differ from what was told."""
    core = request.config_dict[CORE]
    view = caller_view(core.presence, panel.conversation, panel.standing, core.clock())
    if view is None:
        return None
    return {"text": view.text, "here": view.here, "writing_at": view.writing_at}


async def _stream(request: web.Request, teller: Teller, *keys: Key) -> web.StreamResponse:
    """Tell what is new at once, at each wake-up and at each heartbeat, until the session ends."""
    stream = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
    )
    await stream.prepare(request)
    # A page that is closed ends the stream; the next connection goes on where this one was.
    with (
        contextlib.suppress(ConnectionResetError),
        request.config_dict[CORE].wakeups.following(*keys) as wakeup,
    ):
        assistant = None
        while True:
            wakeup.clear()
            login = await find_caller(request)
            if login is None:
                await stream.write(_event("ended", {}))
                break
            try:
                news = await teller.news(login)
            except UnknownTicketError:  # it was deleted while the page was open
                await stream.write(_event("gone", {}))
                break
            for event in news:
                await stream.write(event)
            if (now := _assistant(request)) != assistant:
                await stream.write(_event("assistant", now))
                assistant = now
            await stream.write(_STILL_HERE)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wakeup.wait(), HEARTBEAT_SECONDS)
    return stream


def _assistant(request: web.Request) -> dict[str, object]:
    """Whether the assistant answers: what every live page shows above the rest."""
    return {"html": render_string("parts/rasa_away.html", request, {})}


def _event(name: str, data: Mapping[str, object] | None, *, mark: str | None = None) -> bytes:
    head = f"id: {mark}\nevent: {name}\n" if mark is not None else f"event: {name}\n"
    return head.encode() + b"data: " + orjson.dumps(data) + b"\n\n"


_STILL_HERE: Final = _event("here", {})
"""A page that hears nothing for a while knows that the connection is dead."""
