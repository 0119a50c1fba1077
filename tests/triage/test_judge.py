"""The judge: the highest opinion wins, each explains itself, and no text breaks it."""

from __future__ import annotations

import string
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.settings import ROOT
from services.triage.classifier import ModelError
from services.triage.judge import Judge, windows
from services.triage.judgement import Judgement, TopicGuess
from services.triage.words import fold
from services.vocabulary import TopicId, Urgency

ACUTE = [
    "han har en pistol och är på väg till skolan nu",
    "min bror säger att han ska döda dem ikväll, han har tagit kniven",
    "jag tänker ta livet av mig nu",
    "de slår honom, han blöder och andas inte",
    "min syster är inlåst och de kör henne till flygplatsen i natt",
    "han hällde ut bensin i hallen och har en tändare",
]
"""Plain emergencies, made up for the tests."""

_WORDS = """
min son inte pistol nu igår film skolan orolig vad är kniv hej tack ikväll han jag dö
"""
words = st.sampled_from(_WORDS.split())
sentences = st.lists(words, max_size=30).map(" ".join)


def seen(judgement: Judgement) -> bool:
    return judgement.urgency is Urgency.AKUT or judgement.asks_danger


@pytest.mark.parametrize("text", ACUTE)
def test_a_plain_emergency_is_acute(judge: Judge, text: str) -> None:
    assert judge.judge(text).urgency is Urgency.AKUT


@pytest.mark.parametrize("text", ACUTE)
def test_an_emergency_without_dots_is_seen_all_the_same(judge: Judge, text: str) -> None:
    assert seen(judge.judge(fold(text)))


@pytest.mark.parametrize("text", ACUTE)
def test_an_emergency_is_seen_in_the_middle_of_a_long_story(judge: Judge, text: str) -> None:
    story = "Vi har pratat om skolan och vädret och det är mycket nu. " * 25
    assert seen(judge.judge(f"{story} {text}. {story}"))


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("Jag är orolig för min son, han har börjat hänga med nazister", Urgency.ORO),
        ("Vad är den autonoma miljön?", Urgency.INFO),
        ("hej", Urgency.UTANFOR),
        ("tack så mycket", Urgency.UTANFOR),
    ],
)
def test_worry_questions_and_greetings_are_what_they_are(
    judge: Judge, text: str, urgency: Urgency
) -> None:
    judgement = judge.judge(text)
    assert judgement.urgency is urgency
    assert not judgement.asks_danger


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("min son ber i moskén varje dag", "min son ber i kyrkan varje dag"),
        ("han har blivit muslim", "han har blivit kristen"),
        ("min dotter har börjat hänga med nazister", "min dotter har börjat hänga med islamister"),
        ("min granne Ahmed är arg på alla", "min granne Anders är arg på alla"),
    ],
)
def test_faith_name_and_milieu_make_no_difference(judge: Judge, one: str, other: str) -> None:
    first, second = judge.judge(one), judge.judge(other)
    assert (first.urgency, first.asks_danger) == (second.urgency, second.asks_danger)


def test_every_judgement_gives_its_grounds_and_its_version(judge: Judge) -> None:
    judgement = judge.judge(ACUTE[0])
    assert {reason.by for reason in judgement.why} >= {"safety_net", "classifier"}
    assert judgement.model == judge.version != ""


@pytest.mark.parametrize(
    "answer", ["ja", "Ja!", "kanske", "vet inte", "nej men snart", "jag tror det"]
)
def test_yes_maybe_and_do_not_know_to_danger_are_acute(judge: Judge, answer: str) -> None:
    assert judge.judge(answer, danger_asked=True).urgency is Urgency.AKUT
    assert judge.judge(answer).urgency is not Urgency.AKUT


@pytest.mark.parametrize("answer", ["nej", "Nej.", "nä", "ingen är i fara", "inte just nu"])
def test_no_to_danger_is_not_acute_and_is_not_asked_again(judge: Judge, answer: str) -> None:
    judgement = judge.judge(answer, danger_asked=True)
    assert judgement.urgency is not Urgency.AKUT
    assert not judgement.asks_danger


def test_an_answer_that_is_neither_is_judged_for_what_it_says(judge: Judge) -> None:
    question = "vilket nummer har socialtjänsten"
    asked, plain = judge.judge(question, danger_asked=True), judge.judge(question)
    assert (asked.urgency, asked.asks_danger) == (plain.urgency, plain.asks_danger)


@pytest.mark.parametrize(
    ("choice", "urgency"),
    [
        ("akut_fara", Urgency.AKUT),
        ("sjalvmord", Urgency.AKUT),
        ("toleransprojektet", Urgency.INFO),
        ("prata_med_manniska", Urgency.INFO),
        ("tack", Urgency.UTANFOR),
        ("nej", Urgency.UTANFOR),
    ],
)
def test_a_button_is_judged_by_its_topic(judge: Judge, choice: str, urgency: Urgency) -> None:
    assert judge.judge_choice(choice).urgency is urgency


def test_the_button_for_suicide_says_so(judge: Judge) -> None:
    assert judge.judge_choice("sjalvmord").suicide


def test_a_sure_topic_raises_urgency_and_an_unsure_one_does_not(judge: Judge) -> None:
    question = Judgement(urgency=Urgency.INFO)

    def with_topic(confidence: float) -> Urgency:
        guess = TopicGuess(id=TopicId("oro_narstaende"), confidence=confidence)
        return judge.with_topics(question, [guess]).urgency

    assert with_topic(0.99) is Urgency.ORO
    assert with_topic(0.1) is Urgency.INFO


def test_a_topic_of_danger_asks(judge: Judge) -> None:
    guess = TopicGuess(id=TopicId("akut_fara"), confidence=0.99)
    judgement = judge.with_topics(Judgement(urgency=Urgency.ORO), [guess])
    assert judgement.asks_danger
    assert judgement.why[-1].by == "topic"


@given(st.text(max_size=400))
def test_no_text_breaks_the_judge(judge: Judge, text: str) -> None:
    assert judge.judge(text).why


@given(st.text(alphabet=string.printable + "åäöÅÄÖ😀\u200d\x00", max_size=300))
def test_no_answer_to_danger_breaks_the_judge(judge: Judge, text: str) -> None:
    assert judge.judge(text, danger_asked=True).why


@given(sentences, st.sampled_from(ACUTE))
@settings(max_examples=60)
def test_an_emergency_after_anything_is_seen_when_it_is_its_own_sentence(
    judge: Judge, before: str, acute: str
) -> None:
    text = f"{before * 5}. {acute}"
    alone = judge.judge(before)
    both = judge.judge(text)
    assert both.urgency >= min(alone.urgency, Urgency.HOG)
    assert seen(both)


@given(sentences, sentences)
@settings(max_examples=60)
def test_a_topic_never_lowers_urgency(judge: Judge, text: str, topic: str) -> None:
    judgement = judge.judge(text)
    guess = TopicGuess(id=TopicId(topic), confidence=1.0)
    assert judge.with_topics(judgement, [guess]).urgency >= judgement.urgency


@pytest.mark.parametrize(
    "text",
    ["a" * 8_000, "han har en kniv " * 500, "a. " * 2_600, "!" * 8_000, "ååå " * 2_000],
    ids=["one word", "many concepts", "many sentences", "only signs", "one letter"],
)
def test_a_long_message_takes_bounded_time(judge: Judge, text: str) -> None:
    fastest = min(_seconds(judge, text) for _ in range(5))
    assert fastest < 0.25  # a machine that is busy with other tests; alone it is a fifth of this


def _seconds(judge: Judge, text: str) -> float:
    before = time.process_time()
    judge.judge(text)
    return time.process_time() - before


@given(st.text(alphabet=" .!?\nabcå", max_size=9_000))
@settings(max_examples=30)
def test_windows_hold_every_word_and_are_short(text: str) -> None:
    parts = list(windows(text))
    assert all(len(part) <= 1_500 for part in parts)
    assert set("".join(text.split())) == set("".join("".join(parts).split()))


def test_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="train"):
        Judge.load(ROOT / "knowledge", tmp_path)
