"""A test message goes the way that callers' do, is counted nowhere, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from sqlalchemy import func, select

from services.application import build_application
from services.conversations.core import Core
from services.conversations.inbox import Inbox
from services.observability.measures import REGISTRY
from services.settings import Settings
from services.store.tables import Conversation, Inbound, Outbound, TicketRow
from services.vocabulary import Channel, MunicipalityId
from services.watch.probe import Finding, Probe
from tests.conftest import NOON, TOKEN, ScriptedRasa

QUESTION = "Vad är våldsbejakande extremism?"


@pytest.fixture
async def client(core: Core, rasa: ScriptedRasa, tmp_path: Path) -> AsyncIterator[TestClient]:
    rasa.answer = lambda request: {"answer": "vald_extremism_def"}
    settings = Settings(_env_file=None, state_dir=tmp_path, rasa_token=TOKEN)
    async with TestClient(TestServer(build_application(settings, core))) as opened:
        yield opened


@pytest.fixture
async def probe(client: TestClient) -> AsyncIterator[Probe]:
    async with ClientSession() as session:
        yield Probe(session, str(client.make_url("")).rstrip("/"), TOKEN, QUESTION)


async def rows(core: Core) -> int:
    async with core.database.read() as session:
        return sum(
            [
                await session.scalar(select(func.count()).select_from(table)) or 0
                for table in (Conversation, Inbound, Outbound, TicketRow)
            ]
        )


def last_success() -> float:
    return REGISTRY.get_sample_value("oroslotsen_probe_last_success_timestamp_seconds") or 0.0


async def test_a_test_message_is_answered_and_leaves_no_row(
    probe: Probe, core: Core, rasa: ScriptedRasa
) -> None:
    result = await probe.once()
    assert result.finding is Finding.ANSWERED
    assert [request["text"] for request in rasa.requests] == [QUESTION]
    assert await rows(core) == 0
    assert last_success() == NOON.timestamp()


async def test_an_answer_without_rasa_is_a_failure_and_no_coordinator_sees_it(
    probe: Probe, core: Core, rasa: ScriptedRasa
) -> None:
    rasa.status = 500
    before = last_success()
    assert (await probe.once()).finding is Finding.WITHOUT_RASA
    assert await rows(core) == 0
    assert last_success() == before


async def test_no_ticket_is_made_for_a_test_message_whatever_rasa_says(
    probe: Probe, core: Core, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"handover": {"relation": "förälder", "samtycke": True}}
    await probe.once()
    assert await rows(core) == 0


async def test_a_service_that_is_not_there_is_silent() -> None:
    async with ClientSession() as session:
        probe = Probe(session, "http://127.0.0.1:9", TOKEN, QUESTION)
        assert (await probe.once()).finding is Finding.SILENT


async def test_what_a_lost_prober_left_behind_is_removed_with_the_next_test(
    probe: Probe, core: Core
) -> None:
    inbox, goteborg = Inbox(core), MunicipalityId("goteborg")
    left, _ = await inbox.open_conversation(Channel.WEB, goteborg, is_probe=True)
    callers, _ = await inbox.open_conversation(Channel.WEB, goteborg)
    async with core.database.begin() as session:
        for one in await session.scalars(select(Conversation)):
            one.created_at = NOON - timedelta(hours=1)
    await probe.once()
    async with core.database.read() as session:
        assert list(await session.scalars(select(Conversation.id))) == [callers]
    assert left != callers


@pytest.mark.parametrize("mark", ["", "wrong", "ö", TOKEN.get_secret_value()])
async def test_a_conversation_is_marked_only_by_who_has_the_secret(
    client: TestClient, core: Core, mark: str
) -> None:
    response = await client.post("/api/chat/conversations", headers={"X-Oroslotsen-Probe": mark})
    conversation = UUID((await response.json())["conversation"])
    async with core.database.read() as session:
        row = await session.get(Conversation, conversation)
    assert row is not None
    assert not row.is_probe


async def test_nobody_else_s_conversation_can_be_removed(client: TestClient, core: Core) -> None:
    opened = await client.post("/api/chat/conversations")
    conversation = (await opened.json())["conversation"]
    body = {"conversation": conversation, "seconds": 1}
    refused = await client.post("/api/probe/end", json=body)
    assert refused.status == 401
    async with ClientSession() as session:
        probe = Probe(session, "", TOKEN, QUESTION)
    with_mark = await client.post("/api/probe/end", json=body, headers=probe._mark)
    assert with_mark.status == 404
    assert await rows(core) == 1


async def test_without_a_shared_secret_nothing_is_a_test(core: Core, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, state_dir=tmp_path)
    async with (
        TestClient(TestServer(build_application(settings, core))) as client,
        ClientSession() as session,
    ):
        url = str(client.make_url("")).rstrip("/")
        probe = Probe(session, url, SecretStr(uuid4().hex), QUESTION)
        assert (await probe.once()).finding is Finding.REFUSED
