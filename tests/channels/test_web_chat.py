"""The chat's HTTP face: what goes wrong is said clearly, and nothing is stored half or twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select, text

from services.channels.problems import problems_middleware
from services.channels.web_chat import setup_web_chat
from services.conversations.appkeys import CORE, INBOX, WORKER
from services.conversations.core import Core
from services.conversations.inbox import MAX_MESSAGE_CHARACTERS, Inbox
from services.conversations.worker import TurnWorker
from services.store.tables import Inbound
from tests.conftest import ScriptedRasa

ACUTE = "han har en pistol och är på väg till skolan nu"


@pytest.fixture
async def client(core: Core, rasa: ScriptedRasa) -> AsyncIterator[TestClient]:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    app = web.Application(middlewares=[problems_middleware], client_max_size=64 * 1024)
    app[CORE], app[INBOX], app[WORKER] = core, Inbox(core), TurnWorker(core)
    setup_web_chat(app)
    worker = asyncio.create_task(app[WORKER].run())
    async with TestClient(TestServer(app)) as opened:
        yield opened
    worker.cancel()
    await asyncio.wait([worker])


@pytest.fixture
async def bearer(client: TestClient) -> dict[str, str]:
    response = await client.post("/api/chat/conversations")
    assert response.status == 201
    body = await response.json()
    assert "AI-assistent" in json.dumps(body["greeting"], ensure_ascii=False)
    return {"Authorization": f"Bearer {body['conversation']}.{body['secret']}"}


async def problem_of(response: ClientResponse, status: int) -> dict[str, Any]:
    assert response.status == status
    assert response.content_type == "application/problem+json"
    body = await response.json()
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in json.dumps(body)
    return body


async def stored_messages(core: Core) -> int:
    async with core.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Inbound)) or 0


async def read_events(response: ClientResponse, count: int) -> list[dict[str, Any]]:
    events = []
    while len(events) < count:
        line = (await asyncio.wait_for(response.content.readline(), 10)).decode()
        if line.startswith("data: "):
            events.append(json.loads(line.removeprefix("data: ")))
    return events


async def test_a_message_is_acknowledged_and_its_reply_comes_by_the_stream(
    client: TestClient, bearer: dict[str, str]
) -> None:
    sent = await client.post(
        "/api/chat/messages", headers=bearer, json={"id": "1", "text": "Vad är Toleransprojektet?"}
    )
    assert sent.status == 202
    assert (await sent.json())["reply"] is None
    async with client.get("/api/chat/events", headers=bearer) as stream:
        asked, answered = await read_events(stream, 2)
    assert (asked["author"], asked["client_id"]) == ("caller", "1")
    assert answered["author"] == "bot"


async def test_the_stream_resumes_after_the_last_event_that_was_seen(
    client: TestClient, bearer: dict[str, str]
) -> None:
    for number in "12":
        await client.post("/api/chat/messages", headers=bearer, json={"id": number, "text": ACUTE})
    async with client.get("/api/chat/events", headers={**bearer, "Last-Event-ID": "2"}) as stream:
        events = await read_events(stream, 2)
    assert [event["position"] for event in events] == [3, 4]


async def test_an_acute_message_is_answered_in_the_acknowledgement(
    client: TestClient, bearer: dict[str, str]
) -> None:
    sent = await client.post("/api/chat/messages", headers=bearer, json={"id": "1", "text": ACUTE})
    reply = (await sent.json())["reply"]
    assert "112" in reply["reply"]["blocks"][0]["text"]
    async with client.get("/api/chat/events", headers=bearer) as stream:
        _, answered = await read_events(stream, 2)
    assert answered["position"] == reply["position"]


async def test_a_repeated_id_is_answered_as_the_first_time(
    client: TestClient, bearer: dict[str, str], core: Core
) -> None:
    answers = []
    for _ in range(2):
        sent = await client.post(
            "/api/chat/messages", headers=bearer, json={"id": "1", "text": ACUTE}
        )
        answers.append(await sent.json())
    assert answers[0] == answers[1]
    assert await stored_messages(core) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"inte json", 400),
        (b'"text"', 400),
        (b'{"id": "1", "text": "\xff\xfe"}', 400),
        (b'{"id": "1", "text": 7}', 400),
        (b'{"text": "utan id"}', 400),
        (b'{"id": "", "text": "x"}', 400),
        (b'{"id": "a b", "text": "x"}', 400),
        (b'{"id": "1", "text": "x", "slots": {"a": 1}}', 400),
        (b'{"id": "1", "text": ""}', 422),
        (b'{"id": "1", "text": " \\n "}', 422),
        (b'{"id": "1", "text": "x", "choice": "action_restart"}', 422),
        (json.dumps({"id": "1", "text": "x" * (MAX_MESSAGE_CHARACTERS + 1)}).encode(), 413),
        (json.dumps({"id": "1", "text": "x" * 100_000}).encode(), 413),
    ],
)
async def test_bad_input_is_refused_in_swedish_and_stored_nowhere(
    client: TestClient, bearer: dict[str, str], core: Core, body: bytes, status: int
) -> None:
    response = await client.post(
        "/api/chat/messages", headers={**bearer, "Content-Type": "application/json"}, data=body
    )
    await problem_of(response, status)
    assert await stored_messages(core) == 0


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer x.y",
        f"Bearer {uuid4()}.wrong",
        f"Basic {uuid4()}.wrong",
        "Bearer " + "å" * 20,
    ],
)
async def test_an_unknown_conversation_or_a_wrong_secret_is_refused(
    client: TestClient, authorization: str
) -> None:
    headers = {"Authorization": authorization.encode().decode("latin-1")}
    for response in (
        await client.post("/api/chat/messages", headers=headers, json={"id": "1", "text": "hej"}),
        await client.get("/api/chat/events", headers=headers),
    ):
        await problem_of(response, 401)


async def test_another_conversation_s_secret_does_not_open_this_one(client: TestClient) -> None:
    first, second = [await (await client.post("/api/chat/conversations")).json() for _ in range(2)]
    headers = {"Authorization": f"Bearer {first['conversation']}.{second['secret']}"}
    response = await client.get("/api/chat/events", headers=headers)
    await problem_of(response, 401)


async def test_an_unknown_address_or_method_is_a_problem_too(client: TestClient) -> None:
    await problem_of(await client.get("/api/chat/nothing"), 404)
    await problem_of(await client.delete("/api/chat/messages"), 405)


@pytest.mark.parametrize("position", ["x", "-1", "9" * 400])
async def test_a_bad_last_event_id_is_refused(
    client: TestClient, bearer: dict[str, str], position: str
) -> None:
    response = await client.get("/api/chat/events", headers={**bearer, "Last-Event-ID": position})
    await problem_of(response, 400)


async def test_html_is_kept_as_the_text_it_is(client: TestClient, bearer: dict[str, str]) -> None:
    text = "<script>alert(1)</script><b>hej</b>"
    await client.post("/api/chat/messages", headers=bearer, json={"id": "1", "text": text})
    async with client.get("/api/chat/events", headers=bearer) as stream:
        [event] = await read_events(stream, 1)
    assert event["text"] == text


async def test_answers_are_never_cached(client: TestClient, bearer: dict[str, str]) -> None:
    sent = await client.post("/api/chat/messages", headers=bearer, json={"id": "1", "text": "hej"})
    assert sent.headers["Cache-Control"] == "no-store"


async def test_an_acute_caller_is_answered_over_http_when_the_database_is_away(
    client: TestClient, bearer: dict[str, str], core: Core
) -> None:
    async with core.database.begin() as session:
        await session.execute(text("ALTER TABLE inbound RENAME TO away"))
    body = {"id": "1", "text": ACUTE}
    response = await client.post("/api/chat/messages", headers=bearer, json=body)
    problem_body = await problem_of(response, 503)
    assert "112" in problem_body["reply"]["blocks"][0]["text"]
