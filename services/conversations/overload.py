"""Overload: what can wait is not taken when too many wait already, and the caller told at once."""

from __future__ import annotations

from typing import Final

from services.answers.reply import Reply
from services.conversations.core import Core
from services.conversations.errors import ConversationError
from services.conversations.replies import EMERGENCY
from services.observability.measures import count_refused
from services.store.tables import Conversation
from services.triage.judgement import Judgement
from services.vocabulary import Channel, Owner, PhraseId, Setting, Urgency

_MANY_WRITING: Final = PhraseId("manga_skriver")
_TOO_OFTEN: Final = PhraseId("for_manga_pa_kort_tid")


class ManyWritingError(ConversationError):
    """Too many turns wait, and the message can too: it is not stored; here is what to say."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("too many turns wait")
        self.reply = reply


class TooOftenError(ConversationError):
    """One caller or address sends too much, and the message can wait: it is not stored."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("too often")
        self.reply = reply


def too_often_words(core: Core, setting: Setting) -> Reply:
    """What to say to who is over a limit: the emergency number, and whom to call meanwhile."""
    return _meanwhile(core, _TOO_OFTEN, setting)


def refuse_if_too_many_wait(core: Core, conversation: Conversation) -> None:
    """Refuse a message that is not acute, if too many wait and its caller can be told so.

    The chat page shows the words and sends the message again by itself. A text message or a call
    has no such page: it is taken, and answered later. What goes to a coordinator waits for nobody.

    Raises:
        ManyWritingError: with 112 and whom to call.
    """
    is_chat = conversation.channel is Channel.WEB and conversation.owner is Owner.BOT
    if not (is_chat and core.backlog.is_full):
        return
    count_refused()
    raise ManyWritingError(_meanwhile(core, _MANY_WRITING, core.setting(conversation)))


def _meanwhile(core: Core, phrase: PhraseId, setting: Setting) -> Reply:
    worried = core.routing.route(Judgement(urgency=Urgency.ORO), (), setting)
    words = core.renderer.phrase(phrase, setting)
    words = words.followed_by(core.renderer.contacts((EMERGENCY, *worried.contacts), setting))
    return core.renderer.checked(words, setting)
