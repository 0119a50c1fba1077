"""A message that was acknowledged gets exactly one visible outcome, whatever happens around it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from services.answers.reply import TextBlock
from services.conversations import ownership
from services.conversations.core import Core
from services.conversations.errors import (
    EmptyMessageError,
    MessageTooLongError,
    NotOwnerError,
    UnknownChoiceError,
    UnknownConversationError,
)
from services.conversations.inbox import (
    MAX_MESSAGE_CHARACTERS,
    AcuteNotStoredError,
    Inbox,
    IncomingMessage,
    Receipt,
)
from services.conversations.sealing import conversation_key
from services.conversations.timeline import Event, read_timeline
from services.conversations.worker import TurnWorker
from services.store.conversations import get_conversation, lock_conversation
from services.store.database import Database
from services.store.tables import (
    Conversation,
    Coordinator,
    Inbound,
    InboundState,
    TicketRow,
)
from services.store.tickets import find_open_ticket
from services.tickets.errors import NotTicketOwnerError, TicketTakenError
from services.tickets.sealing import unseal_ticket
from services.vocabulary import Author, Channel, MunicipalityId, Owner, Urgency, Variant
from tests.conftest import NOON, ScriptedRasa
from tests.turns import take_turn

ACUTE = "han har en pistol och är på väg till skolan nu"
CALM = "Vad är Toleransprojektet?"


class Caller:
    """A caller on the web, as tests speak for one."""

    def __init__(self, core: Core, conversation: Conversation, secret: str) -> None:
        self.core, self.conversation, self.secret = core, conversation, secret
        self.inbox = Inbox(core)

    async def send(self, text: str, *, client_id: str | None = None) -> Receipt:
        return await self.receive(IncomingMessage(client_id or uuid4().hex, text))

    async def receive(self, message: IncomingMessage) -> Receipt:
        return await self.inbox.receive(
            self.conversation.id, self.secret, message, channel=Channel.WEB
        )

    async def row(self) -> Conversation:
        async with self.core.database.read() as session:
            row = await get_conversation(session, self.conversation.id)
        assert row is not None
        return row

    async def sees(self) -> list[Event]:
        row = await self.row()
        key = conversation_key(self.core.keyring, row)
        async with self.core.database.read() as session:
            return await read_timeline(session, key, row, after=0)

    async def hears(self) -> list[Event]:
        return [event for event in await self.sees() if event.author is not Author.CALLER]


@pytest.fixture
async def caller(core: Core) -> Caller:
    inbox = Inbox(core)
    conversation_id, secret = await inbox.open_conversation(Channel.WEB, MunicipalityId("goteborg"))
    return Caller(core, await inbox.authenticate(conversation_id, secret), secret)


@pytest.fixture
async def coordinators(database: Database) -> list[UUID]:
    ids = [uuid4(), uuid4()]
    async with database.begin() as session:
        session.add_all(
            Coordinator(
                id=one, name=f"Namn {n}", login=f"namn{n}", password_hash="x", created_at=NOON
            )
            for n, one in enumerate(ids)
        )
    return ids


@pytest.fixture
async def ticket_id(caller: Caller, rasa: ScriptedRasa) -> UUID:
    """The ticket of a caller who asked for a human."""
    rasa.answer = lambda request: {"handover": {"relation": "förälder", "samtycke": True}}
    await caller.send("ja, skicka det")
    await take_turn(caller.core, caller.conversation.id)
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    async with caller.core.database.read() as session:
        ticket = await find_open_ticket(session, caller.conversation.id)
    assert ticket is not None
    return ticket.id


async def test_a_message_is_stored_before_it_is_acknowledged_and_answered_once(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    await caller.send(CALM)
    assert [event.text for event in await caller.sees()] == [CALM]
    assert await take_turn(caller.core, caller.conversation.id)
    assert not await take_turn(caller.core, caller.conversation.id)
    assert [event.author for event in await caller.sees()] == [Author.CALLER, Author.BOT]


async def test_the_first_reply_says_that_it_is_an_ai_and_the_second_does_not_repeat_it(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    for _ in range(2):
        await caller.send(CALM)
        await take_turn(caller.core, caller.conversation.id)
    first, second = ["\n".join(event.reply.as_texts()) for event in await caller.hears()]
    assert "AI-assistent" in first
    assert "AI-assistent" not in second


async def test_an_acute_message_is_answered_in_the_acknowledgement_without_rasa(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    receipt = await caller.send(ACUTE)
    assert receipt.reply is not None
    [event] = await caller.hears()
    first_block = event.reply.blocks[0]
    assert isinstance(first_block, TextBlock)
    assert "112" in first_block.text.split(".")[0]
    assert rasa.requests == []
    assert not await take_turn(caller.core, caller.conversation.id)
    assert (await caller.row()).urgency is Urgency.AKUT


async def test_an_acute_message_is_answered_when_the_database_is_away(
    caller: Caller, tmp_path
) -> None:
    away = Database.open(f"sqlite+aiosqlite:///{tmp_path}/folder-of-no-tables.db")
    caller.inbox = Inbox(replace(caller.core, database=away))
    with pytest.raises(AcuteNotStoredError) as raised:
        await caller.send(ACUTE)
    assert "112" in raised.value.reply.as_texts()[0]
    await away.close()


async def test_the_same_client_id_again_stores_nothing_and_answers_the_same(
    caller: Caller,
) -> None:
    first = await caller.send(ACUTE, client_id="a")
    again = await caller.send(ACUTE, client_id="a")
    assert first.reply is not None
    assert first == again
    assert len(await caller.sees()) == 2


async def test_ten_repeats_at_once_are_one_message(caller: Caller) -> None:
    receipts = await asyncio.gather(*(caller.send(CALM, client_id="same") for _ in range(10)))
    assert len({receipt.position for receipt in receipts}) == 1
    assert len(await caller.sees()) == 1


async def test_with_rasa_away_the_caller_gets_the_safe_answer_and_a_human_a_ticket(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    rasa.status = 500
    await caller.send("Jag är orolig för min son")
    await take_turn(caller.core, caller.conversation.id)
    [event] = await caller.hears()
    words = "\n".join(event.reply.as_texts())
    assert "112" in words
    assert "människa läser" in words
    assert {"socialtjanst", "orostelefon"} <= set(event.reply.contacts)
    async with caller.core.database.read() as session:
        ticket = await find_open_ticket(session, caller.conversation.id)
    assert ticket is not None


async def test_the_dialogue_goes_on_from_its_state_when_rasa_is_back(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    for status in (200, 500, 200):
        rasa.status = status
        await caller.send(CALM)
        await take_turn(caller.core, caller.conversation.id)
    assert [request["state"] for request in rasa.requests] == [None, {"turns": 1}, {"turns": 1}]
    assert len(await caller.hears()) == 3


async def test_a_silent_rasa_counts_as_away(caller: Caller, rasa: ScriptedRasa) -> None:
    rasa.answer = lambda request: None
    await caller.send("Jag är orolig för min son")
    await take_turn(caller.core, caller.conversation.id)
    [event] = await caller.hears()
    assert "människa läser" in "\n".join(event.reply.as_texts())


async def test_a_turn_that_was_cut_off_is_taken_again_from_the_same_state(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    await caller.send(CALM)

    asked = asyncio.Event()

    async def hang(_request: object) -> None:
        asked.set()
        await asyncio.Event().wait()

    rasa.before = hang
    cut_off = asyncio.create_task(take_turn(caller.core, caller.conversation.id))
    await asked.wait()
    cut_off.cancel()
    await asyncio.wait([cut_off])
    rasa.before = None
    await take_turn(caller.core, caller.conversation.id)
    assert len(await caller.hears()) == 1
    assert rasa.requests[0] == rasa.requests[1]


async def test_two_workers_share_the_work_without_doubling_a_reply(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    for _ in range(5):
        await caller.send(CALM)
    workers = [TurnWorker(caller.core), TurnWorker(caller.core)]
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    with caller.core.wakeups.following(caller.conversation.id) as news:
        while len(await caller.hears()) < 5:
            news.clear()
            await asyncio.wait_for(news.wait(), 10)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert len(await caller.hears()) == 5
    assert (await caller.row()).leased_by is None


async def test_a_reply_under_way_is_dropped_when_a_coordinator_takes_over(
    caller: Caller, rasa: ScriptedRasa, ticket_id: UUID, coordinators: list[UUID]
) -> None:
    async def claim_meanwhile(_request: object) -> None:
        await ownership.take_over(caller.core, ticket_id, coordinators[0])

    rasa.before = claim_meanwhile
    heard_before = len(await caller.hears())
    await caller.send(CALM)
    await take_turn(caller.core, caller.conversation.id)
    heard = (await caller.hears())[heard_before:]
    assert [event.author for event in heard] == [Author.SERVICE]
    assert (await caller.row()).owner is Owner.COORDINATOR
    async with caller.core.database.read() as session:
        states = await session.scalars(select(Inbound.state).order_by(Inbound.position))
    assert list(states)[-1] is InboundState.WITH_COORDINATOR


async def test_the_bot_is_silent_while_a_coordinator_speaks_also_about_danger(
    caller: Caller, rasa: ScriptedRasa, ticket_id: UUID, coordinators: list[UUID]
) -> None:
    await ownership.take_over(caller.core, ticket_id, coordinators[0])
    asked = len(rasa.requests)
    for text in (CALM, ACUTE):
        await caller.send(text)
        await take_turn(caller.core, caller.conversation.id)
    authors = {event.author for event in (await caller.hears())[1:]}
    assert authors == {Author.SERVICE}
    assert len(rasa.requests) == asked
    async with caller.core.database.read() as session:
        ticket = await find_open_ticket(session, caller.conversation.id)
    assert ticket is not None
    assert ticket.urgency is Urgency.AKUT


async def test_after_the_hand_back_the_bot_answers_again(
    caller: Caller, ticket_id: UUID, coordinators: list[UUID]
) -> None:
    await ownership.take_over(caller.core, ticket_id, coordinators[0])
    await ownership.hand_back(caller.core, ticket_id, coordinators[0])
    await caller.send(CALM)
    await take_turn(caller.core, caller.conversation.id)
    assert (await caller.hears())[-1].author is Author.BOT


async def test_of_two_coordinators_who_claim_at_once_exactly_one_gets_it(
    caller: Caller, ticket_id: UUID, coordinators: list[UUID]
) -> None:
    results = await asyncio.gather(
        *(ownership.take_over(caller.core, ticket_id, one) for one in coordinators),
        return_exceptions=True,
    )
    lost = [result for result in results if isinstance(result, TicketTakenError)]
    assert len(lost) == 1
    assert lost[0].taken_by in {"Namn 0", "Namn 1"}


async def test_only_the_owner_can_speak_or_hand_back(
    caller: Caller, ticket_id: UUID, coordinators: list[UUID]
) -> None:
    owner, other = coordinators
    await ownership.take_over(caller.core, ticket_id, owner)
    with pytest.raises(NotOwnerError):
        await ownership.say(caller.core, caller.conversation.id, other, client_id="1", text="Hej")
    with pytest.raises(NotTicketOwnerError):
        await ownership.hand_back(caller.core, ticket_id, other)


async def test_a_coordinator_s_repeated_message_reaches_the_caller_once(
    caller: Caller, ticket_id: UUID, coordinators: list[UUID]
) -> None:
    await ownership.take_over(caller.core, ticket_id, coordinators[0])
    for _ in range(2):
        await ownership.say(
            caller.core, caller.conversation.id, coordinators[0], client_id="1", text="Hej"
        )
    said = [event.text for event in await caller.hears() if event.author is Author.COORDINATOR]
    assert said == ["Hej"]


async def test_a_second_handover_makes_no_second_ticket(
    caller: Caller, rasa: ScriptedRasa, ticket_id: UUID
) -> None:
    rasa.answer = lambda request: {"handover": {"relation": "syskon"}}
    await caller.send("ja, skicka igen")
    await take_turn(caller.core, caller.conversation.id)
    async with caller.core.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(TicketRow)) == 1
        ticket = await find_open_ticket(session, caller.conversation.id)
    assert ticket is not None
    assert ticket.id == ticket_id
    said = "\n".join((await caller.hears())[-1].reply.as_texts())
    assert ticket.reference in said


async def test_urgency_rises_and_never_sinks_on_its_own(caller: Caller, rasa: ScriptedRasa) -> None:
    for text in (CALM, ACUTE, CALM):
        await caller.send(text)
        await take_turn(caller.core, caller.conversation.id)
    assert (await caller.row()).urgency is Urgency.AKUT


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
async def test_an_empty_message_is_refused_and_stored_nowhere(caller: Caller, text: str) -> None:
    with pytest.raises(EmptyMessageError):
        await caller.send(text)
    assert await caller.sees() == []


async def test_a_message_that_is_too_long_is_refused_and_stored_nowhere(caller: Caller) -> None:
    with pytest.raises(MessageTooLongError):
        await caller.send("x" * (MAX_MESSAGE_CHARACTERS + 1))
    assert await caller.sees() == []


async def test_a_button_that_does_not_exist_is_refused(caller: Caller) -> None:
    with pytest.raises(UnknownChoiceError):
        await caller.receive(IncomingMessage("1", "", choice="action_restart"))


async def test_a_wrong_secret_and_an_unknown_conversation_look_the_same(caller: Caller) -> None:
    for conversation_id in (caller.conversation.id, uuid4()):
        with pytest.raises(UnknownConversationError):
            await caller.inbox.authenticate(conversation_id, "wrong")


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_nothing_a_caller_wrote_is_readable_in_the_database_files(
    caller: Caller, rasa: ScriptedRasa, tmp_path
) -> None:
    rasa.answer = lambda request: {"handover": {"iakttagelse": "markörord-rönnbär"}}
    await caller.send("markörord-rönnbär")
    await take_turn(caller.core, caller.conversation.id)
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(stored) > 1000
    assert "rönnbär".encode() not in stored


async def test_a_worried_caller_s_first_choice_is_a_human(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "oro_narstaende"}
    await caller.send("Jag är orolig för min son, han har börjat hänga med nazister")
    await take_turn(caller.core, caller.conversation.id)
    [event] = await caller.hears()
    assert event.reply.choices[0].id == "prata_med_manniska"


async def test_sources_come_last(caller: Caller, rasa: ScriptedRasa) -> None:
    rasa.answer = lambda request: {"answer": "oro_narstaende"}
    await caller.send("Jag är orolig för min son")
    await take_turn(caller.core, caller.conversation.id)
    kinds = [block.kind for block in (await caller.hears())[0].reply.blocks]
    assert "source" in kinds
    assert set(kinds[kinds.index("source") :]) == {"source"}


async def test_acute_words_reach_the_ticket_whether_before_or_after_the_handover(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    await caller.send(ACUTE)
    rasa.answer = lambda request: {"handover": {}}
    await caller.send("ja tack")
    await take_turn(caller.core, caller.conversation.id)
    later = "nu har han låst in sig med kniven och säger att han ska döda dem"
    await caller.send(later)
    async with caller.core.database.read() as session:
        row = await find_open_ticket(session, caller.conversation.id)
    assert row is not None
    ticket = unseal_ticket(conversation_key(caller.core.keyring, await caller.row()), row)
    assert ticket.acute_risks == (ACUTE, later)


async def test_a_number_of_nobody_s_does_not_leave(caller: Caller, rasa: ScriptedRasa) -> None:
    rasa.answer = lambda request: {
        "phrase": "arende_skickat",
        "values": {"referens": "08-123 45 67"},
    }
    await caller.send("hej")
    await take_turn(caller.core, caller.conversation.id)
    words = "\n".join((await caller.hears())[0].reply.as_texts())
    assert "08-123" not in words
    assert "112" in words


@pytest.mark.parametrize(
    ("phrase", "variant"),
    [("sprak_lattlast", Variant.LATTLAST), ("sprak_engelska", Variant.ENGLISH)],
)
async def test_easy_swedish_or_english_stays_when_it_was_chosen(
    caller: Caller, rasa: ScriptedRasa, phrase: str, variant: Variant
) -> None:
    rasa.answer = lambda request: {"phrase": phrase}
    await caller.send("kan du skriva på ett annat sätt")
    await take_turn(caller.core, caller.conversation.id)
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    await caller.send(CALM)
    await take_turn(caller.core, caller.conversation.id)
    answer = caller.core.renderer.knowledge.answers["toleransprojektet"]
    text = answer.texts.of(variant, Channel.WEB)
    assert (await caller.hears())[1].reply.blocks[0].text == text.strip()


async def test_the_ticket_s_grounds_are_of_the_most_urgent_message_not_of_a_pressed_yes(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    await caller.send(ACUTE)
    rasa.answer = lambda request: {"handover": {}}
    await caller.receive(IncomingMessage("yes", "", choice="ja"))
    await take_turn(caller.core, caller.conversation.id)
    async with caller.core.database.read() as session:
        row = await find_open_ticket(session, caller.conversation.id)
    assert row is not None
    ticket = unseal_ticket(conversation_key(caller.core.keyring, await caller.row()), row)
    assert ticket.grounds.urgency is Urgency.AKUT
    assert {reason.by for reason in ticket.grounds.why} & {"safety_net", "classifier"}


async def test_the_danger_question_is_not_repeated_at_every_message(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    async with caller.core.database.begin() as session:
        row = await lock_conversation(session, caller.conversation.id)
        assert row is not None
        row.danger_asked = True
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    await caller.send(CALM)
    await take_turn(caller.core, caller.conversation.id)
    words = "\n".join((await caller.hears())[0].reply.as_texts())
    assert "Är någon i fara" not in words
    assert not (await caller.row()).danger_asked


async def test_a_yes_to_the_danger_question_is_answered_with_112(caller: Caller) -> None:
    async with caller.core.database.begin() as session:
        row = await lock_conversation(session, caller.conversation.id)
        assert row is not None
        row.danger_asked = True
    receipt = await caller.send("ja")
    assert receipt.reply is not None
    assert not (await caller.row()).danger_asked
