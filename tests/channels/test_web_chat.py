"""The chat's HTTP face: what goes wrong is said clearly, and nothing is stored half or twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select, text

from services.channels.problems import problems_middleware
from services.channels.web_chat import setup_web_chat
from services.conversations.appkeys import CORE, INBOX, SETTINGS, WORKER
from services.conversations.core import Core
from services.conversations.inbox import MAX_MESSAGE_CHARACTERS, Inbox
from services.conversations.presence import WritingSign
from services.conversations.worker import TurnWorker
from services.edges.patience import MAX_BODY_BYTES
from services.edges.setup import EDGE_MIDDLEWARES, setup_edges
from services.settings import Settings
from services.store.conversations import lock_conversation
from services.store.deletion import delete_conversation_rows
from services.store.tables import Inbound
from services.vocabulary import Author, Owner
from tests.conftest import ScriptedRasa

ACUTE = "han har en pistol och är på väg till skolan nu"


@pytest.fixture
async def client(core: Core, rasa: ScriptedRasa) -> AsyncIterator[TestClient]:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    middlewares = (problems_middleware, *EDGE_MIDDLEWARES)
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY_BYTES)
    app[SETTINGS] = Settings(_env_file=None)
    app[CORE], app[INBOX], app[WORKER] = core, Inbox(core), TurnWorker(core)
    setup_edges(app)
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


async def read_events(
    response: ClientResponse, count: int, *, named: str | None = None
) -> list[dict[str, Any]]:
    """The next messages, or the next events with a name."""
    events: list[dict[str, Any]] = []
    while len(events) < count:
        block = (await asyncio.wait_for(response.content.readuntil(b"\n\n"), 10)).decode()
        fields = dict(line.split(": ", 1) for line in block.strip().splitlines())
        if "data" in fields and fields.get("event") == named:
            events.append(json.loads(fields["data"]))
    return events


async def give_to_coordinator(core: Core, bearer: dict[str, str], owner: Owner) -> UUID:
    """Let a coordinator have the conversation, or the assistant have it back; give its id."""
    conversation_id = UUID(bearer["Authorization"].removeprefix("Bearer ").partition(".")[0])
    async with core.database.begin() as session:
        conversation = await lock_conversation(session, conversation_id)
        assert conversation is not None
        conversation.owner = owner
    core.wakeups.wake(conversation_id)
    return conversation_id


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
    words, card = reply["reply"]["blocks"][:2]
    assert "112" in words["text"]
    assert card["id"] == "112"
    assert card["note"] is None  # nothing to read in danger but the number
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
        await client.post("/api/chat/typing", headers=headers),
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


async def test_that_the_caller_writes_reaches_a_coordinator_and_never_the_assistant(
    client: TestClient, bearer: dict[str, str], core: Core
) -> None:
    for owner in (Owner.BOT, Owner.COORDINATOR):
        conversation = await give_to_coordinator(core, bearer, owner)
        assert (await client.post("/api/chat/typing", headers=bearer)).status == 204
        told = core.presence.writing_at(conversation, Author.CALLER, core.clock()) is not None
        assert told is (owner is Owner.COORDINATOR)


async def test_however_many_signs_are_sent_few_wake_anybody(
    client: TestClient, bearer: dict[str, str], core: Core
) -> None:
    conversation = await give_to_coordinator(core, bearer, Owner.COORDINATOR)
    with core.wakeups.following(conversation) as woken:
        wakes = 0
        for _ in range(20):
            assert (await client.post("/api/chat/typing", headers=bearer)).status == 204
            wakes += woken.is_set()
            woken.clear()
    assert wakes == 1


async def test_what_is_sent_ends_the_writing(
    client: TestClient, bearer: dict[str, str], core: Core
) -> None:
    conversation = await give_to_coordinator(core, bearer, Owner.COORDINATOR)
    await client.post("/api/chat/typing", headers=bearer)
    await client.post("/api/chat/messages", headers=bearer, json={"id": "1", "text": "tack"})
    assert core.presence.writing_at(conversation, Author.CALLER, core.clock()) is None


async def test_the_page_hears_that_a_coordinator_has_the_conversation_and_writes(
    client: TestClient, bearer: dict[str, str], core: Core
) -> None:
    async with client.get("/api/chat/events", headers=bearer) as stream:
        conversation = await give_to_coordinator(core, bearer, Owner.COORDINATOR)
        [taken] = await read_events(stream, 1, named="coordinator")
        core.tell(WritingSign(conversation, Author.COORDINATOR, is_writing=True))
        [writing] = await read_events(stream, 1, named="coordinator")
        await give_to_coordinator(core, bearer, Owner.BOT)
        [given_back] = await read_events(stream, 1, named="coordinator")
    assert taken == {"has_conversation": True, "is_writing": False}
    assert writing == {"has_conversation": True, "is_writing": True}
    assert given_back == {"has_conversation": False, "is_writing": False}


async def test_who_has_the_chat_open_is_known_and_who_closes_it_too(
    client: TestClient, bearer: dict[str, str], core: Core
) -> None:
    conversation = await give_to_coordinator(core, bearer, Owner.BOT)
    assert not core.presence.whereabouts(conversation, core.clock()).here
    async with client.get("/api/chat/events", headers=bearer) as stream:
        await client.post("/api/chat/messages", headers=bearer, json={"id": "1", "text": "hej"})
        await read_events(stream, 1)
        assert core.presence.whereabouts(conversation, core.clock()).here
    async with asyncio.timeout(30):  # at the latest when the stream gives its next sign of life
        with core.wakeups.following(conversation) as woken:
            await client.post("/api/chat/messages", headers=bearer, json={"id": "2", "text": "å"})
            while core.presence.whereabouts(conversation, core.clock()).here:
                await woken.wait()
                woken.clear()
    assert core.presence.whereabouts(conversation, core.clock()).left_at == core.clock()


async def test_a_page_that_is_open_hears_that_its_conversation_is_deleted(
    core: Core, client: TestClient, bearer: dict[str, str]
) -> None:
    sent = await client.post("/api/chat/messages", headers=bearer, json={"id": "1", "text": ACUTE})
    assert sent.status == 202
    conversation_id = UUID(bearer["Authorization"].removeprefix("Bearer ").partition(".")[0])
    async with client.get("/api/chat/events", headers=bearer) as stream:
        await read_events(stream, 2)
        async with core.database.begin() as session:
            await delete_conversation_rows(session, [conversation_id])
        core.wakeups.wake(conversation_id)
        assert await read_events(stream, 1, named="deleted") == [{}]
        assert await stream.content.read() == b""
    again = await client.get("/api/chat/events", headers=bearer)
    await problem_of(again, 401)
