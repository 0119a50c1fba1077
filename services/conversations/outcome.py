"""Writing the outcome of a message into an open transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from services.answers.reply import Reply
from services.conversations.core import Core
from services.conversations.sealing import conversation_key, judgement_row, outbound_row
from services.conversations.texting import post
from services.privacy.keyring import ConversationKey
from services.store.conversations import next_position
from services.store.tables import Conversation, Inbound, InboundState, Outbound
from services.triage.judgement import Judgement
from services.vocabulary import Author, Urgency

_CLASSIFIER: Final = "classifier"


def add_reply(
    core: Core,
    session: AsyncSession,
    conversation: Conversation,
    key: ConversationKey,
    inbound: Inbound,
    reply: Reply,
    now: datetime,
) -> Outbound:
    """Add the bot's reply to a message, past the gate, and mark the message as answered.

    The caller holds the conversation's row locked and has compared the fence. That a message has
    one reply at most is also a constraint in the database.
    """
    words = core.renderer.checked(reply, core.setting(conversation))
    outbound = Outbound(
        id=(outbound_id := uuid4()),
        conversation_id=conversation.id,
        position=next_position(conversation),
        in_reply_to=inbound.id,
        author=Author.BOT,
        fence=conversation.fence,
        created_at=now,
        body_sealed=key.seal(words.model_dump_json(), row=outbound_row(outbound_id)),
    )
    post(core, conversation, outbound, now, acute=inbound.urgency is Urgency.AKUT)
    session.add(outbound)
    inbound.state = InboundState.ANSWERED
    inbound.answered_at = now
    conversation.greeted = True
    return outbound


def add_words(
    core: Core,
    session: AsyncSession,
    conversation: Conversation,
    words: Reply,
    author: Author,
    now: datetime,
) -> Outbound:
    """Add a message to the caller that answers no message of theirs.

    The caller of this holds the conversation's row locked.
    """
    key = conversation_key(core.keyring, conversation)
    outbound = Outbound(
        id=(outbound_id := uuid4()),
        conversation_id=conversation.id,
        position=next_position(conversation),
        author=author,
        fence=conversation.fence,
        created_at=now,
        body_sealed=key.seal(words.model_dump_json(), row=outbound_row(outbound_id)),
    )
    post(core, conversation, outbound, now, acute=False)
    session.add(outbound)
    return outbound


def seal_judgement(key: ConversationKey, inbound: Inbound, judgement: Judgement) -> None:
    """Keep a judgement with its message: urgency in the open for the queue, grounds sealed."""
    inbound.urgency = judgement.urgency
    inbound.judgement_sealed = key.seal(judgement.model_dump_json(), row=judgement_row(inbound.id))


def by_rules_alone(judgement: Judgement) -> Judgement:
    """The judgement without what the classifier makes of it, which knows whole messages only."""
    if not judgement.why or all(reason.by == _CLASSIFIER for reason in judgement.why):
        return judgement.model_copy(update={"urgency": Urgency.UTANFOR, "asks_danger": False})
    return judgement


def raise_urgency(conversation: Conversation, urgency: Urgency) -> None:
    """Let the conversation's urgency rise; it never sinks on its own."""
    conversation.urgency = max(conversation.urgency or urgency, urgency)
