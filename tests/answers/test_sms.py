"""Every answer and phrase fits in two text messages, an acute one in one, wherever and whenever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from services.answers.checks import VALUE_NAMES
from services.answers.knowledge import Knowledge
from services.answers.rendering import Renderer
from services.answers.segments import plain, segments
from services.answers.topics import TOPICS
from services.vocabulary import Channel, ContactId, Setting, TopicId, Urgency, Variant

type MakeSetting = Callable[..., Setting]

ACUTE = (TopicId("akut_fara"), TopicId("sjalvmord"))
HOURS = (
    "2026-11-23 12:30",  # Monday: the concern line is open
    "2026-11-23 17:00",  # between the office and the night line
    "2026-11-24 10:00",
    "2026-11-26 08:30",
    "2026-11-21 22:00",  # Saturday night
    "2026-12-21 18:30",  # the concern line loses Christmas Eve: the longest words for when it opens
    "2026-12-24 10:00",
    "2027-12-01 10:00",  # every answer is past its review and says its year
)


@pytest.fixture(scope="module")
def everywhere(knowledge: Knowledge, setting: MakeSetting) -> list[Setting]:
    return [
        setting(place, variant, Channel.SMS, at)
        for variant in (Variant.SMS, Variant.ENGLISH)
        for place in knowledge.municipalities
        for at in HOURS
    ]


def too_long(texts: Iterator[tuple[str, str]], most: int) -> list[tuple[str, int, str]]:
    return [
        (name, segments(plain(text)).count, text)
        for name, text in texts
        if segments(plain(text)).count > most
    ]


def test_every_answer_with_its_contacts_fits_in_two(
    knowledge: Knowledge, renderer: Renderer, everywhere: list[Setting]
) -> None:
    texts = (
        (t, renderer.answer(t, s).as_sms_text()) for t in knowledge.answers for s in everywhere
    )
    assert too_long(texts, 2) == []


def test_every_answer_to_a_concern_fits_with_the_contacts_that_routing_adds(
    knowledge: Knowledge, renderer: Renderer, everywhere: list[Setting]
) -> None:
    def texts() -> Iterator[tuple[str, str]]:
        for setting in everywhere:
            rows = {
                row.contacts
                for row in knowledge.routing.rows
                if setting.municipality in (row.when.municipality or knowledge.municipalities)
                and row.when.urgency != frozenset({Urgency.AKUT})
            }
            added = {ids: renderer.contacts(ids, setting).as_sms_text() for ids in rows}
            for topic in TOPICS["oro"]:
                words = renderer.answer(topic, setting).blocks[0]
                for ids, lines in added.items():
                    yield f"{topic} {ids}", f"{words.text}\n{lines}"

    assert too_long(texts(), 2) == []


def test_the_acute_answers_fit_in_one(renderer: Renderer, everywhere: list[Setting]) -> None:
    texts = ((t, renderer.answer(t, s).as_sms_text()) for t in ACUTE for s in everywhere)
    assert too_long(texts, 1) == []


def test_every_phrase_fits(
    knowledge: Knowledge, renderer: Renderer, everywhere: list[Setting]
) -> None:
    values = dict.fromkeys(VALUE_NAMES, "8 tecken")
    for phrase in knowledge.phrases:
        if phrase.startswith("samtal_"):
            continue
        most = 1 if phrase.startswith("akut") else 2
        texts = (
            (phrase, renderer.phrase(phrase, here, values=values).as_sms_text())
            for setting in everywhere
            for here in (setting, replace(setting, variant=Variant.LATTLAST))
        )
        assert too_long(texts, most) == []


def test_every_text_message_stays_in_the_plain_alphabet(
    knowledge: Knowledge, renderer: Renderer, everywhere: list[Setting]
) -> None:
    for topic in knowledge.answers:
        for setting in everywhere:
            assert segments(renderer.answer(topic, setting).as_sms_text()).gsm, topic


def test_a_closed_line_says_when_it_opens_and_an_unconfirmed_one_its_year(
    renderer: Renderer, setting: MakeSetting
) -> None:
    here = setting("annan", Variant.SMS, Channel.SMS, "2026-11-21 22:00")
    ids = [ContactId("socialtjanst"), ContactId("orostelefon")]
    assert renderer.contacts(ids, here).as_sms_text().splitlines() == [
        "Socialjour via nödnumret 112",
        "Socialtjänsten: kommunens växel",
        "Orostelefonen 020-100 200 (bekräftad 2024), öppnar mån 12.00",
    ]
    in_english = replace(here, variant=Variant.ENGLISH)
    assert renderer.contacts(ids, in_english).as_sms_text().splitlines() == [
        "Socialjour (out of hours) 112",
        "Social services: municipal switchboard",
        "Concern line 020-100 200 (confirmed 2024), opens Monday 12.00",
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("å" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" * 77, 3),  # a letter of two units is never parted
        ("ő" * 70, 1),
        ("ő" * 71, 2),
        ("ő" * 135, 3),
        ("😊" * 35, 1),
        ("😊" * 36, 2),
    ],
)
def test_segments_are_counted_as_the_phone_network_does(text: str, count: int) -> None:
    assert segments(text).count == count


def test_no_answer_offers_more_than_four_next_steps(
    knowledge: Knowledge, renderer: Renderer, setting: MakeSetting
) -> None:
    for variant in Variant:
        here = setting(variant=variant)
        human = renderer.choices(("prata_med_manniska",), here)
        for topic in knowledge.answers:
            reply = renderer.answer(topic, here)
            assert 2 <= len(reply.choices) <= 4
            assert len(human.followed_by(reply).choices) <= 4
