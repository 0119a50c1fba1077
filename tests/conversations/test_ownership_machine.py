"""Whatever order things happen in, the bot never speaks where a coordinator does."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from services.answers.knowledge import Knowledge
from services.answers.rendering import Renderer
from services.conversations import ownership
from services.conversations.core import Core
from services.conversations.decision import Loaded, Outcome, decide
from services.conversations.inbox import Inbox, IncomingMessage
from services.conversations.turn import _load, _store
from services.conversations.wakeups import Wakeups
from services.dialogue.protocol import DialogueReply, DialogueRequest
from services.privacy.keyring import Keyring
from services.store.conversations import get_conversation
from services.store.database import Database
from services.store.tables import Coordinator, Inbound, InboundState, Outbound, TicketRow
from services.tickets.errors import NotTicketOwnerError, TicketTakenError
from services.triage.judge import Judge
from services.vocabulary import Author, Channel, MunicipalityId, Owner
from tests.conftest import NOON
from tests.databases import Databases
from tests.turns import WORKER, take_turn

CALM = "Vad är Toleransprojektet?"
ACUTE = "han har en pistol och är på väg till skolan nu"
TWO = st.integers(0, 1)


class Dialogue:
    """A dialogue that always hands over, so that there is a ticket to fight for."""

    async def next(self, request: DialogueRequest) -> DialogueReply:
        directive = {"handover": {"samtycke": True}}
        reply = {
            "topics": [], "directives": [directive], "state": {}, "model": "m", "in_form": False,
        }  # fmt: skip
        return DialogueReply.model_validate(reply)


class OwnershipMachine(RuleBasedStateMachine):
    """Callers, coordinators and slow turns in any order; the model is who has the conversation."""

    judge: Judge
    knowledge: Knowledge
    databases: Databases

    @initialize()
    def open(self) -> None:
        self.loop = asyncio.Runner()
        self.resources = contextlib.ExitStack()
        self.pending: list[tuple[Loaded, Outcome]] = []
        self.owner: int | None = None
        self.bot_words = 0
        self.sent = 0
        self.loop.run(self._open())

    async def _open(self) -> None:
        self.database = Database.open(self.resources.enter_context(self.databases.new()))
        dialogue: Any = Dialogue()
        self.core = Core(
            database=self.database,
            keyring=Keyring(bytes(range(32))),
            judge=self.judge,
            routing=self.knowledge.routing,
            renderer=Renderer(self.knowledge),
            dialogue=dialogue,
            wakeups=Wakeups(),
            default_municipality=MunicipalityId("goteborg"),
            clock=lambda: NOON,
        )
        self.inbox = Inbox(self.core)
        self.id, self.secret = await self.inbox.open_conversation(
            Channel.WEB, MunicipalityId("goteborg")
        )
        self.people = [uuid4(), uuid4()]
        async with self.database.begin() as session:
            session.add_all(
                Coordinator(id=one, name=f"N {n}", login=f"n{n}", password_hash="x",
                            created_at=NOON)
                for n, one in enumerate(self.people)
            )  # fmt: skip
        await self._send(CALM)
        await take_turn(self.core, self.id)
        self.bot_words = await self._bot_words()

    async def _send(self, text: str) -> None:
        message = IncomingMessage(uuid4().hex, text)
        await self.inbox.receive(self.id, self.secret, message, channel=Channel.WEB)
        self.sent += 1

    async def _bot_words(self) -> int:
        async with self.database.read() as session:
            rows = await session.scalars(select(Outbound).where(Outbound.author == Author.BOT))
            return len(list(rows))

    async def _ticket(self) -> UUID | None:
        async with self.database.read() as session:
            found: UUID | None = await session.scalar(
                select(TicketRow.id).order_by(TicketRow.created_at.desc()).limit(1)
            )
        return found

    @rule(text=st.sampled_from([CALM, ACUTE]))
    def caller_writes(self, text: str) -> None:
        self.loop.run(self._send(text))

    @rule()
    def turn_begins(self) -> None:
        """Rasa is asked, and is slow: the reply is stored in a later step, or never."""
        loaded = self.loop.run(_load(self.core, self.id, WORKER))
        if loaded is not None and loaded.conversation.owner is Owner.BOT:
            self.pending.append((loaded, self.loop.run(decide(self.core, loaded))))

    @precondition(lambda self: self.pending)
    @rule()
    def turn_ends(self) -> None:
        loaded, outcome = self.pending.pop(0)
        self.loop.run(_store(self.core, loaded, outcome))

    @rule()
    def whole_turn(self) -> None:
        self.loop.run(take_turn(self.core, self.id))

    @rule(who=TWO)
    def claims(self, who: int) -> None:
        ticket = self.loop.run(self._ticket())
        assert ticket is not None
        try:
            self.loop.run(ownership.take_over(self.core, ticket, self.people[who]))
        except TicketTakenError:
            assert self.owner not in {None, who}
        else:
            assert self.owner in {None, who}
            self.owner = who

    @rule(who=TWO)
    def hands_back(self, who: int) -> None:
        ticket = self.loop.run(self._ticket())
        assert ticket is not None
        try:
            self.loop.run(ownership.hand_back(self.core, ticket, self.people[who]))
        except NotTicketOwnerError:
            assert self.owner != who
        else:
            assert self.owner == who
            self.owner = None

    @rule(who=TWO)
    def gives_to_colleague(self, who: int) -> None:
        ticket = self.loop.run(self._ticket())
        assert ticket is not None
        one, other = self.people[who], self.people[1 - who]
        try:
            self.loop.run(ownership.transfer(self.core, ticket, one, other, "tack"))
        except NotTicketOwnerError:
            assert self.owner != who
        else:
            assert self.owner == who
            self.owner = 1 - who

    @invariant()
    def the_stored_owner_is_the_models(self) -> None:
        row = self.loop.run(self._conversation())
        assert (row.owner is Owner.COORDINATOR) == (self.owner is not None)
        if self.owner is not None:
            assert row.coordinator_id == self.people[self.owner]

    @invariant()
    def the_bot_says_nothing_where_a_coordinator_speaks(self) -> None:
        words = self.loop.run(self._bot_words())
        if self.owner is not None:
            assert words == self.bot_words
        self.bot_words = words

    @invariant()
    def each_message_has_one_outcome_at_most(self) -> None:
        self.loop.run(self._one_outcome_each())

    async def _conversation(self) -> Any:
        async with self.database.read() as session:
            return await get_conversation(session, self.id)

    async def _one_outcome_each(self) -> None:
        async with self.database.read() as session:
            inbound = list(await session.scalars(select(Inbound)))
            replies = list(
                await session.scalars(
                    select(Outbound.in_reply_to).where(Outbound.in_reply_to.is_not(None))
                )
            )
        assert len(inbound) == self.sent
        assert len(replies) == len(set(replies))
        answered = {one.id for one in inbound if one.state is InboundState.ANSWERED}
        assert set(replies) == answered

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.loop.run(self.database.close())
            self.loop.close()
            self.resources.close()


@pytest.mark.timeout(300)
def test_the_bot_is_silent_from_every_claim_on(
    judge: Judge, knowledge: Knowledge, databases: Databases
) -> None:
    OwnershipMachine.judge, OwnershipMachine.knowledge = judge, knowledge
    OwnershipMachine.databases = databases
    run_state_machine_as_test(
        OwnershipMachine,
        settings=settings(
            max_examples=15, stateful_step_count=15, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
