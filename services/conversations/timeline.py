"""The timeline: what was said in a conversation, in order, as caller and coordinator see it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from services.answers.reply import Reply
from services.conversations.sealing import open_inbound, open_outbound
from services.privacy.keyring import ConversationKey
from services.store.messages import list_inbound_after, list_outbound_after
from services.store.tables import Conversation, Inbound, Outbound, OutboundState
from services.vocabulary import Author, Urgency


class Event(BaseModel):
    """One message. ``text`` is a person's own words; ``reply`` is what the service made."""

    model_config = ConfigDict(frozen=True)

    position: int
    author: Author
    at: datetime
    text: str | None = None
    reply: Reply | None = None
    client_id: str | None = None
    urgency: Urgency | None = None
    delivery: OutboundState | None = None
    """How far a text message has come; nothing on the web, where there is nothing to tell."""
    failure: str | None = None
    """Why it did not arrive: the carrier's code."""


async def read_timeline(
    session: AsyncSession, key: ConversationKey, conversation: Conversation, *, after: int
) -> list[Event]:
    """What was said after a position, by everyone."""
    inbound = await list_inbound_after(session, conversation.id, after)
    outbound = await list_outbound_after(session, conversation.id, after)
    events = [inbound_event(key, message) for message in inbound]
    events += [outbound_event(key, message) for message in outbound]
    return sorted(events, key=lambda event: event.position)


def inbound_event(key: ConversationKey, message: Inbound) -> Event:
    """A caller's message."""
    return Event(
        position=message.position,
        author=Author.CALLER,
        at=message.received_at,
        text=open_inbound(key, message),
        client_id=message.client_id,
        urgency=message.urgency,
    )


def outbound_event(key: ConversationKey, message: Outbound) -> Event:
    """A message to the caller."""
    words = open_outbound(key, message)
    by_hand = message.author is Author.COORDINATOR
    return Event(
        position=message.position,
        author=message.author,
        at=message.created_at,
        text="\n\n".join(words.as_texts()) if by_hand else None,
        reply=None if by_hand else words,
        delivery=message.state if _is_text_message(message) else None,
        failure=message.failure,
    )


def all_that_is_new(conversation: Conversation, event: Event) -> tuple[Event, ...]:
    """A message to tell those of who follow the conversation; nothing if it is not the last one.

    Args:
        conversation: With its row locked: nobody can add another message meanwhile.
        event: The message.
    """
    return (event,) if event.position == conversation.last_position else ()


def _is_text_message(message: Outbound) -> bool:
    return message.due_at is not None or message.state is not OutboundState.READY
