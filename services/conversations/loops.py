"""Loops: a machine that answers our text messages is not answered for ever.

Another service's automatic answer would get our reply, answer that, and so on, day and night. After
some rounds we fall silent, and a coordinator sees the conversation: should it be a person after
all, a person answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.conversations.sealing import open_inbound
from services.privacy.keyring import ConversationKey
from services.store.messages import list_latest_inbound, list_latest_replies

WINDOW: Final = timedelta(minutes=15)
SAME_WORDS: Final = 3
"""As often as that somebody may send the same sentence, and be answered."""
SAME_WORDS_ACUTE: Final = 10
"""The same for what sounds like danger: rather too many answers than one too few."""
MOST_REPLIES: Final = 30
"""More than anyone can read within ``WINDOW``; acute messages are answered all the same."""
_SENTENCE: Final = 20
"""Characters: a bare "ja" may answer one question after another."""


@dataclass(frozen=True, slots=True)
class Lately:
    """What went to and fro within ``WINDOW``: the caller's words, the newest first; our replies."""

    words: tuple[str, ...]
    replies: int


def is_loop(text: str, lately: Lately, *, acute: bool) -> bool:
    """Whether a message is a machine's, as far as one can see.

    Args:
        text: What came now.
        lately: What came and left before it.
        acute: Whether it sounds like danger.
    """
    most = SAME_WORDS_ACUTE if acute else SAME_WORDS
    said = _plain(text)
    before = [_plain(one) for one in lately.words[:most]]
    repeats = len(said) >= _SENTENCE and before == [said] * most
    return repeats or (lately.replies >= MOST_REPLIES and not acute)


async def read_lately(
    session: AsyncSession, key: ConversationKey, conversation_id: UUID, now: datetime
) -> Lately:
    """What went to and fro in a conversation until now; no more of it than the rule looks at."""
    since = now - WINDOW
    inbound = await list_latest_inbound(session, conversation_id, limit=SAME_WORDS_ACUTE)
    replies = await list_latest_replies(session, conversation_id, limit=MOST_REPLIES)
    return Lately(
        words=tuple(open_inbound(key, one) for one in inbound if one.received_at >= since),
        replies=sum(one.created_at >= since for one in replies),
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
