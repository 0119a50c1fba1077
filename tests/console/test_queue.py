"""The queue: who needs somebody first is on top, and of two who take a ticket one gets it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientResponse

from services.console.accounts import disable_coordinator
from services.settings import Settings
from services.store.tables import TicketState
from services.vocabulary import Author, Urgency
from tests.console.conftest import Console, Visitor


@dataclass
class Event:
    """A server-sent event."""

    name: str
    id: str | None
    data: dict[str, Any]


class Follower:
    """Reads a stream, event by event, without the signs of life."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response

    async def next(self) -> Event:
        while (event := await self._next()).name in {"here", "assistant"}:
            pass
        return event

    async def next_of(self, name: str) -> Event:
        while (event := await self._next()).name != name:
            pass
        return event

    async def _next(self) -> Event:
        async with asyncio.timeout(5):
            block = (await self.response.content.readuntil(b"\n\n")).decode()
        lines = dict(line.split(": ", 1) for line in block.strip().split("\n"))
        return Event(lines["event"], lines.get("id"), json.loads(lines["data"]))

    async def nothing_new(self) -> bool:
        """The next thing said is only a sign of life."""
        while (event := await self._next()).name == "assistant":
            pass
        return event.name == "here"


@asynccontextmanager
async def following(visitor: Visitor, path: str, **headers: str) -> AsyncIterator[Follower]:
    async with visitor.session.get(path, headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        yield Follower(response)


def references(page: str) -> list[str]:
    return re.findall(r'class="reference" id="read-[^>]*>([A-Z0-9-]+)<', page)


async def test_the_most_urgent_is_first_and_among_equals_the_one_who_waited_longest(
    console: Console,
) -> None:
    anna = await console.coordinator()
    expected = {}
    for place, urgency in ((4, Urgency.ORO), (2, Urgency.HOG), (1, Urgency.AKUT), (3, Urgency.HOG)):
        expected[place] = (await console.row(await console.ticket(urgency))).reference
        console.clock.go(minutes=1)
    page = await anna.read("/samordnare")
    assert references(page) == [reference for _, reference in sorted(expected.items())]


async def test_a_row_says_urgency_channel_place_waiting_time_and_what_is_due(
    console: Console,
) -> None:
    anna = await console.coordinator()
    await console.ticket(Urgency.HOG)
    console.clock.go(minutes=12)
    page = await anna.read("/samordnare")
    for words in (">Hög<", "Webbchatt, Göteborg", "Väntat 12 min"):
        assert words in page
    assert "Svar senast kl. 12.30, 18 min kvar" in page
    console.clock.go(minutes=20)
    assert "Försenat 2 min" in await anna.read("/samordnare")


async def test_the_queue_shows_nothing_of_what_was_said(console: Console) -> None:
    anna = await console.coordinator()
    await console.ticket(relation="moster", iakttagelse="ett hemligt kännetecken")
    page = await anna.read("/samordnare")
    assert "kännetecken" not in page
    assert "moster" not in page


async def test_an_answer_stops_the_clock_also_after_the_ticket_was_handed_back(
    console: Console,
) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket(Urgency.AKUT)
    await anna.take(ticket)
    assert (await anna.say(ticket, "Hej, jag heter Anna.")).status == 201
    await anna.send(f"/samordnare/arende/{ticket}/lamna")
    console.clock.go(minutes=10)
    page = await anna.read("/samordnare")
    assert "Fick svar kl. 12.00" in page
    assert "Försenat" not in page


async def test_a_ticket_that_was_taken_but_not_answered_is_overdue_all_the_same(
    console: Console,
) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket(Urgency.AKUT)
    await anna.take(ticket)
    console.clock.go(minutes=6)
    assert "Försenat 1 min" in await anna.read("/samordnare")


async def test_of_two_who_take_a_ticket_at_once_one_gets_it_and_the_other_is_told_who(
    console: Console,
) -> None:
    anna, bjorn = await console.coordinator("Anna Berg"), await console.coordinator("Björn Ek")
    for _ in range(200):
        ticket = await console.ticket()
        answers = await asyncio.gather(anna.take(ticket), bjorn.take(ticket))
        won = [answer for answer in answers if answer.status == 303]
        (lost,) = [answer for answer in answers if answer.status == 409]
        assert len(won) == 1
        assert won[0].headers["Location"] == f"/samordnare/arende/{ticket}"
        winner = "Anna Berg" if won[0] is answers[0] else "Björn Ek"
        assert f"{winner} har tagit ärendet" in await lost.text()
        assert f"Hos {winner}" in await lost.text()


async def test_a_second_click_by_the_winner_changes_nothing(console: Console) -> None:
    anna = await console.coordinator()
    caller = await console.caller()
    ticket = await caller.ask_for_human()
    assert [(await anna.take(ticket)).status for _ in range(3)] == [303, 303, 303]
    told = [event for event in await caller.sees() if event.author is Author.SERVICE]
    assert len(told) == 1


async def test_a_closed_ticket_can_not_be_taken(console: Console) -> None:
    anna, bjorn = await console.coordinator("Anna Berg"), await console.coordinator("Björn Ek")
    ticket = await console.ticket()
    await anna.take(ticket)
    await anna.send(f"/samordnare/arende/{ticket}/avsluta", outcome="radgivning")
    answer = await bjorn.take(ticket)
    assert answer.status == 409
    assert "avslutat" in await answer.text()
    assert (await console.row(ticket)).state is TicketState.CLOSED


async def test_what_somebody_had_whose_account_was_closed_waits_for_somebody_else(
    console: Console,
) -> None:
    anna, bjorn = await console.coordinator("Anna Berg"), await console.coordinator("Björn Ek")
    caller = await console.caller()
    ticket = await caller.ask_for_human()
    await bjorn.take(ticket)
    assert f'id="take-{ticket}"' not in await anna.read("/samordnare")
    async with console.core.database.begin() as session:
        await disable_coordinator(session, "Björn Ek", console.clock())
    assert f'id="take-{ticket}"' in await anna.read("/samordnare")
    assert (await anna.take(ticket)).status == 303
    assert (await anna.say(ticket, "Nu är det jag som läser.")).status == 201


async def test_the_stream_tells_the_queue_at_once_and_then_each_change(console: Console) -> None:
    anna = await console.coordinator()
    async with following(anna, "/samordnare/api/queue/events") as stream:
        empty = await stream.next()
        assert (empty.name, empty.data["waiting"], empty.data["tickets"]) == ("queue", 0, [])
        ticket = await console.ticket(Urgency.AKUT)
        reference = (await console.row(ticket)).reference
        news = await stream.next()
        (told,) = news.data["tickets"]
        assert told["id"] == str(ticket)
        assert (told["waiting"], told["overdue"]) == (True, False)
        assert told["announcement"] == f"Väntar på svar: {reference}. Akut, Webbchatt, Göteborg."
        assert reference in news.data["html"]
        await anna.take(ticket)
        assert (await stream.next()).data["tickets"][0]["waiting"] is False


async def test_a_stream_that_was_lost_goes_on_without_saying_anything_twice(
    console: Console,
) -> None:
    anna = await console.coordinator()
    path = "/samordnare/api/queue/events"
    async with following(anna, path) as stream:
        before = await stream.next()
    assert before.id is not None
    headers = {"Last-Event-ID": before.id}
    async with following(anna, path, **headers) as stream:
        assert await stream.nothing_new()
    ticket = await console.ticket()
    async with following(anna, path, **headers) as stream:
        assert (await stream.next()).data["tickets"][0]["id"] == str(ticket)


async def test_a_stream_ends_with_the_session(console: Console, settings: Settings) -> None:
    anna = await console.coordinator()
    async with following(anna, "/samordnare/api/queue/events") as stream:
        await stream.next()
        console.clock.go(minutes=settings.coordinator_idle_minutes)
        await console.ticket()
        assert (await stream.next()).name == "ended"
        assert await stream.response.content.read() == b""
