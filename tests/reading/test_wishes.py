"""Wishes are heard in plain words, and only where the message says nothing else."""

from __future__ import annotations

import pytest

from services.reading.wishes import (
    Wish,
    asks_for_call,
    read_command,
    read_wish,
    wants_just_advice,
)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("MÄNNISKA", Wish.HUMAN),
        ("Jag vill prata med en människa", Wish.HUMAN),
        ("kan jag få prata med en riktig människa tack", Wish.HUMAN),
        ("prata med en samordnare", Wish.HUMAN),
        ("lättläst", Wish.EASY),
        ("Jag vill ha lättläst, tack", Wish.EASY),
        ("på lätt svenska", Wish.EASY),
        ("English please", Wish.ENGLISH),
        ("Can we speak English?", Wish.ENGLISH),
        ("kan vi ta det på engelska", Wish.ENGLISH),
        ("AVBRYT", Wish.STOP),
        ("nej sluta", Wish.STOP),
        ("börja om", Wish.START_OVER),
        ("FORTSÄTT", Wish.GO_ON),
        ("vi fortsätter", Wish.GO_ON),
        ("RADERA", Wish.DELETE),
        ("kan ni ta bort samtalet?", Wish.DELETE),
        ("jag vill radera allt jag skrivit", Wish.DELETE),
    ],
)
def test_a_command_is_heard_whenever_it_is_said(text: str, wish: Wish) -> None:
    assert read_command(text) is wish
    assert read_wish(text) is wish


@pytest.mark.parametrize(("text", "wish"), [("Ja!", Wish.YES), ("ja tack", Wish.YES),
                                            ("nej", Wish.NO), ("nej tack", Wish.NO)])  # fmt: skip
def test_a_bare_yes_or_no_is_a_wish_only_where_no_question_waits(text: str, wish: Wish) -> None:
    assert read_wish(text) is wish
    assert read_command(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "RING",
        "ring upp mig",
        "Jag vill bli uppringd, tack",
        "kan ni ringa mig i morgon efter 16?",
        "kan nån ringa upp mig",
        "call me back please",
    ],
)
def test_a_wish_to_be_called_back_is_one_where_no_question_waits(text: str) -> None:
    assert read_wish(text) is Wish.CALL_BACK
    assert read_command(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "jag ringer sen",
        "jag vill ringa",
        "han ringer mig varje kväll",
        "ring mig, min son har en plan",
        "ring 112",
        "de ringer upp mig och hotar",
        "jag vill inte att ni ringer mig",
        "ring mig inte",
    ],
)
def test_other_calls_are_no_wish_to_be_called_back(text: str) -> None:
    assert not asks_for_call(text)


@pytest.mark.parametrize(
    ("text", "enough"),
    [
        ("RÅD", True),
        ("bara råden, tack", True),
        ("nej tack, jag vill bara ha råd", True),
        ("jag är nöjd med råden", True),
        ("just the advice", True),
        ("jag vill ha råd", False),
        ("bara råd om hur jag pratar med honom", False),
        ("råden hjälpte inte", False),
    ],
)
def test_enough_with_the_advice_is_heard_only_when_nothing_is_asked(
    text: str, enough: bool
) -> None:
    assert wants_just_advice(text) is enough


@pytest.mark.parametrize(
    "text",
    [
        "",
        "de vill ta bort alla som inte är som dom",
        "han raderade allt i sin telefon",
        "jag är orolig för en människa",
        "min son läser engelska sidor",
        "arabiska",
        "han vill sluta skolan",
        "han vill börja om i en ny stad",
        "nej han är hos dem nu",
        "ja, han har köpt en uniform",
        "en person som vill skada någon",
        "ska jag prata med min son",
        "han vill prata med en människa som förstår honom",
        "hej då världen, jag orkar inte mer",
    ],
)
def test_an_account_is_no_wish(text: str) -> None:
    assert read_wish(text) is None
