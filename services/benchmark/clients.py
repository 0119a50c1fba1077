"""Callers in a process of their own: ``python -m services.benchmark.clients KIND``.

An order stands on standard input, what was met is written on standard output, both as JSON. Apart
from the measuring process, so that several loads don't wait for each other in one event loop, and
so that the processor's time of the client is known.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import AsyncExitStack
from typing import Annotated, Final, Literal, overload

import uvloop
from aiohttp import ClientError, ClientResponseError, ClientSession
from pydantic import BaseModel, ConfigDict, Field

from services.benchmark.callers import Say, Target, open_session
from services.benchmark.errors import BenchmarkError
from services.benchmark.load import Load
from services.settings import ROOT

_FAULTS: Final = (ClientError, TimeoutError, OSError)
_BREATH: Final = 0.1
"""Seconds until a caller tries again whom nobody answered."""
_OPENING_AT_ONCE: Final = 16
_SEED: Final = 7


class _Order(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    target: Target
    texts: Annotated[tuple[str, ...], Field(min_length=1)]


class ClosedLoop(_Order):
    """Callers who each write their next message when they have the reply to the last.

    Attributes:
        callers: How many at once.
        seconds: How long messages are sent and measured, after ``warm_up`` seconds.
        most: How many messages are measured at most.
        each: Messages of a conversation; then the caller opens the next.
        pause: Seconds between a reply and the next message.
    """

    kind: Literal["closed"] = "closed"
    callers: int
    seconds: float
    warm_up: float = 0.0
    most: int = 20_000
    each: int = 5
    pause: float = 0.0


class OpenChats(_Order):
    """Chats that stay open, with a message each ``every`` seconds, spread evenly.

    Time counts from when a message was due, so that a client that is late is not kind to the rest.
    """

    kind: Literal["open"] = "open"
    chats: int
    every: float
    seconds: float


class LongConversations(_Order):
    """Conversations that grow; then messages in turn to them and to young ones.

    Attributes:
        conversations: How many grow at once.
        messages: How long they get, unless ``seconds`` have passed before.
        young: How many messages a young one has when it is compared.
        pairs: How many pairs of messages, an old and a young conversation's, are compared.
    """

    kind: Literal["length"] = "length"
    conversations: int
    messages: int
    seconds: float
    young: int = 4
    pairs: int = 0


class Growth(BaseModel):
    """The seconds of each message: while conversations grew, and of old and young ones in turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    grown: tuple[tuple[float, ...], ...]
    old: tuple[float, ...] = ()
    young: tuple[float, ...] = ()


@overload
async def met_by(order: ClosedLoop | OpenChats) -> Load: ...
@overload
async def met_by(order: LongConversations) -> Growth: ...
async def met_by(order: ClosedLoop | OpenChats | LongConversations) -> Load | Growth:
    """What callers meet, played in a process of its own.

    Raises:
        BenchmarkError: the process failed, or was not done in time.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.benchmark.clients", order.kind,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(order.seconds * 2 + 300):
            out, fault = await process.communicate(order.model_dump_json().encode())
    except TimeoutError:
        raise BenchmarkError("De som skriver blev inte klara i tid.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        lines = fault.decode(errors="replace").strip().splitlines() or ["okänt fel"]
        raise BenchmarkError(f"De som skriver misslyckades: {lines[-1]}")
    result = Growth if isinstance(order, LongConversations) else Load
    return result.model_validate_json(out)


class _Tally:
    """Counts what callers meet from a time on."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.started = 0
        self._faults: Counter[str] = Counter()
        self._seconds: list[float] = []
        self._at_once: list[bool] = []
        self._last = since
        self._processor, self._began = time.process_time(), time.perf_counter()

    async def time(self, saying: Awaitable[bool], began: float) -> None:
        """Wait for a reply, and keep how long it took."""
        counts = began >= self.since
        self.started += counts
        at_once = await saying
        if counts:
            self._last = time.perf_counter()
            self._seconds.append(self._last - began)
            self._at_once.append(at_once)

    def fail(self, fault: Exception) -> None:
        """A caller got no reply, or could not even begin."""
        now = time.perf_counter()
        if now >= self.since:
            told = fault.status if isinstance(fault, ClientResponseError) else None
            self._faults[str(told or type(fault).__name__)] += 1
            self._last = now

    def load(self) -> Load:
        """What was met."""
        busy = time.process_time() - self._processor
        return Load(
            seconds=tuple(self._seconds),
            at_once=tuple(self._at_once),
            lasted=max(self._last - self.since, 1e-9),
            faults=dict(self._faults),
            client_share=busy / (time.perf_counter() - self._began),
        )


async def closed_loop(order: ClosedLoop) -> Load:
    """Play the callers of a closed loop."""
    now = time.perf_counter
    tally = _Tally(now() + order.warm_up)
    until = tally.since + order.seconds
    texts = _shuffled(order.texts)

    def is_over() -> bool:
        return now() >= until or tally.started >= order.most

    async def call(session: ClientSession) -> None:
        while not is_over():
            try:
                async with order.target.conversation(session) as say:
                    for _ in range(order.each):
                        if is_over():
                            return
                        await tally.time(say(next(texts)), now())
                        await asyncio.sleep(order.pause)
            except _FAULTS as fault:
                tally.fail(fault)
                await asyncio.sleep(_BREATH)

    async with open_session() as session, asyncio.TaskGroup() as group:
        for _ in range(order.callers):
            group.create_task(call(session))
    return tally.load()


async def open_chats(order: OpenChats) -> Load:
    """Open every chat, then let each write when its time comes."""
    texts = _shuffled(order.texts)
    async with open_session() as session, AsyncExitStack() as chats:
        places = asyncio.Semaphore(_OPENING_AT_ONCE)

        async def open_one() -> Say:
            async with places:
                return await chats.enter_async_context(order.target.conversation(session))

        opened = await asyncio.gather(*(open_one() for _ in range(order.chats)))
        tally = _Tally(time.perf_counter())

        async def write(say: Say, number: int) -> None:
            for turn in range(round(order.seconds / order.every)):
                due = tally.since + order.every * (turn + number / order.chats)
                await asyncio.sleep(due - time.perf_counter())
                try:
                    await tally.time(say(next(texts)), due)
                except _FAULTS as fault:
                    tally.fail(fault)
                    return

        async with asyncio.TaskGroup() as group:
            for number, say in enumerate(opened):
                group.create_task(write(say, number))
        return tally.load()


async def long_conversations(order: LongConversations) -> Growth:
    """Let conversations grow; then write in turn to them and to young ones."""
    until = time.perf_counter() + order.seconds
    texts = itertools.cycle(order.texts)
    async with open_session() as session, AsyncExitStack() as opened:
        numbers = range(order.conversations)
        old = [
            await opened.enter_async_context(order.target.conversation(session)) for _ in numbers
        ]
        grown: list[list[float]] = [[] for _ in numbers]

        async def grow(number: int) -> None:
            while len(grown[number]) < order.messages and time.perf_counter() < until:
                grown[number].append(await _seconds(old[number], next(texts)))

        async with asyncio.TaskGroup() as group:
            for number in numbers:
                group.create_task(grow(number))
        seconds_old, seconds_young = [], []
        for pair in range(order.pairs):
            text = next(texts)
            async with order.target.conversation(session) as young:
                for _ in range(order.young):
                    await young(next(texts))
                seconds_young.append(await _seconds(young, text))
            seconds_old.append(await _seconds(old[pair % order.conversations], text))
    return Growth(
        grown=tuple(map(tuple, grown)), old=tuple(seconds_old), young=tuple(seconds_young)
    )


async def _seconds(say: Say, text: str) -> float:
    began = time.perf_counter()
    await say(text)
    return time.perf_counter() - began


def _shuffled(texts: tuple[str, ...]) -> Iterator[str]:
    """All texts again and again, in an order that is the same each time."""
    order = random.Random(_SEED).sample(texts, len(texts))  # noqa: S311 - an order, no secret
    return itertools.cycle(order)


def _main() -> None:
    kind, words = sys.argv[1], sys.stdin.read()
    met: Load | Growth
    match kind:
        case "closed":
            met = uvloop.run(closed_loop(ClosedLoop.model_validate_json(words)))
        case "open":
            met = uvloop.run(open_chats(OpenChats.model_validate_json(words)))
        case _:
            met = uvloop.run(long_conversations(LongConversations.model_validate_json(words)))
    print(met.model_dump_json())


if __name__ == "__main__":
    _main()
