"""Turns that fail: tried again after a pause, and after some tries given to a coordinator.

The caller then gets the safe reply as the message's one outcome, made of nothing that the failed
turn needed: not the text, not the judgement's grounds, not the dialogue's state.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversations.core import Core
from services.conversations.outcome import add_reply
from services.conversations.replies import fallback_reply
from services.conversations.sealing import conversation_key
from services.conversations.wakeups import OUTBOX, QUEUE
from services.observability.measures import ReplyKind, count_outcome
from services.privacy.keyring import ConversationKey
from services.store.conversations import lock_conversation
from services.store.messages import find_first_waiting_inbound
from services.store.tables import Conversation, Inbound, InboundState
from services.store.tickets import find_open_ticket
from services.tickets.queue import open_ticket
from services.tickets.reference import new_reference
from services.tickets.ticket import make_ticket
from services.triage.judgement import Judgement
from services.vocabulary import MunicipalityId, Owner, Urgency

MOST_ATTEMPTS: Final = 3
PAUSES: Final = tuple(timedelta(seconds=each) for each in (2, 10))
"""Before the second try, and before the third."""
PAUSE_WHEN_STUCK: Final = timedelta(minutes=5)
"""Before each further try, when not even the safe reply could be stored."""

_log = structlog.get_logger(__name__)


async def note_failure(core: Core, conversation_id: UUID, *, rests: bool) -> bool:
    """Count a failed turn of the conversation's oldest waiting message; give it up at last.

    Args:
        core: The parts.
        conversation_id: Whose turn; the caller of this holds its lease.
        rests: Whether the next try waits for a while.

    Returns:
        True if the message has its outcome now.
    """
    now = core.clock()
    async with core.database.begin() as session:
        conversation = await lock_conversation(session, conversation_id)
        inbound = await find_first_waiting_inbound(session, conversation_id)
        if conversation is None or inbound is None:
            return False
        inbound.attempts += 1
        attempts = inbound.attempts
        if rests or attempts >= MOST_ATTEMPTS:
            # If giving up fails too, this stands: the message waits, and nothing goes round.
            conversation.rests_until = now + _pause(attempts)
    if attempts < MOST_ATTEMPTS:
        return False
    await _give_up(core, conversation_id, now)
    return True


def _pause(attempts: int) -> timedelta:
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else PAUSE_WHEN_STUCK


async def _give_up(core: Core, conversation_id: UUID, now: datetime) -> None:
    async with core.database.begin() as session:
        conversation = await lock_conversation(session, conversation_id)
        inbound = await find_first_waiting_inbound(session, conversation_id)
        if conversation is None or inbound is None:
            return
        conversation.rests_until = None
        kind = ReplyKind.HUMAN
        if conversation.owner is Owner.BOT:
            kind = ReplyKind.GIVEN_UP
            await _answer_safely(core, session, conversation, inbound, now)
        else:
            inbound.state = InboundState.WITH_COORDINATOR
        is_probe = conversation.is_probe
    _log.error("turn_given_up", attempts=MOST_ATTEMPTS)
    if not is_probe:
        count_outcome(kind)
    core.backlog.settle()
    for key in (conversation_id, OUTBOX, QUEUE):
        core.wakeups.wake(key)


async def _answer_safely(
    core: Core,
    session: AsyncSession,
    conversation: Conversation,
    inbound: Inbound,
    now: datetime,
) -> None:
    judgement = Judgement(urgency=inbound.urgency or Urgency.ORO)
    setting = core.setting(conversation)
    route = core.routing.route(judgement, (), setting)
    key = conversation_key(core.keyring, conversation)
    reply = fallback_reply(core.renderer, route, setting, first=not conversation.greeted)
    add_reply(core, session, conversation, key, inbound, reply, now)
    # The state may be what made the turn fail: the dialogue begins anew with the next message.
    conversation.dialogue_state_sealed = None
    conversation.in_form = conversation.danger_asked = False
    if not conversation.is_probe:
        await _tell_coordinators(core, session, conversation, key, judgement)


async def _tell_coordinators(
    core: Core,
    session: AsyncSession,
    conversation: Conversation,
    key: ConversationKey,
    judgement: Judgement,
) -> None:
    if await find_open_ticket(session, conversation.id) is not None:
        return
    urgency = max(conversation.urgency or judgement.urgency, judgement.urgency)
    ticket = make_ticket(
        reference=new_reference(),
        conversation=str(conversation.id),
        channel=conversation.channel,
        municipality=MunicipalityId(conversation.municipality),
        urgency=urgency,
        judgement=judgement,
        slots={},
        acute_words=(),
        at=core.clock(),
        knowledge_version=core.renderer.knowledge.version,
        unanswered=True,
    )
    await open_ticket(session, conversation, key, ticket)
