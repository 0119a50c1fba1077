"""Each measure counts the messages that it is about, and no other."""

from __future__ import annotations

import pytest

from services.evaluation.measures import (
    MEASURES,
    Goal,
    confusion,
    groupings,
    topic_macro_f1,
)
from services.evaluation.share import Share
from services.vocabulary import Channel, Urgency

AKUT, HOG, ORO, INFO, UTANFOR = Urgency

LED = "Acute led with 112"
LED_OR_ASKED = "Acute led with 112 or asked about danger"
NEEDLESS_LEAD = "Led with 112 without need, of all not acute"
NEEDLESS_ASK = "Asked about danger without need, of worry that should not be asked"
ASKED_WORRY = "Asked about danger, of all worry"
ASKED_QUESTIONS = "Asked about danger without need, of questions"
TOPIC = "Right topic first"
CONTACT = "Right contact shown, where one is needed"


def measured(title: str, *judged) -> Share:
    (measure,) = (measure for measure in MEASURES if measure.title == title)
    return measure.of(judged)


def test_an_acute_message_that_was_only_asked_about_is_not_led(judged) -> None:
    messages = (judged("1", AKUT), judged("2", AKUT, ORO, asks=True), judged("3", AKUT, INFO))
    assert measured(LED, *messages, judged("4", ORO)) == Share(1, 3)
    assert measured(LED_OR_ASKED, *messages, judged("4", ORO, asks=True)) == Share(2, 3)


def test_leading_without_need_is_counted_over_all_that_is_not_acute(judged) -> None:
    messages = (judged("1", AKUT), judged("2", HOG, AKUT), judged("3", INFO), judged("4", UTANFOR))
    assert measured(NEEDLESS_LEAD, *messages) == Share(1, 3)


def test_worry_that_may_be_asked_about_is_not_asked_without_need(judged) -> None:
    messages = (
        judged("1", ORO, asks=True, may_ask=True),
        judged("2", ORO, asks=True),
        judged("3", ORO),
        judged("4", HOG, asks=True),
    )
    assert measured(NEEDLESS_ASK, *messages) == Share(1, 2)
    assert measured(ASKED_WORRY, *messages) == Share(2, 3)


def test_asking_somebody_who_only_has_a_question_is_counted_over_questions(judged) -> None:
    messages = (judged("1", INFO, asks=True), judged("2", INFO), judged("3", ORO, asks=True))
    assert measured(ASKED_QUESTIONS, *messages) == Share(1, 2)


def test_right_urgency_is_the_very_one(judged) -> None:
    messages = (judged("1", ORO), judged("2", ORO, HOG), judged("3", UTANFOR, INFO))
    assert measured("Right urgency", *messages) == Share(1, 3)


def test_any_accepted_topic_is_right_if_it_comes_first(judged) -> None:
    def message(*got: str):
        return judged("1", ORO, topics=("tecken", "oro_elev"), got_topics=got)

    assert measured(TOPIC, message("tecken")) == Share(1, 1)
    assert measured(TOPIC, message("oro_elev", "tecken")) == Share(1, 1)
    assert measured(TOPIC, message("hej", "tecken")) == Share(0, 1)
    assert measured(TOPIC, message()) == Share(0, 1)


def test_any_accepted_contact_is_right_wherever_it_stands(judged) -> None:
    def message(wanted: tuple[str, ...], *got: str):
        return judged("1", ORO, contacts=wanted, got_contacts=got)

    assert measured(CONTACT, message(("bris", "112"), "1177", "112")) == Share(1, 1)
    assert measured(CONTACT, message(("bris", "112"), "1177")) == Share(0, 1)
    assert measured(CONTACT, message((), "1177")).n == 0


def test_what_only_the_dialogue_says_is_not_measured_without_it(judged) -> None:
    alone = judged("1", ORO, contacts=("bris",), got_topics=None, got_contacts=None)
    assert measured(TOPIC, alone).n == 0
    assert measured(CONTACT, alone).n == 0
    assert topic_macro_f1([alone]) is None


@pytest.mark.parametrize(
    ("goal", "share", "met"),
    [
        (Goal("≥", 0.95), Share(95, 100), True),
        (Goal("≥", 0.95), Share(94, 100), False),
        (Goal("≤", 0.02), Share(2, 100), True),
        (Goal("≤", 0.02), Share(3, 100), False),
    ],
)
def test_a_goal_is_met_at_its_limit(goal: Goal, share: Share, met: bool) -> None:
    assert goal.met_by(share) is met


def test_macro_f1_weighs_rare_topics_as_much_as_common_ones(judged) -> None:
    common = [judged(str(i), ORO, topics=("tecken",), got_topics=("tecken",)) for i in range(9)]
    rare = judged("r", ORO, topics=("hotad",), got_topics=("hej",))
    assert topic_macro_f1([*common, rare]) == pytest.approx((1 + 0) / 2)
    accepted = judged("r", ORO, topics=("hotad", "tecken"), got_topics=("tecken",))
    assert topic_macro_f1([*common, accepted]) == pytest.approx(1)


def test_the_confusion_matrix_has_each_message_once(judged) -> None:
    counts = confusion([judged("1", ORO), judged("2", ORO, HOG), judged("3", AKUT, INFO)])
    assert counts[ORO][ORO] == counts[ORO][HOG] == counts[AKUT][INFO] == 1
    assert sum(sum(given.values()) for given in counts.values()) == 3


def test_every_message_has_one_channel_one_file_and_a_milieu_or_none(judged) -> None:
    messages = [
        judged("1", ORO, channel=Channel.SMS, tags=("vit_makt",), file="a"),
        judged("2", ORO, channel=Channel.VOICE, tags=("par:01",), file="b"),
        judged("3", ORO, tags=("islamistisk", "sprak:en", "flersprakig"), file="a"),
    ]
    by_title = {grouping.title: grouping.groups for grouping in groupings(messages)}
    for title in ("By channel", "By file", "By milieu"):
        for message in messages:
            assert sum(group.holds(message) for group in by_title[title]) == 1
    languages = {group.name: group for group in by_title["False alarms and other languages"]}
    assert [languages["not in Swedish"].holds(one) for one in messages] == [False, False, True]
