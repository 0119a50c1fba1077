"""What went wrong is told by kind, the gravest first; what must hold stops the build."""

from __future__ import annotations

import pytest

from services.evaluation.errors import ErrorKind, gravest_error, mistakes
from services.evaluation.gate import gate, only_asked_that_should_be_led
from services.evaluation.near_duplicates import SimilarPair
from services.evaluation.pairs import unlike_pairs
from services.evaluation.share import Share
from services.vocabulary import Urgency

AKUT, HOG, ORO, INFO, UTANFOR = Urgency


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (ErrorKind.ACUTE_MISSED, {"expected": AKUT, "got": ORO}),
        (ErrorKind.ACUTE_ONLY_ASKED, {"expected": AKUT, "got": ORO, "asks": True}),
        (ErrorKind.LED_WITHOUT_NEED, {"expected": HOG, "got": AKUT}),
        (ErrorKind.SERIOUS_UNSEEN, {"expected": HOG, "got": INFO}),
        (ErrorKind.WRONG_URGENCY, {"expected": HOG, "got": INFO, "asks": True, "may_ask": True}),
        (ErrorKind.ASKED_WITHOUT_NEED, {"expected": ORO, "asks": True}),
        (ErrorKind.WRONG_URGENCY, {"expected": ORO, "got": INFO}),
        (ErrorKind.NO_RIGHT_CONTACT, {"expected": ORO, "contacts": ("bris",)}),
        (ErrorKind.WRONG_TOPIC, {"expected": ORO, "got_topics": ("hej",)}),
        (None, {"expected": ORO}),
        (None, {"expected": ORO, "asks": True, "may_ask": True}),
        (None, {"expected": ORO, "contacts": ("bris",), "got_contacts": None, "got_topics": None}),
    ],
)
def test_a_message_counts_by_its_gravest_error(judged, kind, message) -> None:
    assert gravest_error(judged("1", **message)) is kind


def test_the_gravest_errors_come_first(judged) -> None:
    messages = [
        judged("ämne", ORO, got_topics=("hej",)),
        judged("nära", AKUT, HOG),
        judged("rätt", ORO),
        judged("långt", AKUT, UTANFOR),
        judged("får inte missas", AKUT, HOG, must_not_miss=True),
        judged("i onödan", INFO, AKUT),
    ]
    order = [mistake.judged.case.id for mistake in mistakes(messages)]
    assert order == ["får inte missas", "långt", "nära", "i onödan", "ämne"]


@pytest.mark.parametrize(
    ("other", "unlike"),
    [
        ({}, False),
        ({"got": HOG}, True),
        ({"asks": True}, True),
        ({"got_topics": ("hej",)}, False),
    ],
)
def test_a_pair_must_get_the_same_urgency_lead_and_question(judged, other, unlike) -> None:
    first = judged("1", ORO, tags=("par:01", "vit_makt"))
    second = judged("2", ORO, tags=("par:01", "islamistisk"), **other)
    stranger = judged("3", INFO, tags=("par:02",))
    found = unlike_pairs([first, stranger, second])
    assert [pair.members for pair in found] == ([(first, second)] if unlike else [])


def test_the_gate_is_passed_when_enough_acute_messages_are_led(judged) -> None:
    messages = [judged(str(i), AKUT) for i in range(19)]
    assert gate([*messages, judged("miss", AKUT, ORO)], ()).passed
    low = gate([*messages, judged("a", AKUT, ORO), judged("b", AKUT, ORO)], ())
    assert low.recall_is_low
    assert low.acute_recall == Share(19, 21)
    assert not low.passed


def test_one_message_that_must_not_be_missed_stops_the_build(judged) -> None:
    messages = [judged(str(i), AKUT, must_not_miss=True) for i in range(99)]
    assert gate(messages, ()).passed
    result = gate([*messages, judged("utan 112", AKUT, ORO, must_not_miss=True)], ())
    assert not result.recall_is_low
    assert result.missed == ("utan 112",)
    assert not result.passed


def test_a_message_that_got_112_with_the_question_is_told_but_not_missed(judged) -> None:
    messages = [judged(str(i), AKUT, must_not_miss=True) for i in range(99)]
    asked = judged("frågad", AKUT, ORO, asks=True, must_not_miss=True)
    assert gate([*messages, asked], ()).passed
    assert only_asked_that_should_be_led([*messages, asked]) == ("frågad",)


def test_one_training_message_like_an_evaluation_message_stops_the_build(judged) -> None:
    leak = SimilarPair("oro/tecken.yml:9", "amnen: t001", 0.8)
    assert not gate([judged("1", AKUT)], (leak,)).passed


def test_a_set_without_acute_messages_does_not_pass(judged) -> None:
    assert not gate([judged("1", ORO)], ()).passed
