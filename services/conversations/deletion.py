"""RADERA: a caller asks for the conversation to be deleted.

What nobody has acted on is deleted, after a question and an answer. Where there is a ticket, the
caller is told what is kept and why, and a coordinator gets the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from services.answers.rendering import Renderer
from services.answers.reply import Choice, Reply
from services.conversations.replies import CONTINUE
from services.reading.wishes import asks_for_deletion
from services.reading.words import is_no, is_yes, word_count
from services.store.tables import Conversation, TicketRow
from services.vocabulary import Channel, PhraseId, Setting, TopicId

TOPIC: Final = TopicId("radera_uppgifter")
DELETE: Final = "radera_samtalet"
_YES: Final = "radera_ja"
_NO: Final = "radera_nej"
_ASK: Final = PhraseId("radera_fraga")
_DONE: Final = PhraseId("radera_klart")
_KEPT: Final = PhraseId("radera_behalls")
_HANDED_OVER: Final = PhraseId("radera_arende")
_MOST_WORDS: Final = 4
"""Of "ja, radera allt tack" and "nej, behåll det"."""
FAREWELL: Final = timedelta(seconds=15)
"""How long the last words stay, so that the page has shown them and the phone has said them."""


class Wanted(Enum):
    """What a message wants done with the conversation."""

    ASKS = "asks"
    CONFIRMS = "confirms"
    KEEPS = "keeps"


class Deed(Enum):
    """What is done with the conversation, in the transaction that stores the reply."""

    ASKED = "asked"
    DELETES = "deletes"
    HANDS_OVER = "hands_over"
    KEEPS = "keeps"


@dataclass(frozen=True, slots=True)
class Taken:
    """The reply to a wish for deletion, and what is done."""

    reply: Reply
    deed: Deed


def read_deletion(choice: str | None, text: str, *, asked: bool) -> Wanted | None:
    """What a message wants, if it is about deletion.

    Args:
        choice: The pressed button, if one was.
        text: The caller's words, or the button's.
        asked: Whether "Vill du radera samtalet?" is the last thing that was said.
    """
    if choice is not None:
        of_buttons = {DELETE: Wanted.ASKS, _NO: Wanted.KEEPS}
        of_buttons[_YES] = Wanted.CONFIRMS if asked else Wanted.ASKS
        return of_buttons.get(choice)
    wishes = asks_for_deletion(text)
    if not asked:
        return Wanted.ASKS if wishes else None
    if word_count(text) > _MOST_WORDS:
        return None
    if is_no(text):
        return Wanted.KEEPS
    return Wanted.CONFIRMS if wishes or is_yes(text) else None


def answer_deletion(
    renderer: Renderer,
    setting: Setting,
    wanted: Wanted,
    *,
    reference: str | None,
    in_form: bool,
) -> Taken:
    """What to say to it, and to do.

    Args:
        renderer: Makes the words.
        setting: Channel, municipality and time.
        wanted: What the caller wants.
        reference: The ticket that a coordinator decides about; nothing where the caller may delete.
        in_form: Whether the questions of the intake wait for an answer.
    """
    if wanted is Wanted.KEEPS:
        choices = (CONTINUE,) if in_form else ()
        return Taken(renderer.phrase(_KEPT, setting, choices=choices), Deed.KEEPS)
    if reference is not None:
        words = renderer.phrase(_HANDED_OVER, setting, values={"referens": reference})
        return Taken(words, Deed.HANDS_OVER)
    if wanted is Wanted.ASKS:
        return Taken(renderer.phrase(_ASK, setting, choices=(_YES, _NO)), Deed.ASKED)
    return Taken(renderer.phrase(_DONE, setting), Deed.DELETES)


def offering_deletion(renderer: Renderer, reply: Reply, setting: Setting) -> Reply:
    """The answer about deletion, with a button for it; elsewhere a word is enough."""
    title = renderer.choice_title(DELETE, setting)
    if setting.channel is not Channel.WEB or title is None:
        return reply
    return reply.model_copy(update={"choices": (Choice(id=DELETE, title=title), *reply.choices)})


def follow_deletion(
    deed: Deed | None, conversation: Conversation, ticket: TicketRow | None, now: datetime
) -> None:
    """Do with the conversation what the stored reply says; the caller holds the row locked."""
    if deed is Deed.HANDS_OVER:
        note_request(ticket, now)
    if deed is Deed.DELETES:
        begin_deletion(conversation, now)


def begin_deletion(conversation: Conversation, now: datetime) -> None:
    """Let go of a conversation: from now on nobody finds it, and soon it is gone.

    The caller of this holds the row locked, and has stored the last words.
    """
    conversation.delete_after = now + FAREWELL
    conversation.secret_hash = None
    conversation.caller_hash = None


def note_request(ticket: TicketRow | None, now: datetime) -> None:
    """Keep with a ticket that its caller wants the conversation deleted."""
    if ticket is not None:
        ticket.deletion_asked_at = ticket.deletion_asked_at or now
