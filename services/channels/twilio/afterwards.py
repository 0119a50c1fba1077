"""Acute text messages that came while the database was away: kept in memory, and stored afterwards.

The caller was answered in Twilio's own response, so that Twilio does not send the message again,
and nobody else will. What a killed process loses is the record of it, not the answer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import Final

import structlog

from services.conversations.errors import NotStoredError, UnknownConversationError
from services.conversations.inbox import Inbox, IncomingMessage, Telephone
from services.vocabulary import Channel, MunicipalityId

RETRY_SECONDS: Final = 2.0
MOST: Final = 1_000
"""Kept at once; a bound for the memory, far beyond what callers write while a database is away."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    telephone: Telephone
    municipality: MunicipalityId
    message: IncomingMessage


class Afterwards:
    """Keeps messages, and stores them in their order while ``run`` runs."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._kept: deque[_Kept] = deque()

    def keep(
        self, telephone: Telephone, municipality: MunicipalityId, message: IncomingMessage
    ) -> None:
        """Keep a message whose caller has been answered.

        Args:
            telephone: Who sent it.
            municipality: Where the caller is until they say otherwise.
            message: Says that it is ``told``.
        """
        if len(self._kept) >= MOST:
            _log.error("acute_text_message_not_kept")
            return
        _log.error("acute_text_message_kept")
        self._kept.append(_Kept(telephone, municipality, message))

    def holds(self, sender: str) -> bool:
        """Whether a message of this number waits to be stored: a later one must not pass it."""
        return any(one.telephone.key == sender for one in self._kept)

    async def run(self) -> None:
        """Try again and again until cancelled, and then once more."""
        try:
            while True:
                await asyncio.sleep(RETRY_SECONDS)
                await self._store()
        finally:
            await self._store()

    async def _store(self) -> None:
        """Store what is kept, the oldest first, as far as the database is there."""
        with contextlib.suppress(NotStoredError):
            while self._kept:
                await self._store_one(self._kept[0])
                self._kept.popleft()
                _log.info("acute_text_message_stored_afterwards")

    async def _store_one(self, one: _Kept) -> None:
        with contextlib.suppress(UnknownConversationError):  # deleted at that very moment
            conversation = await self._inbox.conversation_of(
                Channel.SMS, one.municipality, one.telephone
            )
            await self._inbox.receive(conversation, None, one.message, channel=Channel.SMS)
