"""One turn: take the oldest waiting message of a conversation and give it its one outcome.

Two transactions: one takes the message up, the other stores the outcome and lets the conversation
go. In between nothing is locked.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.conversations.core import Core
from services.conversations.decision import (
    Loaded,
    Outcome,
    correction,
    decide,
    is_in_form,
    wanted_deletion,
)
from services.conversations.deletion import Deed as Deletion
from services.conversations.deletion import follow_deletion, note_request
from services.conversations.memory import Memory
from services.conversations.outcome import add_reply, raise_urgency, seal_judgement
from services.conversations.replies import Back, asks_how_to_reach
from services.conversations.sealing import (
    conversation_key,
    open_inbound,
    open_judgement,
    state_row,
)
from services.conversations.timeline import all_that_is_new, outbound_event
from services.conversations.wakeups import OUTBOX, QUEUE
from services.observability.measures import ReplyKind, Stage, count_outcome, observe, timed
from services.privacy.keyring import ConversationKey
from services.reading.wishes import asks_for_deletion
from services.store.conversations import let_go
from services.store.messages import list_latest_of_urgency
from services.store.tables import Conversation, Inbound, InboundState
from services.store.tickets import find_latest_ticket
from services.store.turns import Locked, claim_next, lock_waiting
from services.tickets.queue import correct_ticket, escalate_ticket, open_ticket
from services.vocabulary import Channel, Owner, Urgency

LEASE: Final = timedelta(seconds=6)
"""Some sweeps of the worker, which renews it while the turn is in work. A turn that goes on under a
lease that ran out does no harm: of two outcomes of a message the first one stands."""
_NEXT_MESSAGE: Final = 2
"""Positions from a message to the next, with the reply between them."""
_STOP: Final = "avbryt"
_MOST_TOLD: Final = 20
"""Acute messages that a handover repeats, the latest ones: each is opened at every turn."""


class Taken(enum.Enum):
    """What a worker did with a conversation, and what is left to do."""

    NOTHING = "nothing"
    """No message waits, or none that this worker may take."""
    LAST = "last"
    """A message has its outcome; none is left, and the conversation is nobody's."""
    MORE = "more"
    """A message has its outcome, others wait, and the conversation is still the worker's."""


async def take_turn(core: Core, conversation_id: UUID, *, worker: str) -> Taken:
    """Answer the conversation's oldest waiting message, if ``worker`` may.

    A turn that fails leaves the message waiting, and the lease to the caller of this.
    """
    loaded = await _load(core, conversation_id, worker)
    if loaded is None:
        return Taken.NOTHING
    if loaded.conversation.owner is not Owner.BOT:
        return await _give_to_coordinator(core, loaded)
    if wanted_deletion(loaded) is not None:
        loaded = await _with_earlier_ticket(core, loaded)
    outcome = await decide(core, loaded)
    with timed(Stage.STORE):
        return await _store(core, loaded, outcome)


async def _load(core: Core, conversation_id: UUID, worker: str) -> Loaded | None:
    now = core.clock()
    async with core.database.begin() as session:
        claimed = await claim_next(
            session, conversation_id, worker=worker, now=now, until=now + LEASE
        )
        if claimed is None:
            return None
        conversation, inbound, open_reference = claimed
        more_urgent = await _list_more_urgent(session, conversation, inbound)
    acute = more_urgent if conversation.urgency is Urgency.AKUT else ()
    key = conversation_key(core.keyring, conversation)
    sealed = conversation.dialogue_state_sealed
    memory = Memory()
    if sealed:
        memory = Memory.model_validate_json(key.open(sealed, row=state_row(conversation.id)))
    return Loaded(
        conversation=conversation,
        message_id=inbound.id,
        text=open_inbound(key, inbound),
        choice=inbound.choice,
        judgement=open_judgement(key, inbound),
        state=memory.dialogue,
        open_reference=open_reference,
        acute_words=tuple(open_inbound(key, one) for one in acute),
        most_urgent=open_judgement(key, more_urgent[-1]) if more_urgent else None,
        memory=memory,
        back=_back(conversation, inbound, acute, memory),
    )


async def _with_earlier_ticket(core: Core, loaded: Loaded) -> Loaded:
    """The same, knowing whether there was a ticket: then it takes a decision to delete it."""
    async with core.database.read() as session:
        latest = await find_latest_ticket(session, loaded.conversation.id)
    return replace(loaded, has_closed_ticket=latest is not None)


async def _list_more_urgent(
    session: AsyncSession, conversation: Conversation, inbound: Inbound
) -> Sequence[Inbound]:
    """What made the conversation acute, or more urgent than the message at hand; in order."""
    least = Urgency.UTANFOR
    urgency = conversation.urgency or least
    if urgency is not Urgency.AKUT and urgency <= (inbound.urgency or least):
        return ()
    return await list_latest_of_urgency(session, conversation.id, urgency, limit=_MOST_TOLD)


def _back(
    conversation: Conversation, inbound: Inbound, acute: Sequence[Inbound], memory: Memory
) -> Back | None:
    since_danger = inbound.position - acute[-1].position if acute else 0
    if conversation.in_form and 0 < since_danger <= _NEXT_MESSAGE and inbound.choice != _STOP:
        return Back.DANGER
    return Back.PAUSE if memory.is_return(inbound.received_at) else None


async def _give_to_coordinator(core: Core, loaded: Loaded) -> Taken:
    async with core.database.begin() as session:
        locked = await _lock(session, loaded)
        if locked is None:
            return Taken.NOTHING
        locked.inbound.state = InboundState.WITH_COORDINATOR
        if locked.ticket is not None and asks_for_deletion(loaded.text):
            note_request(locked.ticket, core.clock())
        taken = _let_go(locked)
    count_outcome(ReplyKind.HUMAN)
    core.wakeups.wake(loaded.conversation.id)
    core.wakeups.wake(QUEUE)
    return taken


async def _store(core: Core, loaded: Loaded, outcome: Outcome) -> Taken:
    """Store reply, state, urgency and ticket together, unless a human has taken over meanwhile."""
    now = core.clock()
    async with core.database.begin() as session:
        locked = await _lock(session, loaded)
        if locked is None:
            return Taken.NOTHING
        conversation, inbound, ticket, _ = locked
        key = conversation_key(core.keyring, conversation)
        seal_judgement(key, inbound, outcome.judgement)
        raise_urgency(conversation, outcome.judgement.urgency)
        if ticket is not None:
            escalate_ticket(ticket, key, outcome.judgement.urgency, loaded.text)
        if conversation.fence != loaded.conversation.fence:
            # The fence: whoever owns the conversation now, this reply was made for another.
            if conversation.owner is not Owner.COORDINATOR:
                return Taken.MORE
            inbound.state = InboundState.WITH_COORDINATOR
            count_outcome(ReplyKind.HUMAN)
            return _let_go(locked)
        if outcome.deletion is Deletion.DELETES and ticket is not None:
            return Taken.MORE  # made meanwhile: the next try tells the caller what holds now
        reply = add_reply(core, session, conversation, key, inbound, outcome.reply, now)
        _keep(conversation, key, loaded, outcome, now)
        if outcome.ticket is not None and not conversation.is_probe:
            ticket = await open_ticket(session, conversation, key, outcome.ticket)
        follow_deletion(outcome.deletion, conversation, ticket, now)
        if outcome.dialogue and (right := correction(outcome.dialogue.directives)):
            await correct_ticket(session, conversation.id, key, right.correction, now)
        told = all_that_is_new(conversation, outbound_event(key, reply))
        taken = _let_go(locked)
    if not conversation.is_probe:
        count_outcome(outcome.kind)
        observe(Stage.WHOLE, (core.clock() - inbound.received_at).total_seconds())
    core.wakeups.wake(loaded.conversation.id, told)
    if loaded.conversation.channel is Channel.SMS:
        core.wakeups.wake(OUTBOX)
    core.wakeups.wake(QUEUE)
    return taken


async def _lock(session: AsyncSession, loaded: Loaded) -> Locked | None:
    """The conversation, if the message that was taken up is still the one to answer."""
    locked = await lock_waiting(session, loaded.conversation.id)
    if locked is None or locked.inbound.id != loaded.message_id:
        return None
    return locked


def _let_go(locked: Locked) -> Taken:
    if locked.more_wait:
        return Taken.MORE
    let_go(locked.conversation)
    return Taken.LAST


def _keep(
    conversation: Conversation,
    key: ConversationKey,
    loaded: Loaded,
    outcome: Outcome,
    now: datetime,
) -> None:
    """What the next turn has to know."""
    dialogue = outcome.dialogue
    # In the form nobody is asked about danger, and "ja" means what the form asked.
    conversation.danger_asked = outcome.route.asks_danger and not is_in_form(loaded, outcome)
    if outcome.judgement.facts.municipality:
        conversation.municipality = outcome.judgement.facts.municipality
    memory = loaded.memory.after(
        dialogue=dialogue.state if dialogue else None,
        said=outcome.said,
        asked_if_helped=outcome.asks_if_helped,
        asked_how_to_reach=dialogue is not None and asks_how_to_reach(dialogue.directives),
        asked_to_delete=outcome.deletion is Deletion.ASKED,
        at=now,
    )
    sealed = key.seal(memory.model_dump_json(), row=state_row(conversation.id))
    conversation.dialogue_state_sealed = sealed
    if dialogue is not None:
        conversation.in_form = dialogue.in_form
    if outcome.variant is not None:
        conversation.variant = outcome.variant
