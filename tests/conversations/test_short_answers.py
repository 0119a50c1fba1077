"""Short answers to what the assistant asked or offered itself are met with a fitting word."""

from __future__ import annotations

import pytest

from services.answers.knowledge import Knowledge
from services.answers.rendering import Renderer
from services.conversations.short_answers import Asked, Taken, take_short_answer
from services.vocabulary import Channel, MunicipalityId, Setting, Variant
from tests.conftest import NOON

OFFERED = ["prata_med_manniska", "ring_upp_mig", "bara_rad"]


def taken(
    knowledge: Knowledge,
    text: str,
    *,
    choice: str | None = None,
    if_helped: bool = False,
    danger: bool = False,
    offered: bool = False,
    channel: Channel = Channel.WEB,
) -> Taken | None:
    setting = Setting(
        channel=channel,
        variant=Variant(channel.value),
        municipality=MunicipalityId("goteborg"),
        at=NOON,
    )
    asked = Asked(if_helped=if_helped, danger=danger, offered=offered, offers=offered)
    return take_short_answer(Renderer(knowledge), asked, setting, choice=choice, text=text)


def words(answer: Taken | None) -> str:
    assert answer is not None
    return "\n".join(answer.reply.as_texts())


def choices(answer: Taken | None) -> list[str]:
    assert answer is not None
    return [one.id for one in answer.reply.choices]


@pytest.mark.parametrize("text", ["nej tack", "bara råden", "RÅD"])
def test_enough_with_the_advice_ends_with_how_to_come_back_and_one_question(
    knowledge: Knowledge, text: str
) -> None:
    answer = taken(knowledge, text, offered=True)
    assert "när du vill" in words(answer)
    assert "Hjälpte" in words(answer)
    assert choices(answer) == ["ja", "nej", "radera_uppgifter"]
    assert answer is not None
    assert answer.asks_if_helped


def test_the_button_for_the_advice_counts_whatever_was_asked(knowledge: Knowledge) -> None:
    assert "stannar vi vid råden" in words(taken(knowledge, "Bara råden", choice="bara_rad"))


@pytest.mark.parametrize("text", ["nej", "bara råden", "ja"])
def test_where_nothing_was_asked_or_offered_it_is_the_dialogue_s(
    knowledge: Knowledge, text: str
) -> None:
    assert taken(knowledge, text) is None


def test_nobody_in_danger_leads_on_to_the_offer(knowledge: Knowledge) -> None:
    answer = taken(knowledge, "nej, inte just nu", danger=True, offered=True)
    assert "Bra att ingen är i fara" in words(answer)
    assert choices(answer) == OFFERED
    assert answer is not None
    assert not answer.asks_if_helped


def test_a_text_message_has_the_offer_in_numbers_only(knowledge: Knowledge) -> None:
    answer = taken(knowledge, "NEJ", danger=True, offered=True, channel=Channel.SMS)
    assert "Vill du prata" not in words(answer)
    assert choices(answer) == OFFERED


@pytest.mark.parametrize("text", ["nej men snart", "vet inte", "ja", "han har kniven framme nu"])
def test_what_is_no_clear_no_to_danger_is_no_short_answer(knowledge: Knowledge, text: str) -> None:
    assert taken(knowledge, text, danger=True) is None


@pytest.mark.parametrize(
    ("text", "says"), [("ja tack", "bra att höra"), ("jo", "bra att höra"), ("nej", "ledsen")]
)
def test_whether_it_helped_may_be_told_in_any_short_word(
    knowledge: Knowledge, text: str, says: str
) -> None:
    assert says in words(taken(knowledge, text, if_helped=True, offered=True))


@pytest.mark.parametrize(
    "text", ["ja, men nu har han kommit hem med en uniform", "ja, skicka igen"]
)
def test_an_account_or_a_wish_is_no_answer_to_whether_it_helped(
    knowledge: Knowledge, text: str
) -> None:
    assert taken(knowledge, text, if_helped=True, offered=True) is None
