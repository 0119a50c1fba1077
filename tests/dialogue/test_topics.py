"""Answers: what a message is about decides what is said, in ids and never in words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dialogue.conftest import Caller, RasaSide, request

ROOT = Path(__file__).resolve().parents[2]


def domain() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "domain.yml").read_text("utf-8")))


def topics() -> list[str]:
    return list(domain()["slots"]["amne"]["values"])


def test_every_topic_has_an_intent_an_answer_and_training_messages() -> None:
    answers = {path.stem for path in (ROOT / "knowledge" / "answers").glob("*/*.yml")}
    trained = {
        one["intent"]
        for path in (ROOT / "data" / "nlu").rglob("*.yml")
        for one in yaml.safe_load(path.read_text("utf-8"))["nlu"]
    }
    assert set(topics()) <= set(domain()["intents"])
    assert set(topics()) == answers
    assert set(domain()["intents"]) == trained


def test_every_phrase_that_is_used_exists() -> None:
    phrases: set[str] = set()
    for path in (ROOT / "knowledge" / "phrases").glob("*.yml"):
        phrases |= yaml.safe_load(path.read_text("utf-8")).keys()
    used = {
        one["custom"]["phrase"]
        for variants in domain()["responses"].values()
        for one in variants
        if "phrase" in one["custom"]
    }
    for source in (ROOT / "actions").glob("*.py"):
        used |= set(re.findall(r'"phrase": "(\w+)"|says=\("(\w+)"', source.read_text("utf-8")))
    names = {name for one in used for name in ([one] if isinstance(one, str) else one) if name}
    assert names <= phrases


@pytest.mark.parametrize("topic", [name for name in topics() if name != "prata_med_manniska"])
async def test_a_pressed_topic_gets_its_answer(caller: Caller, topic: str) -> None:
    assert await caller.presses(topic) == [{"answer": topic}]
    assert caller.last["topics"] == [{"id": topic, "confidence": 1.0}]
    assert caller.last["in_form"] is False


async def test_a_written_question_gets_its_answer_with_the_ten_likeliest_topics(
    caller: Caller,
) -> None:
    assert await caller.says("Vad är den autonoma miljön?") == [{"answer": "autonoma"}]
    guesses = caller.last["topics"]
    assert 2 <= len(guesses) <= 10
    assert guesses[0]["id"] == "autonoma"
    assert [one["confidence"] for one in guesses] == sorted(
        (one["confidence"] for one in guesses), reverse=True
    )


async def test_missing_diacritics_and_capitals_change_nothing(rasa_side: RasaSide) -> None:
    plain = await rasa_side.turn("Vad är den autonoma miljön?")
    bare = await rasa_side.turn("VAD AR DEN AUTONOMA MILJON?")
    assert plain["topics"] == bare["topics"]


async def test_what_cannot_be_understood_is_said_so(caller: Caller) -> None:
    # Letters of a language that no message is in: every topic is as unlikely as the others.
    directives = await caller.says("ჟჟჟ")
    assert directives[0]["phrase"] == "forstod_inte"


@pytest.mark.parametrize(
    ("intent", "phrase"), [("lattlast", "sprak_lattlast"), ("english", "sprak_engelska")]
)
async def test_another_language_can_be_chosen(caller: Caller, intent: str, phrase: str) -> None:
    assert await caller.presses(intent) == [{"phrase": phrase}]


@pytest.mark.parametrize("intent", ["ja", "nej", "hoppa_over", "avbryt", "fortsatt", "uppgift"])
async def test_a_word_of_the_conversation_alone_starts_nothing(caller: Caller, intent: str) -> None:
    assert await caller.presses(intent) == [{"phrase": "okej"}]
    assert caller.last["in_form"] is False


async def test_the_same_request_gives_the_same_reply(rasa_side: RasaSide, caller: Caller) -> None:
    await caller.presses("prata_med_manniska")
    again = request("han har slutat gå till skolan och hänger med dem varje kväll", caller.state)
    first = await rasa_side.post(again)
    assert [await rasa_side.post(again) for _ in range(3)] == [first] * 3
