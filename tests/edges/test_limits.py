"""Who sends too much is told so kindly, with the emergency number; what is acute is let through."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.edges import open_streams
from services.edges.limits import LIMITS, cost_of
from services.edges.open_streams import OpenStreams
from services.store.conversations import lock_conversation
from services.store.outbox import find_conversation_by_caller
from services.triage.judge import Judge
from services.vocabulary import Channel
from tests.edges.conftest import ACUTE, CALM, Service, settings_for

Serve = Callable[..., Awaitable[Service]]
NARROW = {"limit_caller": "2/hour"}


async def is_kind_refusal(response: Any) -> bool:
    """A 429 that says what to do, when to try again, and whom to call meanwhile."""
    body = await response.json()
    blocks = body["reply"]["blocks"]
    assert response.content_type == "application/problem+json"
    assert body["title"]
    assert "112" in blocks[0]["text"]
    assert {"112", "socialtjanst"} <= {block.get("id") for block in blocks}
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    return response.status == 429


async def test_who_writes_too_fast_waits_and_is_told_whom_to_call(serve: Serve) -> None:
    service = await serve(**NARROW)
    bearer = await service.open()
    for number in range(2):
        assert (await service.say(bearer, CALM, client_id=str(number))).status == 202
    assert await is_kind_refusal(await service.say(bearer, CALM, client_id="3"))
    other = await service.open()
    assert (await service.say(other, CALM)).status == 202


async def test_an_acute_message_is_taken_over_the_limit(serve: Serve) -> None:
    service = await serve(**NARROW)
    bearer = await service.open()
    for number in range(4):
        await service.say(bearer, CALM, client_id=str(number))
    sent = await service.say(bearer, ACUTE, client_id="acute")
    assert sent.status == 202
    assert "112" in json.dumps((await sent.json())["reply"])


async def test_yes_to_the_question_about_danger_is_taken_over_the_limit(serve: Serve) -> None:
    service = await serve(limit_caller="1/hour")
    bearer = await service.open()
    await service.say(bearer, CALM, client_id="1")
    async with service.client.get("/api/chat/events", headers=bearer) as stream:
        await stream.content.readuntil(b'"author":"bot"')
    assert await is_kind_refusal(await service.say(bearer, "ja", client_id="2"))
    conversation_id = bearer["Authorization"].removeprefix("Bearer ").partition(".")[0]
    async with service.core.database.begin() as session:
        row = await lock_conversation(session, UUID(conversation_id))
        assert row is not None
        row.danger_asked = True
    sent = await service.say(bearer, "ja", client_id="yes")
    assert sent.status == 202
    assert "112" in json.dumps((await sent.json())["reply"])


async def test_what_was_taken_before_is_acknowledged_again_over_the_limit(serve: Serve) -> None:
    service = await serve(**NARROW)
    bearer = await service.open()
    first = await (await service.say(bearer, CALM, client_id="1")).json()
    await service.say(bearer, CALM, client_id="2")
    again = await service.say(bearer, CALM, client_id="1")
    assert again.status == 202
    assert (await again.json())["position"] == first["position"]


async def test_a_flood_is_judged_so_often_and_no_more(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = 0
    judge = Judge.judge

    def counting(self: Judge, text: str, **options: Any) -> Any:
        nonlocal judged
        judged += 1
        return judge(self, text, **options)

    monkeypatch.setattr(Judge, "judge", counting)
    service = await serve(**NARROW)
    bearer = await service.open()
    for number in range(60):
        last = await service.say(bearer, CALM, client_id=str(number))
    assert await is_kind_refusal(last)
    assert judged < 20  # 2 and 6, and a few more if a new minute began
    # Unjudged, an acute message is refused too: in words that begin with the emergency number.
    assert await is_kind_refusal(await service.say(bearer, ACUTE, client_id="acute"))


def test_a_long_message_counts_for_several() -> None:
    assert cost_of("hej") == 1
    assert cost_of("x" * 8_000) == 9


async def test_one_address_can_not_write_for_all(serve: Serve) -> None:
    service = await serve(limit_address="3/hour")
    for number in range(3):
        assert (await service.say(await service.open(), CALM, client_id=str(number))).status == 202
    assert await is_kind_refusal(await service.say(await service.open(), CALM))


async def test_guessing_at_secrets_is_limited_and_harms_no_one_elses_conversation(
    serve: Serve,
) -> None:
    service = await serve(limit_caller="3/hour")
    bearer = await service.open()
    wrong = {"Authorization": bearer["Authorization"][:-1] + "!"}
    for number in range(4):
        assert (await service.say(wrong, CALM, client_id=str(number))).status in {401, 429}
    assert (await service.say(bearer, CALM)).status == 202


async def test_conversations_from_one_address_are_limited(serve: Serve) -> None:
    service = await serve(limit_openings="2/hour")
    for _ in range(2):
        await service.open()
    assert await is_kind_refusal(await service.client.post("/api/chat/conversations"))


async def test_behind_a_trusted_proxy_each_caller_has_a_limit_of_their_own(serve: Serve) -> None:
    service = await serve(limit_openings="1/hour", trusted_proxies="127.0.0.1")
    for address in ("203.0.113.1", "203.0.113.2", "2001:db8::1"):
        await service.open(**{"X-Forwarded-For": address})
    again = await service.client.post(
        "/api/chat/conversations", headers={"X-Forwarded-For": "2001:db8::2"}
    )
    assert again.status == 429


async def test_logins_from_one_address_are_limited(serve: Serve) -> None:
    service = await serve(limit_logins="2/hour")
    form = {"name": "anna", "password": "fel lösenord"}
    for _ in range(2):
        assert (await service.client.post("/samordnare/logga-in", data=form)).status == 422
    refused = await service.client.post("/samordnare/logga-in", data=form)
    assert refused.status == 429
    assert "Vänta en minut" in await refused.text()
    assert int(refused.headers["Retry-After"]) >= 1
    sign_in = await service.client.get("/samordnare/kommunens-inloggning")
    assert sign_in.status == 429  # before anything is sent to the provider


async def test_a_number_that_texts_too_fast_is_told_so_a_few_times(serve: Serve) -> None:
    service = await serve(limit_caller="2/hour")
    answers = [await service.text(CALM, sid=f"SM{number}") for number in range(30)]
    told = [answer for answer in answers if "<Message>" in answer]
    assert 1 <= len(told) <= 3
    assert all("112" in answer for answer in told)
    assert "<Message>" not in answers[0]
    assert "112" not in await service.text(CALM, sid="other", sender="+46701740606")


async def test_stop_is_heard_over_the_limit(serve: Serve) -> None:
    service = await serve(limit_caller="2/hour")
    for number in range(12):
        await service.text(CALM, sid=f"SM{number}")
    await service.text("Stopp!", sid="stop")
    hashed = service.core.keyring.lookup_hash("+46701740605")
    async with service.core.database.read() as session:
        conversation = await find_conversation_by_caller(session, hashed)
    assert conversation is not None
    assert conversation.stopped_at is not None


async def test_an_acute_text_message_is_taken_over_the_limit(serve: Serve) -> None:
    service = await serve(limit_caller="2/hour")
    for number in range(4):
        await service.text(CALM, sid=f"SM{number}")
    assert "<Message>" not in await service.text(ACUTE, sid="acute")
    hashed = service.core.keyring.lookup_hash("+46701740605")
    async with service.core.database.read() as session:
        conversation = await find_conversation_by_caller(session, hashed)
    assert conversation is not None
    assert conversation.urgency == "akut"
    assert conversation.channel is Channel.SMS


async def test_calls_from_one_number_are_limited_in_words(serve: Serve) -> None:
    service = await serve(limit_calls="1/hour")
    heard = []
    for number in range(2):
        call = await service.webhook("/twilio/voice", CallSid=f"CA{number}", From="+46701740605")
        heard.append(await call.text())
    assert "<Gather" in heard[0]
    assert "<Hangup" in heard[1]
    assert "ett ett två" in heard[1]


async def test_the_newest_streams_of_a_conversation_stay_open(service: Service) -> None:
    bearer = await service.open()
    streams = []
    for _ in range(open_streams.MOST_OF_A_CONVERSATION + 1):
        stream = await service.client.get("/api/chat/events", headers=bearer)
        assert stream.status == 200
        streams.append(stream)
    await service.say(bearer, CALM)
    async with asyncio.timeout(20):
        oldest = await streams[0].content.read()
        await streams[-1].content.readuntil(CALM.encode())
    assert CALM.encode() not in oldest
    for stream in streams:
        stream.close()


async def test_streams_from_one_address_are_limited(serve: Serve) -> None:
    service = await serve(limit_streams=2)
    bearers = [await service.open() for _ in range(3)]
    open_ones = [
        await service.client.get("/api/chat/events", headers=bearer) for bearer in bearers[:2]
    ]
    refused = await service.client.get("/api/chat/events", headers=bearers[2])
    assert refused.status == 429
    assert refused.headers["Retry-After"]
    for stream in open_ones:
        stream.close()


def test_a_stream_that_ended_is_no_longer_counted() -> None:
    streams = OpenStreams(most_from_an_address=1)
    for _ in range(3):
        with streams.opened(uuid4(), "203.0.113.9") as ended:
            assert not ended.is_set()


@pytest.mark.parametrize("rate", ["", "lots", "3", "3/fortnight"])
def test_a_rate_that_is_none_is_refused_at_the_start(tmp_path: Any, rate: str) -> None:
    with pytest.raises(ValueError, match="limit_caller"):
        settings_for(tmp_path, limit_caller=rate)


async def test_limits_are_there_without_being_asked_for(service: Service) -> None:
    limits = service.app[LIMITS]
    for gate in (limits.messages, limits.openings, limits.logins, limits.texts, limits.calls):
        assert gate.everybody
        assert gate.caller or gate.address
