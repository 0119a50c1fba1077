"""Other languages are told, and a cry for help in them is heard."""

from __future__ import annotations

import pytest

from services.triage.judge import Judge
from services.triage.language import LanguageReader
from services.vocabulary import Urgency


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("My brother took a knife and went out", "en"),
        ("أخي معه سكين", "ar"),
        ("Walaalkay wuxuu haystaa mindi", "so"),
        ("برادرم چاقو دارد و بیرون رفت", "fa"),
        ("Moj brat ima nož i ide u školu", "bs"),
        ("Kardeşim bıçağı aldı ve çıktı", "tr"),
        ("Birayê min tifing heye û derket", "ku"),
        ("ሓወይ ካራ ሒዙ ወጺኡ", "ti"),
        ("Mój brat wziął nóż i wyszedł z domu", "pl"),
        ("Veljelläni on veitsi ja hän lähti kouluun", "fi"),
        ("Mi hermano tiene una pistola y salió", "es"),
        ("Мій брат узяв пістолет і пішов", "uk"),
        ("Мой брат взял нож и ушёл из дома", "ru"),
    ],
)
def test_an_emergency_is_heard_in_the_larger_languages(
    languages: LanguageReader, judge: Judge, text: str, code: str
) -> None:
    found = languages.read(text)
    assert found is not None
    assert (found.code, found.danger) == (code, True)
    judgement = judge.judge(text)
    assert judgement.urgency is Urgency.AKUT
    assert judgement.facts.language == code


@pytest.mark.parametrize(
    "text",
    [
        "Är någon där?",
        "hej",
        "ok",
        "Jag är orolig för min son",
        "112",
        "",
        "!!!",
        "asså bror wallah",
    ],
)
def test_swedish_and_what_can_not_be_told_is_taken_for_swedish(
    languages: LanguageReader, text: str
) -> None:
    assert languages.read(text) is None


@pytest.mark.parametrize(
    "text", ["Do you have an interpreter?", "Чи є у вас перекладач?", "Necesito un intérprete"]
)
def test_asking_for_an_interpreter_is_not_an_emergency(judge: Judge, text: str) -> None:
    judgement = judge.judge(text)
    assert judgement.urgency is not Urgency.AKUT
    assert not judgement.asks_danger


def test_who_excuses_their_swedish_and_tells_of_danger_is_led_with_112(judge: Judge) -> None:
    text = "Sorry I don't speak Swedish. My cousin has a gun, he is going to kill his teacher."
    assert judge.judge(text).urgency is Urgency.AKUT


def test_who_asks_for_an_interpreter_about_a_danger_word_is_not_led_with_112(judge: Judge) -> None:
    text = "Which languages do your interpreters have, for talking about suicide at our school?"
    assert judge.judge(text).urgency is not Urgency.AKUT


def test_an_english_danger_word_in_a_harmless_message_does_not_cry_alarm(judge: Judge) -> None:
    judgement = judge.judge("This form is killing me, where do I pay the parking fee?")
    assert judgement.urgency is not Urgency.AKUT
