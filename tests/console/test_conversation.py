"""The live conversation: what is said reaches both, once, and the bot is silent meanwhile."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from services.conversations.inbox import MAX_MESSAGE_CHARACTERS
from services.conversations.timeline import Event
from services.store.messages import list_outbound_after
from services.store.tables import OutboundState, TicketState
from services.tickets.outcome import TicketOutcome
from services.vocabulary import Author, ContactId, MunicipalityId, Owner, Urgency
from tests.conftest import ScriptedRasa
from tests.console.conftest import Caller, Console
from tests.console.test_queue import following
from tests.turns import take_turn


def words_of(events: list[Event], author: Author = Author.COORDINATOR) -> list[str | None]:
    return [event.text for event in events if event.author is author]


async def test_what_a_coordinator_writes_reaches_the_caller_once_however_often_it_is_sent(
    console: Console,
) -> None:
    anna, caller = await console.coordinator(), await console.caller()
    ticket = await caller.ask_for_human()
    await anna.take(ticket)
    answers = await asyncio.gather(
        *(anna.say(ticket, "Hej, jag läser nu.", client_id="samma") for _ in range(5))
    )
    assert {answer.status for answer in answers} == {201}
    assert len({(await answer.json())["position"] for answer in answers}) == 1
    assert words_of(await caller.sees()) == ["Hej, jag läser nu."]


async def test_the_page_shows_what_was_said_and_runs_none_of_it(console: Console) -> None:
    anna, caller = await console.coordinator(), await console.caller()
    await caller.write("<script>alert('x')</script> & han är inte hemma")
    ticket = await caller.ask_for_human(
        Urgency.HOG, iakttagelse="Han säger <b>konstiga</b> saker & visar märken."
    )
    page = await (await anna.get(f"/samordnare/arende/{ticket}")).text()
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; han" in page
    assert "<script>alert" not in page
    assert "&lt;b&gt;konstiga&lt;/b&gt; saker &amp; visar" in page


async def test_the_ticket_shows_every_field_with_what_was_not_asked_said_as_such(
    console: Console,
) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket(
        relation="moster",
        aldersband="<18",
        iakttagelse="Han visar märken.",
        trygghet="ja, hemma",
        samtycke=True,
    )
    page = " ".join((await anna.read(f"/samordnare/arende/{ticket}")).split())
    shown = {
        "Relation till personen": "moster",
        "Personens ålder": "Under 18 år",
        "Med egna ord": "Han visar märken.",
        "Trygghet, med egna ord": "ja, hemma",
        "Samtycke till kontakt": "Ja",
        "Språk": "svenska",
        "Kommun": "Göteborg",
    }
    for label, value in shown.items():
        assert f'<dt>{label}</dt> <dd dir="auto">{value}</dd>' in page
    empty = (
        "Akut, med egna ord", "Varför just nu", "Barn i närheten", "Önskad hjälp", "Trygg tid",
        "Kontakter som redan tagits", "Tryggt sätt att nå den som hör av sig", "Tolk behövs",
        "Får meddelande lämnas", "Miljö, med egna ord", "När", "Var", "Sett eller hört", "Tolkning",
    )  # fmt: skip
    for label in empty:
        assert f'<dt>{label}</dt> <dd class="nothing">inte frågat / inte svarat</dd>' in page
    assert "Säkerhetsnätet hittade: vapen och avsikt (säkert)" in page


async def test_when_a_later_message_is_more_urgent_the_ticket_rises_and_says_so(
    console: Console,
) -> None:
    anna, caller = await console.coordinator(), await console.caller()
    ticket = await caller.ask_for_human(Urgency.ORO)
    await caller.write("han har en pistol och är på väg till skolan nu")
    page = await anna.read(f"/samordnare/arende/{ticket}")
    assert "<h3>Varför akut</h3>" in page
    assert "Ett senare meddelande höjde brådskan." in page
    assert 'class="badge badge-akut"' in page.split('id="timeline"')[1]


async def test_only_the_one_who_has_the_conversation_can_write_in_it(console: Console) -> None:
    anna, bjorn = await console.coordinator("Anna Berg"), await console.coordinator("Björn Ek")
    caller = await console.caller()
    ticket = await caller.ask_for_human()
    assert (await anna.say(ticket, "för tidigt")).status == 409
    await anna.take(ticket)
    refused = await bjorn.say(ticket, "jag också")
    assert refused.status == 409
    assert (await refused.json())["title"] == "Du har inte det här samtalet"
    for path in ("lamna", "avsluta"):
        answer = await bjorn.send(f"/samordnare/arende/{ticket}/{path}", outcome="annat")
        assert answer.status == 409
    assert words_of(await caller.sees()) == []
    assert (await console.row(ticket)).state is TicketState.CLAIMED


@pytest.mark.parametrize(
    ("text", "status"),
    [("", 422), (" \n\t", 422), ("å" * (MAX_MESSAGE_CHARACTERS + 1), 413)],
)
async def test_nothing_is_sent_of_what_is_empty_or_too_long(
    console: Console, text: str, status: int
) -> None:
    anna, caller = await console.coordinator(), await console.caller()
    ticket = await caller.ask_for_human()
    await anna.take(ticket)
    assert (await anna.say(ticket, text)).status == status
    assert words_of(await caller.sees()) == []


async def test_a_message_that_is_no_message_is_refused(console: Console) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket()
    await anna.take(ticket)
    bodies = (b"", b"[]", b'{"id": "1"}', b'{"id": "a b", "text": "x"}', b'{"id": 1, "te', b"\xff")
    for body in bodies:
        response = await anna.session.post(
            f"/samordnare/api/tickets/{ticket}/messages",
            data=body,
            headers={"X-CSRF-Token": anna.csrf, "Content-Type": "application/json"},
        )
        assert response.status == 400


async def test_before_script_the_form_sends_too_and_keeps_what_was_refused(
    console: Console,
) -> None:
    anna, caller = await console.coordinator(), await console.caller()
    ticket = await caller.ask_for_human()
    path = f"/samordnare/arende/{ticket}/meddelanden"
    refused = await anna.send(path, id="1", text="ett långt svar")
    assert refused.status == 409
    assert ">ett långt svar</textarea>" in await refused.text()
    await anna.take(ticket)
    for _ in range(2):
        assert (await anna.send(path, id="1", text="ett långt svar")).status == 303
    assert words_of(await caller.sees()) == ["ett långt svar"]


async def test_the_bot_is_silent_from_the_claim_to_the_hand_back(
    console: Console, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    anna, caller = await console.coordinator(), await console.caller()
    ticket = await caller.ask_for_human()
    await anna.take(ticket)
    await caller.write("Vad är Toleransprojektet?")
    await take_turn(console.core, caller.id)
    assert words_of(await caller.sees(), Author.BOT) == []
    page = await anna.read(f"/samordnare/arende/{ticket}")
    assert "Vad är Toleransprojektet?" in page
    assert "Du har samtalet. Assistenten är tyst." in page
    assert (await anna.send(f"/samordnare/arende/{ticket}/lamna")).status == 303
    row = await console.row(ticket)
    assert (row.state, row.coordinator_id) == (TicketState.WAITING, None)
    assert (await anna.say(ticket, "för sent")).status == 409
    await caller.write("Vad är Toleransprojektet?")
    await take_turn(console.core, caller.id)
    assert len(words_of(await caller.sees(), Author.BOT)) == 1


@pytest.mark.parametrize("outcome", TicketOutcome)
async def test_closing_keeps_the_outcome_tells_the_caller_and_lets_the_bot_answer_again(
    console: Console, outcome: TicketOutcome
) -> None:
    anna, caller = await console.coordinator(), await console.caller()
    ticket = await caller.ask_for_human()
    await anna.take(ticket)
    fence = (await caller.conversation()).fence
    closed = await anna.send(f"/samordnare/arende/{ticket}/avsluta", outcome=outcome.value)
    assert closed.status == 303
    row = await console.row(ticket)
    assert (row.state, row.outcome) == (TicketState.CLOSED, outcome.value)
    assert row.closed_at == console.clock.now
    conversation = await caller.conversation()
    assert (conversation.owner, conversation.fence) == (Owner.BOT, fence + 1)
    last = (await caller.sees())[-1]
    assert last.author is Author.SERVICE
    assert last.reply is not None
    assert "Samordnaren har lämnat samtalet" in last.reply.as_texts()[0]
    assert row.reference not in await anna.read("/samordnare")
    assert "Avslutat. Utfall:" in await anna.read(f"/samordnare/arende/{ticket}")


async def test_without_a_known_outcome_nothing_is_closed(console: Console) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket()
    await anna.take(ticket)
    for fields in ({}, {"outcome": "påhittat"}):
        answer = await anna.send(f"/samordnare/arende/{ticket}/avsluta", **fields)
        assert answer.status == 400
    assert (await console.row(ticket)).state is TicketState.CLAIMED


async def test_after_a_closed_ticket_the_caller_can_ask_for_a_human_again(
    console: Console,
) -> None:
    anna, caller = await console.coordinator(), await console.caller()
    first = await caller.ask_for_human()
    await anna.take(first)
    await anna.send(f"/samordnare/arende/{first}/avsluta", outcome="radgivning")
    second = await caller.ask_for_human()
    assert second != first
    assert (await anna.take(second)).status == 303


async def test_the_stream_brings_each_message_once_and_goes_on_after_a_break(
    console: Console,
) -> None:
    anna, caller = await console.coordinator(), await console.caller()
    ticket = await caller.ask_for_human()
    await anna.take(ticket)
    path = f"/samordnare/api/tickets/{ticket}/events"
    async with following(anna, path) as stream:
        first = await stream.next_of("message")
        await caller.write("är du där?")
        second = await stream.next_of("message")
        assert "är du där?" in second.data["html"]
        assert (second.data["author"], int(second.id)) == ("caller", int(first.id) + 1)
    await anna.say(ticket, "ja, jag är här")
    for resumed in (
        following(anna, path, **{"Last-Event-ID": second.id}),
        following(anna, f"{path}?after={second.id}"),
    ):
        async with resumed as stream:
            third = await stream.next_of("message")
            assert "ja, jag är här" in third.data["html"]
            assert int(third.id) == int(second.id) + 1


async def test_the_open_page_hears_how_far_a_text_message_has_come(console: Console) -> None:
    anna, caller = await console.coordinator(), await console.caller()
    ticket = await caller.ask_for_human()
    await anna.take(ticket)
    await anna.say(ticket, "Jag ringer dig strax.")
    position = await become_text_message(console, caller, OutboundState.SENDING)
    async with following(anna, f"/samordnare/api/tickets/{ticket}/events") as stream:
        first = await stream.next_of("deliveries")
        assert first.data[position] == {"text": "Skickas", "failed": False}
        await become_text_message(console, caller, OutboundState.FAILED)
        console.core.wakeups.wake(caller.id)
        second = await stream.next_of("deliveries")
        assert second.data[position] == {"text": "Kom inte fram", "failed": True}


async def become_text_message(console: Console, caller: Caller, state: OutboundState) -> str:
    """Let the last message to the caller be a text message that has come so far."""
    async with console.core.database.begin() as session:
        row = (await list_outbound_after(session, caller.id, 0))[-1]
        row.state = state
        return str(row.position)


async def test_the_stream_tells_when_somebody_else_takes_the_conversation(
    console: Console,
) -> None:
    anna, bjorn = await console.coordinator("Anna Berg"), await console.coordinator("Björn Ek")
    ticket = await console.ticket()
    async with following(anna, f"/samordnare/api/tickets/{ticket}/events") as stream:
        before = await stream.next_of("panel")
        assert "Ta över" in before.data["standing"]
        await bjorn.take(ticket)
        after = await stream.next_of("panel")
        assert "Björn Ek har samtalet" in after.data["standing"]
        assert (after.data["mine"], "Ta över" in after.data["standing"]) == (False, False)


@pytest.mark.parametrize("given", ["-1", "x", "1e3", "9" * 30, "²"])
async def test_a_position_that_is_no_position_is_refused(console: Console, given: str) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket()
    path = f"/samordnare/api/tickets/{ticket}/events"
    assert (await anna.get(path, params={"after": given})).status == 400


async def test_an_unknown_ticket_is_not_found_by_any_route(console: Console) -> None:
    anna = await console.coordinator()
    unknown = uuid4()
    assert (await anna.get(f"/samordnare/arende/{unknown}")).status == 404
    for path in ("ta-over", "lamna", "avsluta", "meddelanden"):
        fields = {"outcome": "annat", "id": "1", "text": "hej"}
        answer = await anna.send(f"/samordnare/arende/{unknown}/{path}", **fields)
        assert answer.status == 404


async def test_what_the_bot_said_can_be_read_with_numbers_and_sources(
    console: Console, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "oro_narstaende"}
    anna, caller = await console.coordinator(), await console.caller()
    ticket = await caller.ask_for_human()
    await caller.write("Jag är orolig för min son.")
    await take_turn(console.core, caller.id)
    page = await anna.read(f"/samordnare/arende/{ticket}")
    assert "AI-assistenten" in page
    assert "Källa:" in page
    contact = console.core.renderer.knowledge.contact(
        ContactId("socialtjanst"), MunicipalityId("goteborg")
    )
    assert contact is not None
    assert f"{contact.name} {contact.number}" in page
