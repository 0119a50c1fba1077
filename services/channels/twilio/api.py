"""Twilio's REST API as the outbox's carrier, through Twilio's own client.

Twilio has no idempotency key for messages. Our row's id goes with each in its status callback's
address, so that a message whose request was cut off says itself that it left; besides, the list of
messages is searched before anything is sent again. What remains: if we are away while Twilio calls
back, and its list is behind, a message can leave twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from services.channels.twilio.account import TwilioAccount
from services.channels.twilio.wire import SmsWire
from services.conversations.delivery import Attempt, Letter, Refused, Sent, Unclear

SEND_SECONDS: Final = 10.0
STATUS_PATH: Final = "/twilio/sms/status"
_LIST_LENGTH: Final = 50
_CLOCKS_DIFFER_BY: Final = timedelta(minutes=2)
_BUSY: Final = frozenset({20429, 14107, 21611})
"""Too many requests, too many messages, queue full: https://www.twilio.com/docs/api/errors"""
_QUIET_LOG: Final = logging.getLogger("services.twilio_requests")
"""The client would log every request; what it says of them is nobody's business."""
_QUIET_LOG.setLevel(logging.CRITICAL)


class TwilioCarrier:
    """Hands text messages to Twilio. Open with ``open_carrier``."""

    def __init__(self, account: TwilioAccount, wire: SmsWire, client: Client) -> None:
        self._account = account
        self._wire = wire
        self._client = client

    async def send(self, letter: Letter) -> Attempt:
        """Hand over a message; what the network or Twilio does is told, not raised."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                message = await self._client.messages.create_async(
                    to=letter.to,
                    from_=self._account.number,
                    body=self._text(letter),
                    status_callback=f"{self._account.public_url}{STATUS_PATH}/{letter.id}",
                )
        except (TwilioRestException, TwilioServiceException) as error:
            return refusal(error.status, error.code)
        except aiohttp.ClientConnectorError:
            return Refused("connect", again=True)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Unclear(type(error).__name__[:24])
        except (ValueError, TwilioException):
            return Unclear("unreadable")
        return Sent(str(message.sid))

    async def find(self, letter: Letter) -> tuple[str, ...] | None:
        """The ids of messages with this text to this number since it was made."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                messages = await self._client.messages.list_async(
                    to=letter.to, from_=self._account.number, limit=_LIST_LENGTH
                )
        except (TwilioException, aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return None
        text = self._text(letter).strip()
        earliest = letter.created_at - _CLOCKS_DIFFER_BY
        return tuple(
            str(one.sid)
            for one in messages
            # A trial account puts a sentence of its own before ours.
            if (one.body or "").strip().endswith(text)
            and one.date_created is not None
            and one.date_created >= earliest
        )

    def _text(self, letter: Letter) -> str:
        return self._wire.of(
            letter.reply, letter.variant, acute=letter.acute, author=letter.author
        ).text


@contextlib.asynccontextmanager
async def open_carrier(account: TwilioAccount, wire: SmsWire) -> AsyncIterator[TwilioCarrier]:
    """A carrier with connections of its own, closed at the end."""
    async with AsyncTwilioHttpClient(logger=_QUIET_LOG) as http:
        client = Client(account.sid, account.token.get_secret_value(), http_client=http)
        client.api.base_url = account.api_url
        yield TwilioCarrier(account, wire, client)


def refusal(status: int, code: int | None) -> Attempt:
    """What an error of Twilio's means for the message.

    Args:
        status: The HTTP status.
        code: Twilio's own, if it gave one.
    """
    name = str(code or status)
    if status >= 500:
        return Unclear(name)
    # 401 and 403: the operator has to mend the account, and the message can wait for that.
    again = status in {401, 403, 429} or code in _BUSY
    return Refused(name, again=again)
