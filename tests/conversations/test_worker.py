"""The worker: urgent callers first, what can't be answered goes to a human, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from services.conversations.core import Core
from services.conversations.giving_up import MOST_ATTEMPTS, PAUSES
from services.conversations.inbox import Inbox, IncomingMessage
from services.conversations.line import Line
from services.conversations.sealing import conversation_key
from services.conversations.timeline import Event, read_timeline
from services.conversations.turn import LEASE
from services.conversations.worker import TurnWorker
from services.store.conversations import get_conversation, lock_conversation
from services.store.database import Database
from services.store.messages import list_inbound_after
from services.store.tables import Conversation, Inbound, InboundState
from services.store.tickets import find_open_ticket
from services.tickets.queue import unseal_ticket
from services.vocabulary import Author, Channel, MunicipalityId, Urgency
from tests.conftest import NOON, ScriptedRasa

CALM = "Vad är Toleransprojektet?"
WORRIED = "Jag är orolig för min son, han har fått nya vänner som hatar judar"


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Caller:
    core: Core
    id: UUID
    secret: str

    @classmethod
    async def new(cls, core: Core) -> Caller:
        opened = await Inbox(core).open_conversation(Channel.WEB, MunicipalityId("goteborg"))
        return cls(core, *opened)

    async def send(self, text: str) -> Urgency | None:
        message = IncomingMessage(uuid4().hex, text)
        receipt = await Inbox(self.core).receive(self.id, self.secret, message, channel=Channel.WEB)
        return receipt.waits

    async def row(self) -> Conversation:
        async with self.core.database.read() as session:
            row = await get_conversation(session, self.id)
        assert row is not None
        return row

    async def messages(self) -> list[Inbound]:
        async with self.core.database.read() as session:
            return await list_inbound_after(session, self.id, 0)

    async def hears(self) -> list[Event]:
        row = await self.row()
        async with self.core.database.read() as session:
            key = conversation_key(self.core.keyring, row)
            events = await read_timeline(session, key, row, after=0)
        return [event for event in events if event.author is not Author.CALLER]

    async def break_state(self) -> None:
        """Let each turn of this conversation fail, as a defect or a damaged row would."""
        async with self.core.database.begin() as session:
            row = await lock_conversation(session, self.id)
            assert row is not None
            row.dialogue_state_sealed = b"no ciphertext at all, this is only some damaged bytes"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timed(core: Core, clock: Clock, rasa: ScriptedRasa) -> Core:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    return replace(core, clock=clock)


async def work(worker: TurnWorker, *callers: Caller) -> None:
    """Let the worker take up what it may, and wait until it has."""
    for caller in callers:
        worker.notice(caller.id)
    while worker.running:
        await asyncio.wait(list(worker._running.values()))


async def test_a_turn_that_always_fails_is_tried_three_times_and_then_a_human_reads(
    timed: Core, clock: Clock, rasa: ScriptedRasa
) -> None:
    caller, worker = await Caller.new(timed), TurnWorker(timed)
    await caller.break_state()
    await caller.send(CALM)
    with capture_logs() as logs:
        for attempt, pause in enumerate((*PAUSES, timedelta()), start=1):
            await work(worker, caller)
            assert (await caller.messages())[0].attempts == attempt
            await work(worker, caller)
            assert (await caller.messages())[0].attempts == attempt, "it rests first"
            clock.now += pause
    assert attempt == MOST_ATTEMPTS
    [reply] = await caller.hears()
    words = "\n".join(reply.reply.as_texts())
    assert "112" in words
    assert "människa läser" in words
    assert (await caller.messages())[0].state is InboundState.ANSWERED
    async with timed.database.read() as session:
        row = await find_open_ticket(session, caller.id)
    assert row is not None
    ticket = unseal_ticket(conversation_key(timed.keyring, await caller.row()), row)
    assert ticket.unanswered
    assert "turn_given_up" in [entry["event"] for entry in logs]
    assert "Toleransprojektet" not in repr(logs)


async def test_what_made_the_turn_fail_is_left_behind_and_the_next_message_is_answered(
    timed: Core, clock: Clock, rasa: ScriptedRasa
) -> None:
    caller, worker = await Caller.new(timed), TurnWorker(timed)
    await caller.break_state()
    await caller.send(CALM)
    await caller.send(CALM)
    for pause in (*PAUSES, timedelta()):
        assert rasa.requests == [], "the second message keeps its place behind the first"
        await work(worker, caller)
        clock.now += pause
    assert len(await caller.hears()) == 2
    assert [message.state for message in await caller.messages()] == [InboundState.ANSWERED] * 2
    assert len(rasa.requests) == 1


async def test_others_are_answered_while_one_conversation_fails(timed: Core) -> None:
    broken, other, worker = await Caller.new(timed), await Caller.new(timed), TurnWorker(timed)
    await broken.break_state()
    for caller in (broken, other):
        await caller.send(CALM)
    await work(worker, broken, other)
    assert len(await other.hears()) == 1
    assert await broken.hears() == []


async def leave_abandoned(caller: Caller, *, attempts: int) -> None:
    """As a worker leaves a conversation that was killed in the middle of a turn."""
    async with caller.core.database.begin() as session:
        row = await lock_conversation(session, caller.id)
        assert row is not None
        row.leased_by, row.leased_until = "killed", NOON - timedelta(seconds=1)
        for message in await session.scalars(
            select(Inbound).where(Inbound.conversation_id == caller.id)
        ):
            message.attempts = attempts


@pytest.mark.parametrize(("killed_before", "asked"), [(0, 1), (MOST_ATTEMPTS - 1, 0)])
async def test_a_message_that_kills_its_worker_again_and_again_is_not_tried_for_ever(
    timed: Core, rasa: ScriptedRasa, killed_before: int, asked: int
) -> None:
    caller, worker = await Caller.new(timed), TurnWorker(timed)
    await caller.send(CALM)
    await leave_abandoned(caller, attempts=killed_before)
    await worker._sweep()
    await work(worker)
    assert len(rasa.requests) == asked
    assert len(await caller.hears()) == 1
    assert (await caller.row()).leased_by is None


class FlakyDatabase(Database):
    """The same database, which is away when a test says so."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.engine)
        self.away = False

    @asynccontextmanager
    async def begin(self, *, urgent: bool = False) -> AsyncIterator[AsyncSession]:
        if self.away:
            raise OperationalError("", None, Exception("away"))
        async with super().begin(urgent=urgent) as session:
            yield session


async def test_a_database_that_goes_away_in_the_middle_of_a_turn_costs_nothing_but_time(
    timed: Core, rasa: ScriptedRasa
) -> None:
    flaky = FlakyDatabase(timed.database)
    core = replace(timed, database=flaky)
    caller, worker = await Caller.new(core), TurnWorker(core)
    await caller.send(CALM)

    async def go_away(_request: object) -> None:
        flaky.away = True

    rasa.before = go_away
    with capture_logs() as logs:
        await work(worker, caller)
    assert {entry["event"] for entry in logs} == {"turn_not_stored", "lease_not_released"}
    flaky.away, rasa.before = False, None
    await worker._sweep()
    await work(worker)
    assert len(await caller.hears()) == 1
    [message] = await caller.messages()
    assert message.attempts == 0, "it was not the message's fault"
    assert (await caller.row()).leased_by is None


async def blocked_rasa(rasa: ScriptedRasa) -> tuple[asyncio.Event, asyncio.Event]:
    """Let Rasa hold every turn: gives what says that it has one, and what lets go."""
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_request: object) -> None:
        asked.set()
        await go_on.wait()

    rasa.before = hold
    return asked, go_on


async def test_what_a_killed_process_held_is_soon_taken_over_and_what_a_slow_one_holds_is_not(
    timed: Core, clock: Clock, rasa: ScriptedRasa
) -> None:
    asked, go_on = await blocked_rasa(rasa)
    caller, slow, other = await Caller.new(timed), TurnWorker(timed), TurnWorker(timed)
    await caller.send(CALM)
    slow.notice(caller.id)
    await asyncio.wait_for(asked.wait(), 10)
    for _ in range(3):
        clock.now += LEASE * 0.7
        await slow._renew()
        await other._sweep()
        assert other.running == 0
    clock.now += LEASE * 1.1  # as if it had been killed
    await other._sweep()
    assert other.running == 1
    go_on.set()
    await asyncio.gather(work(slow), work(other))
    assert len(await caller.hears()) == 1, "of two outcomes the first one stands"


async def test_who_is_worried_is_answered_before_who_asks(timed: Core, rasa: ScriptedRasa) -> None:
    asked, go_on = await blocked_rasa(rasa)
    first, question, worry = [await Caller.new(timed) for _ in range(3)]
    worker = TurnWorker(timed, at_once=1)
    for caller, text in ((first, CALM), (question, CALM), (worry, WORRIED)):
        worker.notice(caller.id, await caller.send(text))
        await asyncio.wait_for(asked.wait(), 10)
    go_on.set()
    await work(worker)
    assert [request["text"] for request in rasa.requests] == [CALM, WORRIED, CALM]


async def test_the_sweep_takes_the_urgent_first_too(timed: Core, rasa: ScriptedRasa) -> None:
    for text in (CALM, WORRIED):
        await (await Caller.new(timed)).send(text)
    worker = TurnWorker(timed, at_once=1)
    await worker._sweep()
    await work(worker)
    assert [request["text"] for request in rasa.requests] == [WORRIED, CALM]


async def test_a_worker_that_is_stopped_finishes_its_turns_and_leaves_the_rest_in_the_inbox(
    timed: Core, clock: Clock, rasa: ScriptedRasa
) -> None:
    asked, go_on = await blocked_rasa(rasa)
    in_work, waits = await Caller.new(timed), await Caller.new(timed)
    worker = TurnWorker(timed, at_once=1)
    for caller in (in_work, waits):
        await caller.send(CALM)
        await caller.send(CALM)
        clock.now += timedelta(seconds=1)
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(asked.wait(), 10)
    running.cancel()
    await asyncio.sleep(0)  # it stops taking up
    go_on.set()
    await asyncio.wait([running])
    states = [[message.state for message in await one.messages()] for one in (in_work, waits)]
    assert states == [
        [InboundState.ANSWERED, InboundState.WAITING],
        [InboundState.WAITING, InboundState.WAITING],
    ]
    assert [(await one.row()).leased_by for one in (in_work, waits)] == [None, None]
    # The next start takes up where this one was.
    await (next_start := TurnWorker(timed))._sweep()
    await work(next_start)
    assert [len(await one.hears()) for one in (in_work, waits)] == [2, 2]


async def test_the_backlog_counts_what_waits_and_the_database_knows_best(timed: Core) -> None:
    caller, worker = await Caller.new(timed), TurnWorker(timed)
    await caller.send(CALM)
    await caller.send(CALM)
    assert timed.backlog.waiting == 2
    await work(worker, caller)
    assert timed.backlog.waiting == 0
    timed.backlog.recount(17)
    await worker._sweep()
    assert timed.backlog.waiting == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), max_size=40))
def test_the_line_gives_each_once_by_its_highest_rank_and_then_by_arrival(
    arrivals: list[tuple[int, int]],
) -> None:
    line, ids = Line(), [UUID(int=number) for number in range(10)]
    highest: dict[int, int] = {}
    risen_at: dict[int, int] = {}
    for moment, (who, rank) in enumerate(arrivals):
        line.add(ids[who], rank)
        if rank > highest.get(who, -1):
            highest[who], risen_at[who] = rank, moment
    taken = []
    while (one := line.take(besides=())) is not None:
        taken.append(one)
    expected = sorted(highest, key=lambda who: (-highest[who], risen_at[who]))
    assert taken == [ids[who] for who in expected]


def test_who_is_in_work_keeps_the_place_in_the_line() -> None:
    line, (busy, free) = Line(), (uuid4(), uuid4())
    line.add(busy, 4)
    line.add(free, 0)
    assert line.take(besides={busy}) == free
    assert line.take(besides={busy}) is None
    assert line.take(besides=()) == busy
