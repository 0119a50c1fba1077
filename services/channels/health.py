"""Health: is the process alive, and can it do its whole work."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from services.conversations.appkeys import CORE, WORKER
from services.conversations.core import Core
from services.conversations.worker import TurnWorker
from services.edges.limits import wait_to_look
from services.observability.measures import Standing
from services.store.waiting import find_oldest_due, find_oldest_waiting

LATE_SECONDS: Final = 120.0
"""A message that should have left so long ago is stuck."""
_LOOK_SECONDS: Final = 5.0
"""How long database and Rasa may take to answer: who asks does not wait for ever."""


def setup_health(app: web.Application) -> None:
    """Join the health routes to the application."""
    app.add_routes([web.get("/health/live", report_live), web.get("/health/ready", report_ready)])


async def report_live(request: web.Request) -> web.Response:
    """200 as long as the process answers and its worker works; a restart helps if not."""
    if not request.app[WORKER].is_alive:
        return web.json_response({"status": "worker is dead"}, status=503)
    return web.json_response({"status": "ok"})


async def report_ready(request: web.Request) -> web.Response:
    """200 when the whole work can be done, 503 with what is away (acute callers are answered).

    A fault in newer content files is told, but the service is ready: it says what it said before.
    That many wait is told, and not a fault of this process.
    """
    if (seconds := await wait_to_look(request)) is not None:
        raise web.HTTPTooManyRequests(headers={"Retry-After": str(seconds)})
    core, worker = request.app[CORE], request.app[WORKER]
    standing = await read_standing(core, worker)
    parts = {
        "database": "ok" if standing.database_up else "away",
        "rasa": "ok" if standing.rasa_up else "away",
        "worker": "ok" if worker.is_alive else "away",
        "outbox": "late" if (standing.outbox_age or 0.0) > LATE_SECONDS else "ok",
    }
    ready = all(how == "ok" for how in parts.values())
    body = {
        "status": "ok" if ready else "degraded",
        "parts": parts,
        "turns_waiting": standing.turns_waiting,
        "many_waiting": core.backlog.is_full,
        "inbox_age": standing.inbox_age,
        "outbox_age": standing.outbox_age,
        "knowledge": core.renderer.knowledge.version,
        "knowledge_fault": core.knowledge_fault,
        "model": core.judge.version,
    }
    return web.json_response(body, status=200 if ready else 503)


@dataclass(frozen=True, slots=True)
class _Ages:
    """Seconds that the oldest message has waited for its outcome, and how late the latest is."""

    inbox: float
    outbox: float


async def read_standing(core: Core, worker: TurnWorker) -> Standing:
    """How the service stands now."""
    ages, rasa_up = await asyncio.gather(_ages(core), _rasa_answers(core))
    return Standing(
        turns_running=worker.running,
        turns_waiting=core.backlog.waiting,
        inbox_age=ages.inbox if ages else None,
        outbox_age=ages.outbox if ages else None,
        rasa_up=rasa_up,
        database_up=ages is not None,
        knowledge_fault=core.knowledge_fault is not None,
    )


async def _ages(core: Core) -> _Ages | None:
    """Nothing when the database does not answer."""
    now = core.clock()
    try:
        async with asyncio.timeout(_LOOK_SECONDS), core.database.read() as session:
            received_at = await find_oldest_waiting(session)
            due_at = await find_oldest_due(session, now)
    except (SQLAlchemyError, OSError):
        return None
    return _Ages(
        inbox=max(0.0, (now - received_at).total_seconds()) if received_at else 0.0,
        outbox=max(0.0, (now - due_at).total_seconds()) if due_at else 0.0,
    )


async def _rasa_answers(core: Core) -> bool:
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            return await core.dialogue.is_ready()
    except TimeoutError:
        return False
