"""Callers, as each channel meets them: what they send, and what reaches them."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

from services.vocabulary import Channel
from tests.conversations.stack import Stack
from tests.twilio.stand_in import NUMBER

_REPLY_SECONDS = 30.0


class Caller(ABC):
    """Sends messages and hears replies, as plain text in the order of its reading."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    @abstractmethod
    async def begin(self) -> None:
        """Open the conversation, or take a number to write from."""

    @abstractmethod
    async def send(self, text: str | None, choice: str | None) -> str:
        """Send a message; give what the caller is told."""

    @property
    @abstractmethod
    def conversation(self) -> UUID:
        """Whose conversation it is."""


class WebCaller(Caller):
    """The web chat, through its HTTP API and event stream."""

    async def begin(self) -> None:
        async with self.stack.http.post("/api/chat/conversations", json={}) as response:
            assert response.status == 201, await response.text()
            opened = await response.json()
        self._id = UUID(opened["conversation"])
        self._headers = {"Authorization": f"Bearer {opened['conversation']}.{opened['secret']}"}

    async def send(self, text: str | None, choice: str | None) -> str:
        message = {"id": uuid4().hex, "text": text or "", "choice": choice}
        path = "/api/chat/messages"
        async with self.stack.http.post(path, json=message, headers=self._headers) as response:
            assert response.status == 202, await response.text()
            receipt = await response.json()
        event = receipt["reply"] or await self._next_reply(receipt["position"])
        return "\n".join(_block_words(block) for block in event["reply"]["blocks"])

    async def _next_reply(self, position: int) -> Any:
        headers = {**self._headers, "Last-Event-ID": str(position)}
        async with (
            asyncio.timeout(_REPLY_SECONDS),
            self.stack.http.get("/api/chat/events", headers=headers) as stream,
        ):
            async for line in stream.content:
                if line.startswith(b"data:"):
                    event = json.loads(line.removeprefix(b"data:"))
                    if event["author"] == "bot":
                        return event
        raise AssertionError("the stream ended without a reply")

    @property
    def conversation(self) -> UUID:
        return self._id


class SmsCaller(Caller):
    """Text messages, through Twilio's webhooks and API."""

    _count = 0

    async def begin(self) -> None:
        # From the series that PTS keeps for fiction.
        SmsCaller._count += 1
        self._number = f"+467017406{SmsCaller._count:02d}"

    async def send(self, text: str | None, choice: str | None) -> str:
        assert text is not None, "a text message has no buttons"
        before = len(self.stack.twilio.bodies(self._number))
        sid = f"SM{uuid4().hex}"
        response = await self.stack.twilio.text(self._number, text, sid=sid)
        assert response.status == 200
        self._id = await self.stack.conversation_of(self._number)
        await self.stack.wait_until_sent(self._id, client_id=sid)
        return "\n".join(self.stack.twilio.bodies(self._number)[before:])

    @property
    def conversation(self) -> UUID:
        return self._id


class VoiceCaller(Caller):
    """A phone call, through Twilio's webhooks."""

    async def begin(self) -> None:
        self._call = {
            "CallSid": f"CA{uuid4().hex}", "From": "+46701740699", "To": NUMBER,
            "CallStatus": "ringing", "Direction": "inbound",
        }  # fmt: skip
        self._next = ""
        self.greeting = await self._post("voice", {})

    async def send(self, text: str | None, choice: str | None) -> str:
        assert text is not None, "a phone has no buttons"
        heard = {"Digits": text} if len(text) == 1 else {"SpeechResult": text, "Confidence": "0.93"}
        return await self._post(self._next, heard)

    async def _post(self, step: str, heard: Mapping[str, str]) -> str:
        response = await self.stack.twilio.post(f"/twilio/{step}", {**self._call, **heard})
        assert response.status == 200
        root = ElementTree.fromstring(await response.text())
        words = " ".join(part.strip() for part in root.itertext())
        redirect, gather = root.find("Redirect"), root.find("Gather")
        if redirect is not None:
            return f"{words} {await self._post(redirect.text or '', {})}"
        self._next = gather.get("action", "") if gather is not None else ""
        return words

    @property
    def conversation(self) -> UUID:
        return self._id

    async def find(self) -> None:
        """Learn which conversation the call is."""
        self._id = await self.stack.conversation_of(self._call["CallSid"])


def _block_words(block: Mapping[str, Any]) -> str:
    match block["kind"]:
        case "text":
            return str(block["text"])
        case "contact":
            parts = (block["name"], block["number"], block["hours"], block["note"])
            return "\n".join(part for part in parts if part)
        case _:
            return f"Källa: {block['publisher']}, {block['title']}, {block['year']}"


async def caller_of(channel: Channel, stack: Stack) -> Caller:
    """A new caller on a channel."""
    kinds = {Channel.WEB: WebCaller, Channel.SMS: SmsCaller, Channel.VOICE: VoiceCaller}
    caller = kinds[channel](stack)
    await caller.begin()
    if isinstance(caller, VoiceCaller):
        await caller.find()
    return caller
