"""What tests share: real knowledge, judges and database, and a programmable Rasa."""

from __future__ import annotations

import gc
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from aiohttp import web
from pydantic import SecretStr

from services.answers.knowledge import Knowledge
from services.answers.loading import load_knowledge
from services.answers.rendering import Renderer
from services.cli.training import train_urgency
from services.conversations.core import Core
from services.conversations.wakeups import Wakeups
from services.dialogue.client import DialogueClient
from services.privacy.keyring import Keyring
from services.settings import ROOT, Settings
from services.store.database import Database
from services.triage.judge import Judge
from services.vocabulary import MunicipalityId

# Tests run side by side with trainings and browsers: time is measured elsewhere, on purpose.
hypothesis.settings.register_profile("oroslotsen", deadline=None)
hypothesis.settings.load_profile("oroslotsen")

pytest_plugins = ("tests.browser", "tests.servers", "tests.databases")

TOKEN = SecretStr("a token for tests")
NOON = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
"""A Wednesday, twelve o'clock in Sweden."""


@pytest.fixture(autouse=True, scope="module")
def _collected() -> None:
    """Garbage is collected between modules, and what stays is looked through once.

    Thousands of tests in one process leave a million objects, and looking through all of them
    halts whoever is waited for by seconds.
    """
    gc.collect()
    gc.freeze()


@dataclass
class ScriptedRasa:
    """A Rasa that says what a test wants, for what the real one can't be made to do."""

    port: int
    answer: Callable[[dict[str, Any]], Any] = lambda request: {"answer": "hej"}
    before: Callable[[dict[str, Any]], Any] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    in_form: bool = False
    is_ready: bool = True

    async def health(self, _request: web.Request) -> web.Response:
        """Ready or not."""
        return web.Response(status=200 if self.is_ready else 503)

    async def turn(self, request: web.Request) -> web.Response:
        """Reply with the scripted directive, echoing a state that counts the turns."""
        body = await request.json()
        self.requests.append(body)
        if self.before is not None:
            await self.before(body)
        directive = self.answer(body)
        return web.json_response(
            {
                "topics": [{"id": "hej", "confidence": 0.9}],
                "directives": [directive] if directive else [],
                "state": {"turns": ((body["state"] or {}).get("turns", 0)) + 1},
                "model": "scripted",
                "in_form": self.in_form,
            },
            status=self.status,
        )


@pytest.fixture
async def rasa() -> AsyncIterator[ScriptedRasa]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    scripted = ScriptedRasa(port)
    app = web.Application()
    app.router.add_post("/webhooks/oroslotsen/turn", scripted.turn)
    app.router.add_get("/webhooks/oroslotsen/", scripted.health)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield scripted
    await runner.cleanup()


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load_knowledge(ROOT / "knowledge")


@pytest.fixture(scope="session")
def judge(models_dir: Path) -> Judge:
    return Judge.load(ROOT / "knowledge", models_dir)


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The project's own models, trained if the data changed, as ``make start`` would."""
    settings = Settings()
    train_urgency(settings, lambda share: None)
    return settings.models_dir


@pytest.fixture
async def core(
    database: Database, judge: Judge, knowledge: Knowledge, rasa: ScriptedRasa
) -> AsyncIterator[Core]:
    urls = [f"http://127.0.0.1:{rasa.port}"]
    async with DialogueClient(urls, TOKEN, timeout=1.0) as dialogue:
        yield Core(
            database=database,
            keyring=Keyring(bytes(range(32))),
            judge=judge,
            routing=knowledge.routing,
            renderer=Renderer(knowledge),
            dialogue=dialogue,
            wakeups=Wakeups(),
            default_municipality=MunicipalityId("goteborg"),
            clock=lambda: NOON,
        )
