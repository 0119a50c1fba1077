"""Overload: what can wait is not taken when too many wait already, and the caller told at once."""

from __future__ import annotations

from typing import Final

from services.answers.reply import Reply
from services.conversations.core import Core
from services.conversations.decision import EMERGENCY
from services.conversations.errors import ConversationError
from services.observability.measures import count_refused
from services.store.tables import Conversation
from services.triage.judgement import Judgement
from services.vocabulary import Channel, Owner, PhraseId, Urgency

_MANY_WRITING: Final = PhraseId("manga_skriver")


class ManyWritingError(ConversationError):
    """Too many turns wait, and the message can too: it is not stored; here is what to say."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("too many turns wait")
        self.reply = reply


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
    setting = core.setting(conversation)
    worried = core.routing.route(Judgement(urgency=Urgency.ORO), (), setting)
    words = core.renderer.phrase(_MANY_WRITING, setting)
    words = words.followed_by(core.renderer.contacts((EMERGENCY, *worried.contacts), setting))
    raise ManyWritingError(core.renderer.checked(words, setting))
