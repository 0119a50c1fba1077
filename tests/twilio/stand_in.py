"""A stand-in for Twilio on loopback, as its documentation says it behaves.

It keeps accounts' messages, asks for basic authentication, answers 201 or what a test has planned,
lists what it has, signs its webhooks, and calls back about what became of a message.
"""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from uuid import uuid4

from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestServer
from multidict import MultiDict
from twilio.request_validator import RequestValidator

SID = "AC" + "0" * 32
TOKEN = "a token of nobody's"
NUMBER = "+46700000001"
PUBLIC_URL = "https://oroslotsen.example"

CUT = "cut"
"""Take the message, and cut the connection before the answer."""
HANG = "hang"
"""Take the message, and never answer."""


@dataclass
class Message:
    """A message that was taken."""

    sid: str
    to: str
    body: str
    status_callback: str
    at: datetime


@dataclass
class TwilioStandIn:
    """Twilio's API, and its phone network."""

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    requests: int = 0
    plan: deque[int | str | tuple[int, int]] = field(default_factory=deque)
    """What to do with the next requests: a status, a status with a code, CUT or HANG."""
    behind: bool = False
    """The list of messages does not show the newest ones yet."""
    service: str = ""
    """Where the service listens; webhooks to PUBLIC_URL go there."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bodies(self, to: str | None = None) -> list[str]:
        return [one.body for one in self.messages if to in {None, one.to}]

    async def create(self, request: web.Request) -> web.StreamResponse:
        if (refused := self._unauthorised(request)) is not None:
            return refused
        self.requests += 1
        form = await request.post()
        planned = self.plan.popleft() if self.plan else 201
        if isinstance(planned, tuple):
            return _error(*planned)
        if isinstance(planned, int) and planned != 201:
            return _error(planned, 20429 if planned == 429 else planned)
        if not str(form["To"]).startswith("+"):
            return _error(400, 21211)
        message = Message(
            sid=f"SM{uuid4().hex}",
            to=str(form["To"]),
            body=str(form["Body"]),
            status_callback=str(form.get("StatusCallback", "")),
            at=self.clock(),
        )
        self.messages.append(message)
        if planned == CUT:
            assert request.transport is not None
            request.transport.close()
        if planned == HANG:
            await asyncio.Event().wait()
        return web.json_response(_as_json(message), status=201)

    async def list(self, request: web.Request) -> web.Response:
        if (refused := self._unauthorised(request)) is not None:
            return refused
        planned = self.plan.popleft() if self.plan and self.plan[0] == "list-500" else 200
        if planned != 200:
            return _error(500, 20500)
        shown = [] if self.behind else [m for m in self.messages if m.to == request.query.get("To")]
        page = {"messages": [_as_json(m) for m in reversed(shown)], "next_page_uri": None}
        return web.json_response(page)

    def _unauthorised(self, request: web.Request) -> web.Response | None:
        expected = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if request.headers.get("Authorization") == f"Basic {expected}":
            return None
        return _error(401, 20003)

    async def post(
        self,
        path: str,
        fields: Mapping[str, str] | Sequence[tuple[str, str]],
        *,
        signature: str | None = None,
        headers: Mapping[str, str] = {},
    ) -> ClientResponse:
        """Call a webhook, signed for its public address.

        What follows ``#`` tells Twilio how to connect; it is neither sent nor signed.
        """
        form = MultiDict(fields)
        path = path.partition("#")[0]
        signed = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + path, form)
        sent = {"X-Twilio-Signature": signed if signature is None else signature, **headers}
        async with ClientSession() as session:
            response = await session.post(self.service + path, data=form, headers=sent)
            await response.read()
            return response

    async def text(self, sender: str, body: str, *, sid: str = "", **more: str) -> ClientResponse:
        """A caller sends a text message."""
        return await self.post("/twilio/sms", sms_fields(sender, body, sid=sid, **more))

    async def report(self, message: Message, status: str, code: str = "") -> ClientResponse:
        """Tell the service what became of a message."""
        path = message.status_callback.removeprefix(PUBLIC_URL)
        fields = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "To": message.to,
            "From": NUMBER,
            "AccountSid": SID,
            "ApiVersion": "2010-04-01",
        }
        return await self.post(path, fields | ({"ErrorCode": code} if code else {}))


def sms_fields(sender: str, body: str, *, sid: str = "", **more: str) -> dict[str, str]:
    """The fields of a text message's webhook."""
    sid = sid or f"SM{uuid4().hex}"
    return {
        "ToCountry": "SE",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "SmsSid": sid,
        "SmsStatus": "received",
        "FromCountry": "SE",
        "Body": body,
        "To": NUMBER,
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": SID,
        "From": sender,
        "ApiVersion": "2010-04-01",
    } | more


@asynccontextmanager
async def running_stand_in() -> AsyncIterator[TwilioStandIn]:
    """The stand-in, listening."""
    twilio = TwilioStandIn()
    app = web.Application()
    path = f"/2010-04-01/Accounts/{SID}/Messages.json"
    app.router.add_post(path, twilio.create)
    app.router.add_get(path, twilio.list)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1)
    assert server.port is not None
    twilio.port = server.port
    yield twilio
    await server.close()


def _as_json(message: Message) -> dict[str, object]:
    return {
        "sid": message.sid,
        "account_sid": SID,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": format_datetime(message.at),
        "date_sent": None,
        "date_updated": format_datetime(message.at),
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": NUMBER,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "status": "queued",
        "subresource_uris": {},
        "to": message.to,
        "uri": f"/2010-04-01/Accounts/{SID}/Messages/{message.sid}.json",
    }


def _error(status: int, code: int) -> web.Response:
    body = {
        "code": code,
        "message": "made up",
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(body, status=status)
