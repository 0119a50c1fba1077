"""Coordinators see that the assistant is away, also on a page that is open already."""

from __future__ import annotations

import pytest

from services.conversations import rasa_state
from tests.conftest import ScriptedRasa
from tests.console.conftest import Console
from tests.console.test_queue import following

AWAY = "Assistenten är borta"


@pytest.fixture(autouse=True)
def looked_for_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa_state, "LOOK_PAUSE", 0.05)


async def test_the_page_and_the_open_page_tell_that_it_is_away_and_that_it_is_back(
    console: Console, rasa: ScriptedRasa
) -> None:
    anna = await console.coordinator()
    async with following(anna, "/samordnare/api/queue/events") as stream:
        assert AWAY not in (await stream.next_of("assistant")).data["html"]
        for rasa.is_ready in (False, True):
            told = (await stream.next_of("assistant")).data["html"]
            assert (AWAY in told) is not rasa.is_ready
            page = await (await anna.get("/samordnare")).text()
            assert (AWAY in page) is not rasa.is_ready
