"""A saved content file is in use in the running service; a broken one changes nothing."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from services.application import build_application
from services.conversations.core import Core
from services.conversations.live_knowledge import LiveKnowledge
from services.settings import ROOT, Settings
from tests.conftest import ScriptedRasa

TOLERANS = "answers/info/toleransprojektet.yml"
OLD, NEW = "Toleransprojektet är ett sätt att arbeta i skolan.", "Nya ord om skolan."


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge")


@pytest.fixture
async def client(core: Core, content: Path, tmp_path: Path) -> AsyncIterator[TestClient]:
    settings = Settings(knowledge_dir=content, state_dir=tmp_path)
    async with TestClient(TestServer(build_application(settings, core))) as opened:
        yield opened


def change(content: Path, old: str, new: str, file: str = TOLERANS) -> None:
    path = content / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


async def health(client: TestClient) -> dict[str, Any]:
    response = await client.get("/health/ready")
    assert response.status == 200, "a fault in the content leaves the service ready"
    return await response.json()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            pass  # each look is a request: time goes on meanwhile


async def ask(client: TestClient, bearer: dict[str, str], number: int) -> str:
    """Send a message and give the assistant's reply to it, from the stream."""
    said = {"id": str(number), "text": "Vad är Toleransprojektet?"}
    response = await client.post("/api/chat/messages", json=said, headers=bearer)
    position = (await response.json())["position"]
    after = {**bearer, "Last-Event-ID": str(position)}
    async with client.get("/api/chat/events", headers=after) as stream:
        while True:
            line = (await asyncio.wait_for(stream.content.readline(), 30)).decode()
            if line.startswith("data: ") and '"author":"bot"' in line.replace(" ", ""):
                return line


async def test_content_changes_without_a_restart_and_a_broken_file_keeps_the_old(
    client: TestClient, content: Path, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    opened = await (await client.post("/api/chat/conversations")).json()
    bearer = {"Authorization": f"Bearer {opened['conversation']}.{opened['secret']}"}
    first = await health(client)
    assert first["knowledge_fault"] is None
    assert OLD in await ask(client, bearer, 1)

    change(content, OLD, NEW)
    await until(lambda: _differs(client, "knowledge", first["knowledge"]))
    assert NEW in await ask(client, bearer, 2)
    second = await health(client)

    with capture_logs() as logs:
        change(content, "granskad:", "granskat:")
        await until(lambda: _differs(client, "knowledge_fault", None))
    broken = await health(client)
    assert "toleransprojektet.yml" in broken["knowledge_fault"]
    assert broken["knowledge"] == second["knowledge"]
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["knowledge_refused"]
    assert NEW in await ask(client, bearer, 3)

    change(content, "granskat:", "granskad:")
    await until(lambda: _differs(client, "knowledge_fault", broken["knowledge_fault"]))
    assert (await health(client))["knowledge_fault"] is None


async def _differs(client: TestClient, field: str, value: str | None) -> bool:
    return (await health(client))[field] != value


async def test_a_turn_ends_with_the_words_it_began_with(core: Core, content: Path) -> None:
    turn = core.as_it_is_now()
    change(content, OLD, NEW)
    change(content, '[sjalvmordslinjen, "1177", socialtjanst]', '["1177"]', "routing.yml")
    await LiveKnowledge(core, content).read_anew()
    assert NEW in core.renderer.knowledge.answers["toleransprojektet"].texts.web
    assert OLD in turn.renderer.knowledge.answers["toleransprojektet"].texts.web
    assert core.routing is core.renderer.knowledge.routing
    assert turn.routing is not core.routing


async def test_a_new_name_of_a_district_is_known_in_the_next_message(
    core: Core, content: Path
) -> None:
    def place(of: Core) -> str | None:
        return of.judge.judge("jag är orolig för min son, vi bor i Nybodalen").facts.municipality

    turn = core.as_it_is_now()
    change(content, "  - Kirseberg", "  - Nybodalen", "municipalities/malmo.yml")
    await LiveKnowledge(core, content).read_anew()
    assert place(core) == "malmo"
    assert place(turn) is None


async def test_texts_and_routing_are_renewed_together_or_not_at_all(
    core: Core, content: Path
) -> None:
    before = core.renderer
    change(content, OLD, NEW)
    change(content, "sjalvmordslinjen", "finns_ej", "routing.yml")
    await LiveKnowledge(core, content).read_anew()
    assert core.renderer is before
    assert "routing.yml" in (core.knowledge_fault or "")
