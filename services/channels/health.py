"""Health: is the process alive, and can it do its whole work."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from services.conversations.appkeys import CORE


def setup_health(app: web.Application) -> None:
    """Join the health routes to the application."""
    app.add_routes([web.get("/health/live", report_live), web.get("/health/ready", report_ready)])


async def report_live(_request: web.Request) -> web.Response:
    """200 as long as the process answers."""
    return web.json_response({"status": "ok"})


async def report_ready(request: web.Request) -> web.Response:
    """200 when database and Rasa answer, 503 with what is away (acute callers are answered).

    A fault in newer content files is told, but the service is ready: it says what it said before.
    """
    core = request.app[CORE]
    parts = {"database": await _database_answers(request), "rasa": await core.dialogue.is_ready()}
    ready = all(parts.values())
    body = {
        "status": "ok" if ready else "degraded",
        "parts": {name: "ok" if answers else "away" for name, answers in parts.items()},
        "knowledge": core.renderer.knowledge.version,
        "knowledge_fault": core.knowledge_fault,
        "model": core.judge.version,
    }
    return web.json_response(body, status=200 if ready else 503)


async def _database_answers(request: web.Request) -> bool:
    try:
        async with request.app[CORE].database.read() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return False
    return True
