"""Callers by text message, and the telephone company between them and the service.

The company is the stand-in of ``tests/twilio``, with what makes it a network: it tries a webhook
again that was not taken, and calls back about what became of each message that it carried.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import aiohttp

from services.vocabulary import Channel
from tests.chaos.callers import GIVES_UP_AFTER
from tests.chaos.records import Attempt, CallerRecord, End, Sent
from tests.chaos.texts import Script
from tests.twilio.stand_in import Message, TwilioStandIn, running_stand_in

REPLY_PATIENCE = 30.0
_WEBHOOK_SECONDS = 15.0
"""How long Twilio waits for a webhook: https://www.twilio.com/docs/usage/webhooks"""
_LOOK_SECONDS = 0.2
_FIRST = (46313900600, 46406280400, 46846500400, 46980319200)
"""Where the series begin, of a hundred numbers each, that PTS keeps for fiction (https://pts.se)."""
_EACH = 100

NUMBERS = tuple(f"+{first + step}" for first in _FIRST for step in range(_EACH))
"""Every number that texters may have, each nobody's."""


class Network:
    """The telephone company. ``carried`` counts how often each of our messages left."""

    def __init__(self, twilio: TwilioStandIn) -> None:
        self.twilio = twilio
        self._reported = 0

    def carried(self) -> Counter[UUID]:
        """How often each of our messages left, by the id in its status callback."""
        return Counter(_ours(message) for message in self.twilio.messages)

    async def text(self, sent: Sent, sender: str, body: str) -> None:
        """Give a caller's message to the service, again and again under the same id."""
        wait, give_up_at = 1.0, time.monotonic() + GIVES_UP_AFTER
        while not sent.acknowledged and time.monotonic() < give_up_at:
            began, end = time.monotonic(), End.SILENT
            try:
                async with asyncio.timeout(_WEBHOOK_SECONDS):
                    response = await self.twilio.text(sender, body, sid=sent.client_id)
                    end = End.ACKNOWLEDGED if response.status == 200 else End.REFUSED
                    if "<Message>" in await response.text():
                        sent.replied_at = time.monotonic()
            except TimeoutError:
                pass
            except (aiohttp.ClientError, OSError):
                end = End.CUT
            sent.attempts.append(Attempt(began, time.monotonic(), end))
            if not sent.acknowledged:
                await asyncio.sleep(wait)
                wait = min(wait * 2, 8.0)

    async def call_back(self) -> None:
        """Tell what became of each message; what nobody hears is not told again."""
        while True:
            while self._reported < len(self.twilio.messages):
                message = self.twilio.messages[self._reported]
                self._reported += 1
                for status in ("sent", "delivered"):
                    with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                        async with asyncio.timeout(_WEBHOOK_SECONDS):
                            await self.twilio.report(message, status)
            await asyncio.sleep(_LOOK_SECONDS)


class TextCaller:
    """Somebody who writes text messages from one number."""

    def __init__(self, network: Network, number: str, rng: random.Random) -> None:
        self.record = CallerRecord(Channel.SMS, number=number)
        self._network, self._rng = network, rng

    async def talk(self, script: Script) -> None:
        """Write a whole conversation; each next message when something came back, or after all."""
        for line in script.lines:
            before = self._got()
            sent = Sent(f"SM{uuid4().hex}", acute=line.acute)
            self.record.sent.append(sent)
            await self._network.text(sent, self.record.number, line.text)
            if line.waits:
                await self._something_after(before, sent)
            await asyncio.sleep(self._rng.uniform(0.0, 1.0))

    async def _something_after(self, before: int, sent: Sent) -> None:
        give_up_at = time.monotonic() + REPLY_PATIENCE
        while self._got() == before and sent.replied_at is None:
            if time.monotonic() > give_up_at:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    def _got(self) -> int:
        return len(self._network.twilio.bodies(self.record.number))


@asynccontextmanager
async def running_network() -> AsyncIterator[Network]:
    """A telephone company that carries and calls back."""
    async with running_stand_in() as twilio:
        network = Network(twilio)
        calling = asyncio.create_task(network.call_back())
        yield network
        calling.cancel()
        await asyncio.wait([calling])


def _ours(message: Message) -> UUID:
    return UUID(message.status_callback.rpartition("/")[2])
