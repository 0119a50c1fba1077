"""The caller on the web in words: whether their chat page is open, and whether they write now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.console.conversation_view import Standing
from services.console.words import duration
from services.conversations.presence import Presence, Whereabouts
from services.store.tables import Conversation
from services.vocabulary import Author, Channel, Owner


@dataclass(frozen=True, slots=True)
class CallerView:
    """Where the caller is. ``writing_at`` tells two signs of writing apart."""

    text: str
    here: bool
    writing_at: datetime | None


def caller_view(
    presence: Presence, conversation: Conversation, standing: Standing, now: datetime
) -> CallerView | None:
    """The caller of a ticket; nothing if it is closed, or they have no page to be on.

    What they write shows while a coordinator has the conversation, and never before.
    """
    if conversation.channel is not Channel.WEB or standing.closed is not None:
        return None
    by_hand = conversation.owner is Owner.COORDINATOR
    whereabouts = presence.whereabouts(conversation.id, now)
    return CallerView(
        text=f"Den som hör av sig {_where(whereabouts, now)}.",
        here=whereabouts.here,
        writing_at=presence.writing_at(conversation.id, Author.CALLER, now) if by_hand else None,
    )


def _where(whereabouts: Whereabouts, now: datetime) -> str:
    if whereabouts.here:
        return "har chatten öppen"
    if whereabouts.left_at is None:
        return "har inte chatten öppen"
    away = now - whereabouts.left_at
    ago = duration(away) if away >= timedelta(minutes=1) else "mindre än en minut"
    return f"lämnade chatten för {ago} sedan"
