"""Wishes are heard in plain words, and only where the message says nothing else."""

from __future__ import annotations

import pytest

from services.reading.wishes import Wish, read_command, read_wish


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
        "",
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
