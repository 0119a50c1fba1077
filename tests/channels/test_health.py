"""Health tells what is away, and the measures are read where no caller comes."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from services.application import build_application
from services.channels.measures_page import serving_measures
from services.conversations.appkeys import WORKER
from services.conversations.core import Core
from services.conversations.inbox import Inbox, Telephone
from services.conversations.worker import DEAD_SECONDS
from services.dialogue.client import DialogueClient
from services.settings import Settings
from services.store.database import Database
from services.store.tables import Outbound
from services.vocabulary import Author, Channel, MunicipalityId
from tests.conftest import NOON, TOKEN


@pytest.fixture
async def client(core: Core, tmp_path: Path) -> AsyncIterator[TestClient]:
    settings = Settings(_env_file=None, state_dir=tmp_path)
    async with TestClient(TestServer(build_application(settings, core))) as opened:
        yield opened


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_a_service_that_can_do_its_whole_work_is_ready(client: TestClient) -> None:
    response = await client.get("/health/ready")
    body = await response.json()
    assert response.status == 200
    assert body["parts"] == dict.fromkeys(("database", "rasa", "worker", "outbox"), "ok")
    assert (body["turns_waiting"], body["many_waiting"]) == (0, False)


async def test_a_rasa_that_is_away_is_named(client: TestClient, core: Core) -> None:
    async with DialogueClient([f"http://127.0.0.1:{free_port()}"], TOKEN, timeout=1.0) as nobody:
        core.dialogue = nobody
        response = await client.get("/health/ready")
        assert response.status == 503
        assert (await response.json())["parts"]["rasa"] == "away"
        assert (await client.get("/health/live")).status == 200, "a restart would not help"


async def test_a_database_that_is_away_is_named(
    client: TestClient, core: Core, tmp_path: Path
) -> None:
    away = Database.open(f"sqlite+aiosqlite:///{tmp_path}/folder-of-no-tables.db")
    core.database = away
    response = await client.get("/health/ready")
    body = await response.json()
    assert (response.status, body["parts"]["database"]) == (503, "away")
    assert (body["inbox_age"], body["outbox_age"]) == (None, None)
    await away.close()


async def test_a_text_message_that_should_have_left_is_told(client: TestClient, core: Core) -> None:
    number = "+46701740605"
    conversation_id = await Inbox(core).conversation_of(
        Channel.SMS, MunicipalityId("goteborg"), Telephone(key=number, number=number)
    )
    async with core.database.begin() as session:
        session.add(
            Outbound(
                id=uuid4(),
                conversation_id=conversation_id,
                position=1,
                author=Author.SERVICE,
                fence=0,
                created_at=NOON,
                body_sealed=b"",
                due_at=NOON - timedelta(minutes=3),
            )
        )
    response = await client.get("/health/ready")
    body = await response.json()
    assert (response.status, body["parts"]["outbox"], body["outbox_age"]) == (503, "late", 180.0)


async def test_a_service_whose_worker_does_not_work_is_not_alive(client: TestClient) -> None:
    assert (await client.get("/health/live")).status == 200
    worker = client.server.app[WORKER]
    assert worker._looked_at is not None
    worker._looked_at -= DEAD_SECONDS
    assert (await client.get("/health/live")).status == 503


async def test_the_measures_are_not_on_the_port_that_callers_reach(client: TestClient) -> None:
    assert (await client.get("/metrics")).status == 404


async def test_the_measures_are_served_on_a_port_of_their_own(
    client: TestClient, core: Core
) -> None:
    port = free_port()
    async with (
        serving_measures(core, client.server.app[WORKER], "127.0.0.1", port),
        ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/metrics") as response,
    ):
        page = await response.text()
    assert response.status == 200
    for told in ("oroslotsen_rasa_up 1.0", "oroslotsen_database_up 1.0", "process_resident_memory"):
        assert told in page


async def test_a_port_that_is_taken_does_not_stop_the_service(core: Core) -> None:
    worker_of_nobody = build_application(Settings(_env_file=None), replace(core))[WORKER]
    with socket.create_server(("127.0.0.1", 0)) as taken, capture_logs() as logs:
        port = taken.getsockname()[1]
        async with serving_measures(core, worker_of_nobody, "127.0.0.1", port):
            pass
    assert logs[0]["event"] == "measures_not_served"
