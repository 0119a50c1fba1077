"""Coordinators see that the assistant is away."""

from __future__ import annotations

from tests.console.conftest import Console

AWAY = "Assistenten är borta"


async def test_the_page_says_that_the_assistant_is_away_while_it_is(console: Console) -> None:
    anna = await console.coordinator()
    assert AWAY not in await (await anna.get("/samordnare")).text()
    console.core.rasa_answers = False
    assert AWAY in await (await anna.get("/samordnare")).text()
