"""Callers in the web chat: they do what the chat page does, and keep what they met.

The page's own rules (``web/chat``): one message at a time, sent again under its own id until it is
acknowledged; waits that double from a second; a stream that resumes after the last event it gave.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import aiohttp

from services.vocabulary import Author, Channel
from tests.chaos.records import Attempt, CallerRecord, End, Heard, Sent, mark_of
from tests.chaos.texts import HUMAN, SKIP, YES, Kind, Line, Script

CALL_SECONDS = 10.0
"""After that the page sends the same message again."""
PATIENCE = 45.0
"""Seconds that a caller waits for a reply before writing on; that it comes is asked at the end."""
HUMAN_PATIENCE = 15.0
GIVES_UP_AFTER = 180.0
"""Seconds after which a caller stops sending what nobody acknowledges."""
QUESTIONS_AT_MOST = 10
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 30.0
_LAST_LOOK = 15.0
_TWICE = 0.1
"""How many messages are sent twice at once, as a page does whose first try seems lost."""
_NO_ANSWER = (aiohttp.ClientError, OSError)


class Retry:
    """The page's waits between two tries."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._attempt = 0

    async def wait(self, least: float = 0.0) -> None:
        """Wait before the next try, at least ``least`` seconds."""
        longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2**self._attempt)
        self._attempt += 1
        await asyncio.sleep(max(least, longest * self._rng.uniform(0.5, 1.0)))

    def succeeded(self) -> None:
        """The next failure starts from the shortest wait."""
        self._attempt = 0


class WebCaller:
    """Somebody in the chat. With several services the page is open at one and writes to any."""

    def __init__(self, http: aiohttp.ClientSession, urls: Sequence[str], rng: random.Random):
        self.record = CallerRecord(Channel.WEB)
        self._http, self._rng = http, rng
        self._urls: Iterator[str] = itertools.cycle(rng.sample(urls, len(urls)))
        self._bearer: dict[str, str] = {}
        self._news = asyncio.Condition()
        self._choices: frozenset[str] = frozenset()
        self._connections = 0
        self._spoken = self._asked_at = 0

    async def talk(self, script: Script) -> None:
        """Write a whole conversation, and leave when everything has its reply."""
        await self._open()
        listening = asyncio.create_task(self._listen())
        try:
            if script.kind is Kind.HANDOVER:
                await self._ask_for_human()
            for line in script.lines:
                sent = await self.say(line)
                await asyncio.sleep(self._rng.uniform(0.0, 1.0))
            # Who has a coordinator may have said the last word.
            await self._reply_to(sent, HUMAN_PATIENCE if script.kind is Kind.HANDOVER else PATIENCE)
        finally:
            listening.cancel()
            await asyncio.wait([listening])
            self.record.left_at = time.monotonic()

    async def say(self, line: Line, choice: str | None = None) -> Sent:
        """Send a message until it is acknowledged, and wait for its reply if the line says so."""
        sent = Sent(uuid4().hex, acute=line.acute)
        self.record.sent.append(sent)
        body = {"id": sent.client_id, "text": line.text, "choice": choice}
        retry = Retry(self._rng)
        twice = self._rng.random() < _TWICE
        give_up_at = time.monotonic() + GIVES_UP_AFTER
        while not sent.acknowledged and time.monotonic() < give_up_at:
            tries = [self._try(sent, body) for _ in range(2 if twice else 1)]
            waits = await asyncio.gather(*tries)
            if not sent.acknowledged:
                await retry.wait(max(waits))
        if line.waits:
            await self._reply_to(sent)
        return sent

    async def catch_up(self, last_position: int) -> None:
        """Open the page once more, and read on from the last event to the end of what is stored."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_LOOK):
                while self._last() < last_position:
                    with contextlib.suppress(*_NO_ANSWER):
                        async with contextlib.aclosing(self._events()) as events:
                            async for position in events:
                                if position >= last_position:
                                    return
                    await asyncio.sleep(0.2)

    async def _open(self) -> None:
        retry = Retry(self._rng)
        while not self._bearer:
            with contextlib.suppress(*_NO_ANSWER, TimeoutError):
                async with self._http.post(
                    f"{next(self._urls)}/api/chat/conversations", timeout=_within(CALL_SECONDS)
                ) as response:
                    if response.status == 201:
                        opened = await response.json()
                        self.record.conversation = UUID(opened["conversation"])
                        credentials = f"{opened['conversation']}.{opened['secret']}"
                        self._bearer = {"Authorization": f"Bearer {credentials}"}
                        return
            await retry.wait()

    async def _ask_for_human(self) -> None:
        """Go through the questions that lead to a coordinator, skipping what may be skipped."""
        choice: str | None = HUMAN
        for _ in range(QUESTIONS_AT_MOST):
            sent = await self.say(Line(""), choice)
            choice = next((one for one in (SKIP, YES) if one in self._choices), None)
            if choice is None or self._asked_at < (sent.position or 0):
                return  # nothing more is asked, or a human has come

    async def _try(self, sent: Sent, body: Mapping[str, Any]) -> float:
        """Send once; give how long the service asks to wait."""
        began, wait = time.monotonic(), 0.0
        end, reply = End.SILENT, None
        try:
            async with self._http.post(
                f"{next(self._urls)}/api/chat/messages",
                json=body,
                headers=self._bearer,
                timeout=_within(CALL_SECONDS),
            ) as response:
                told = await response.json(content_type=None)
                if response.status == 202:
                    end = End.ACKNOWLEDGED
                    sent.position = told["position"]
                    reply = (told["reply"] or {}).get("reply")
                else:
                    end, reply = End.REFUSED, told.get("reply") if sent.acute else None
                    wait = float(response.headers.get("Retry-After", 0))
        except TimeoutError:
            pass
        except (*_NO_ANSWER, ValueError):
            end = End.CUT
        now = time.monotonic()
        sent.attempts.append(Attempt(began, now, end, answered=reply is not None))
        if reply is not None and sent.replied_at is None:
            sent.replied_at = now
        return wait

    async def _reply_to(self, sent: Sent, patience: float = PATIENCE) -> None:
        """Wait until somebody has said something after the message."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience), self._news:
                await self._news.wait_for(lambda: self._spoken > (sent.position or 0))

    async def _listen(self) -> None:
        retry = Retry(self._rng)
        while True:
            with contextlib.suppress(*_NO_ANSWER, TimeoutError):
                async with contextlib.aclosing(self._events()) as events:
                    async for _ in events:
                        retry.succeeded()
            await retry.wait()

    async def _events(self) -> AsyncGenerator[int]:
        """One connection to the stream, each event kept; gives their positions."""
        after = self._last()
        self._connections += 1
        connection = self._connections
        headers = {**self._bearer, **({"Last-Event-ID": str(after)} if after else {})}
        async with self._http.get(
            f"{next(self._urls)}/api/chat/events", headers=headers, timeout=_within(None)
        ) as stream:
            if stream.status != 200:
                return
            position = 0
            async for raw in stream.content:
                line = raw.decode().rstrip("\n")
                if line.startswith("id: "):
                    position = int(line.removeprefix("id: "))
                elif line.startswith('data: {"position"'):
                    event = json.loads(line.removeprefix("data: "))
                    await self._hear(event, connection, after, position)
                    yield position

    async def _hear(
        self, event: Mapping[str, Any], connection: int, after: int, position: int
    ) -> None:
        now = time.monotonic()
        said = event["text"] if event["reply"] is None else event["reply"]
        author = str(event["author"])
        self.record.heard.append(
            Heard(connection, after, position, author, mark_of(said or ""), now)
        )
        if author == Author.BOT:
            self._asked_at = position
            self._choices = frozenset(one["id"] for one in event["reply"]["choices"])
        if author in {Author.BOT, Author.COORDINATOR}:
            async with self._news:
                self._spoken = position
                self._news.notify_all()

    def _last(self) -> int:
        return max((heard.position for heard in self.record.heard), default=0)


def _within(seconds: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, sock_connect=CALL_SECONDS)
