"""The channel's border: who may ask, what is a turn, and that nothing is kept or written down."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import time
from typing import Any

import aiohttp
import pytest

from services.cli.processes import RASA_PYTHON, rasa_environment
from services.settings import ROOT, Settings
from tests.dialogue.conftest import TOKEN, Caller, RasaSide, request

MARKER = "kvastskaftsmarkör"
"""A word that nothing else has, to look for."""


async def test_health_says_that_a_model_is_loaded(rasa_side: RasaSide) -> None:
    async with rasa_side.session.get("/webhooks/oroslotsen/") as response:
        assert (response.status, await response.json()) == (200, {"ready": True})


@pytest.mark.parametrize("token", ["wrong", "a-token-for-test", "å", ""])
async def test_only_the_one_with_the_token_may_ask(rasa_side: RasaSide, token: str) -> None:
    status, body = await rasa_side.post(request("hej"), token=token)
    assert (status, body) == (401, {"error": "wrong token"})


async def test_rasas_own_doors_are_shut(rasa_side: RasaSide) -> None:
    for path in ("/webhooks/rest/webhook", "/model/parse", "/conversations/x/tracker/events"):
        async with rasa_side.session.post(path, json={"text": "hej"}) as response:
            assert response.status in {404, 405}


def _changed(**fields: Any) -> dict[str, Any]:
    return {**request(MARKER), **fields}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe" + MARKER.encode(),
        b"[" * 100_000,
        json.dumps(MARKER).encode(),
        json.dumps(_changed(text="x" * 300_000)).encode(),
        {"text": MARKER},
        _changed(text=""),
        _changed(text="   "),
        _changed(text=None),
        _changed(text=[MARKER]),
        _changed(text="x" * 10_001),
        _changed(message_id=MARKER),
        _changed(message_id=7),
        _changed(intent=MARKER),
        _changed(intent="restart"),
        _changed(intent="session_start"),
        _changed(intent="nlu_fallback"),
        _changed(intent="/hej"),
        _changed(intent=["hej"]),
        _changed(urgency=MARKER),
        _changed(urgency=["oro"]),
        _changed(slots={"samtycke": MARKER}),
        _changed(slots={"requested_slot": "samtycke"}),
        _changed(slots={"kommun": [MARKER]}),
        _changed(slots={"kommun": MARKER * 50}),
        _changed(slots=[MARKER]),
        _changed(state=MARKER),
        _changed(sender=MARKER),
    ],
)
async def test_what_is_no_turn_is_refused_without_echoing_it(
    rasa_side: RasaSide, body: Any
) -> None:
    status, reply = await rasa_side.post(body)
    assert status == 400
    assert list(reply) == ["error"]
    assert MARKER not in reply["error"]


async def test_half_of_a_surrogate_pair_is_refused(rasa_side: RasaSide) -> None:
    body = json.dumps(_changed(text="a")).replace('"a"', '"\\ud83d"').encode()
    assert (await rasa_side.post(body))[0] == 400


@pytest.mark.parametrize(
    "prefix", ["", " ", "\t\n", "\u00a0", "\u2003", "\u200b", "\ufeff", "/", "/ /", "\u2028/"]
)
async def test_a_command_in_the_text_is_only_text(rasa_side: RasaSide, prefix: str) -> None:
    for command in ("/restart", '/prata_med_manniska{"kommun":"malmo"}', "/session_start"):
        reply = await rasa_side.turn(prefix + command)
        assert all(one["confidence"] < 1.0 for one in reply["topics"])
        assert "kommun" not in reply["state"]["slots"]


async def test_a_command_cannot_fill_a_slot_in_the_form(caller: Caller) -> None:
    await caller.presses("prata_med_manniska")
    await caller.says('/uppgift{"samtycke": true, "aterkontakt": "x"}')
    assert caller.state is not None
    assert not {"samtycke", "aterkontakt"} & set(caller.state["slots"])


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"v": 0, "slots": {}},
        {"v": 1},
        {"v": 1, "slots": {"okand": "x"}},
        {"v": 1, "slots": {"kommun": {"a": 1}}},
        {"v": 1, "slots": {"kommun": "x" * 9000}},
        {"v": 1, "slots": {}, "form": "annat", "asked": "kommun"},
        {"v": 1, "slots": {}, "form": "arendeformular", "asked": "okand"},
        {"v": 1, "slots": {}, "form": "arendeformular"},
        {"v": 1, "slots": {"bradska": "akut"}},
        {"v": 1, "slots": {}, "extra": MARKER},
        {"v": 1, "slots": {"fragade": ["okand"]}, "form": "arendeformular", "asked": "relation"},
    ],
)
async def test_a_state_that_is_not_ours_gives_a_fresh_start(
    rasa_side: RasaSide, state: dict[str, Any]
) -> None:
    reply = await rasa_side.turn("Vad är den autonoma miljön?", state)
    fresh = await rasa_side.turn("Vad är den autonoma miljön?")
    assert {**reply, "topics": []} == {**fresh, "topics": []}


async def test_a_dropped_state_is_counted_in_the_log(rasa_side: RasaSide) -> None:
    await rasa_side.turn("hej", {"v": 0, "slots": {"kommun": MARKER}})
    assert "Dropped a dialogue state" in _log(rasa_side)
    assert MARKER not in _log(rasa_side)


async def test_no_word_of_a_caller_is_in_any_log_or_file(
    rasa_side: RasaSide, caller: Caller
) -> None:
    caller.slots = {"relation": MARKER}
    await caller.says(f"/{MARKER} {MARKER}")
    await caller.presses("prata_med_manniska")
    await caller.says(f"{MARKER} stod på torget i går")
    await caller.says(MARKER)
    await caller.says(f"Varför {MARKER}?")
    await caller.says("avbryt")
    await rasa_side.post(_changed(intent=MARKER))
    await rasa_side.post(_changed(text="{" + MARKER))
    for path in rasa_side.logs.rglob("*"):
        assert MARKER not in path.read_text("utf-8", errors="replace"), path.name
    assert _log(rasa_side)


def _log(rasa_side: RasaSide) -> str:
    return (rasa_side.logs / "rasa.log").read_text("utf-8", errors="replace")


async def test_conversations_at_the_same_time_do_not_meet(rasa_side: RasaSide) -> None:
    callers = [Caller(rasa_side) for _ in range(12)]
    for one in callers:
        await one.presses("prata_med_manniska")

    async def tell(one: Caller, number: int) -> dict[str, Any]:
        await one.says(f"samtal nummer {number} handlar om en person som har ändrat sig mycket")
        assert one.state is not None
        return dict(one.state["slots"])

    told = await asyncio.gather(*(tell(one, number) for number, one in enumerate(callers)))
    for number, slots in enumerate(told):
        assert slots["iakttagelse"].startswith(f"samtal nummer {number} ")


async def test_a_conversation_neither_grows_nor_slows(caller: Caller) -> None:
    texts = ("Vad är den autonoma miljön?", "ja", "Hur gör jag en orosanmälan?", "tack")
    states = []
    for turn in range(500):
        await caller.says(texts[turn % len(texts)])
        states.append(caller.state)
    assert len({len(json.dumps(state)) for state in states[4:]}) == 1
    early: list[float] = []
    late: list[float] = []
    # Turn about, so that what else the machine does weighs on both.
    for _ in range(60):
        for state, times in ((states[4], early), (states[-1], late)):
            start = time.perf_counter()
            await caller.rasa.turn(texts[0], state)
            times.append(time.perf_counter() - start)
    assert statistics.median(late) <= 1.2 * statistics.median(early)


async def test_a_state_is_bounded_whatever_the_caller_writes(caller: Caller) -> None:
    await caller.presses("prata_med_manniska")
    for _ in range(6):
        await caller.says("ord " * 2_000)
    for _ in range(5):
        await caller.says("mer ord " * 1_000)
    assert len(json.dumps(caller.state)) < 100_000


async def test_with_the_action_server_down_a_form_turn_is_a_fault_and_topics_are_answered(
    caller: Caller,
) -> None:
    await caller.presses("prata_med_manniska")
    await caller.rasa.actions.stop()
    try:
        told = request(f"{MARKER} stod på torget i går kväll", caller.state)
        assert await caller.rasa.post(told) == (500, {"error": "no directive"})
        assert (await caller.rasa.turn("-", intent="sekretess"))["directives"] == [
            {"answer": "sekretess"}
        ]
    finally:
        await caller.rasa.actions.start()
    status, reply = await caller.rasa.post(told)
    assert status == 200
    assert reply["directives"][-1]["phrase"] == "fraga_relation"
    assert MARKER not in _log(caller.rasa)


async def test_the_action_server_answers_only_the_one_with_the_token(rasa_side: RasaSide) -> None:
    url = f"http://127.0.0.1:{rasa_side.actions_port}/webhook"
    right = {"Authorization": f"Bearer {TOKEN.get_secret_value()}"}
    broken = {"next_action": "validate_arendeformular", "tracker": {MARKER: 1}}
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            async with session.post(url, json=broken, headers=headers) as response:
                assert response.status == 401
        async with session.post(url, json={"next_action": "x"}, headers=right) as response:
            assert response.status == 404
        async with session.post(url, json=broken, headers=right) as response:
            assert response.status == 500
            assert MARKER not in await response.text()
    assert MARKER not in (rasa_side.logs / "actions.log").read_text("utf-8")


async def test_rasa_refuses_to_start_without_a_token() -> None:
    script = "from bot.channel import OroslotsenInput as C; C.from_credentials({'token': ' '})"
    environment = rasa_environment(Settings(), TOKEN)
    ran = await asyncio.to_thread(
        subprocess.run,
        [str(RASA_PYTHON), "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert "RASA_TOKEN is not set" in ran.stderr
