"""A test message through the whole path: HTTP in, inbox, judges, Rasa, the caller's stream out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from time import perf_counter
from typing import Final
from uuid import uuid4

import aiohttp
from pydantic import BaseModel, SecretStr

from services.observability.probe_mark import PROBE_HEADER, probe_mark
from services.vocabulary import Author

REPLY_SECONDS: Final = 20.0
"""How long the whole may take: Rasa's time-out, the sweep of a worker, and some."""
END_SECONDS: Final = 5.0
_NO_ANSWER: Final = (aiohttp.ClientError, TimeoutError, ValueError)
"""Nothing came, or what came is no answer of the service."""


class _Opened(BaseModel):
    conversation: str
    secret: str


class _Said(BaseModel):
    author: str = ""


class _Ended(BaseModel):
    answered_by: str


class Finding(StrEnum):
    """What became of a test message."""

    ANSWERED = "answered"
    SILENT = "silent"
    """The service did not answer the request, or gave no reply in time."""
    REFUSED = "refused"
    """The service answered with an error."""
    WITHOUT_RASA = "without_rasa"
    """The reply was the safe one, or made of words alone."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a probe found, and the seconds from sending to seeing the reply."""

    finding: Finding
    seconds: float


class _RefusedError(Exception):
    """The service answered with an error."""


class Probe:
    """Sends test messages to a service.

    Args:
        session: To send with.
        url: The service's.
        secret: What the processes share, to mark the conversation as a test.
        question: A question that callers ask; it is answered like any other.
    """

    def __init__(
        self, session: aiohttp.ClientSession, url: str, secret: SecretStr, question: str
    ) -> None:
        self._session, self._url, self._question = session, url, question
        self._mark = {PROBE_HEADER: probe_mark(secret)}

    async def once(self) -> Result:
        """Send one message and wait for its reply; never raises for what the service does."""
        began = perf_counter()
        opened: _Opened | None = None
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                answer = await self._post("/api/chat/conversations", None, self._mark)
                opened = _Opened.model_validate_json(answer)
                await self._ask(opened)
                finding = Finding.ANSWERED
        except _RefusedError:
            finding = Finding.REFUSED
        except _NO_ANSWER:
            finding = Finding.SILENT
        seconds = perf_counter() - began
        if opened is not None:
            finding = await self._end(opened, seconds, finding)
        return Result(finding, seconds)

    async def _ask(self, opened: _Opened) -> None:
        bearer = {"Authorization": f"Bearer {opened.conversation}.{opened.secret}"}
        message = {"id": uuid4().hex, "text": self._question}
        await self._post("/api/chat/messages", message, bearer)
        await self._wait_for_reply(bearer)

    async def _end(self, opened: _Opened, seconds: float, found: Finding) -> Finding:
        """Have the conversation removed, and learn who answered it."""
        told = {"conversation": opened.conversation, "seconds": seconds}
        try:
            async with asyncio.timeout(END_SECONDS):
                answer = await self._post("/api/probe/end", told, self._mark)
            by_dialogue = _Ended.model_validate_json(answer).answered_by == "dialogue"
        except (_RefusedError, *_NO_ANSWER):
            return Finding.REFUSED if found is Finding.ANSWERED else found
        if found is Finding.ANSWERED and not by_dialogue:
            return Finding.WITHOUT_RASA
        return found

    async def _wait_for_reply(self, bearer: dict[str, str]) -> None:
        async with self._session.get(f"{self._url}/api/chat/events", headers=bearer) as stream:
            if stream.status != 200:
                raise _RefusedError
            async for line in stream.content:
                data = line.removeprefix(b"data: ")
                if data != line and _Said.model_validate_json(data).author == Author.BOT:
                    return
        raise TimeoutError  # the stream ended, and there was no reply in it

    async def _post(
        self, path: str, body: Mapping[str, object] | None, headers: dict[str, str]
    ) -> bytes:
        async with self._session.post(f"{self._url}{path}", json=body, headers=headers) as response:
            if response.status >= 400:
                raise _RefusedError
            return await response.read()
