"""One round: callers write, coordinators answer, a fault is done, and everything is checked."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from services.privacy.keyring import Keyring, load_or_create_keyring
from services.store.database import Database
from tests.chaos.callers import WebCaller
from tests.chaos.checker import Findings, Met, check
from tests.chaos.coordinators import Coordinator
from tests.chaos.faults import Fault
from tests.chaos.house import House, HouseKind, until
from tests.chaos.stored import count_waiting, find_numbers, last_positions, read_stored
from tests.chaos.texters import NUMBERS, TextCaller
from tests.chaos.texts import Kind, write_script

CALLERS: Final = 50
SETTLE_SECONDS: Final = 150.0
"""Longer than the outbox waits between its first tries."""
_CATCH_UP_AT_ONCE: Final = 20
_EARLIEST, _LATEST = 0.05, 0.75
"""Between which shares of the conversations a fault begins."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is written: how many conversations at most, by how many callers, for how long."""

    conversations: int
    callers: int = CALLERS
    seconds: float = 150.0


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a round."""

    fault: Fault
    struck: int
    how: str
    seconds: float
    findings: Findings


@dataclass
class _Stage:
    """Who is on it, and how far they have come."""

    house: House
    size: Size
    seed: str
    numbers: Iterator[str]
    http: aiohttp.ClientSession
    began: float = field(default_factory=time.monotonic)
    callers: list[WebCaller | TextCaller] = field(default_factory=list)

    @property
    def share(self) -> float:
        """How much of the round is over, by conversations or by time."""
        spent = (time.monotonic() - self.began) / self.size.seconds
        return max(len(self.callers) / self.size.conversations, spent)

    async def call(self) -> None:
        """Be one caller after the other, as long as there are some to be."""
        while self.share < 1.0:
            rng = random.Random(f"{self.seed} conversation {len(self.callers)}")
            script = write_script(rng)
            caller: WebCaller | TextCaller
            if script.kind is Kind.TEXT:
                caller = TextCaller(self.house.network, next(self.numbers), rng)
            else:
                caller = WebCaller(self.http, self.house.urls, rng)
            self.callers.append(caller)
            await caller.talk(script)


async def play(
    house: House,
    fault: Fault,
    size: Size,
    seed: str,
    coordinators: list[Coordinator],
    say: Callable[[str], None],
) -> Played:
    """Play a round, and check it.

    Args:
        house: Where; whole when the round begins, and when it ends.
        fault: What is done, at moments that follow from ``seed``.
        size: How much is written.
        seed: Makes the round the same again, as far as processes allow.
        coordinators: Who work in the console meanwhile.
        say: Prints one line.
    """
    seed = f"{seed} {fault.name}"
    house.absences.clear()
    for one in coordinators:
        one.record.claimed.clear()
        one.record.written.clear()
    numbers = itertools.cycle(random.Random(seed).sample(NUMBERS, len(NUMBERS)))
    async with _open_http() as http:
        stage = _Stage(house, size, seed, numbers, http)
        async with _meanwhile(house.watch_ports()):
            struck = await _write(stage, fault, seed, coordinators, say)
            keyring = load_or_create_keyring(house.state_dir / "master.key")
            async with _opened(house) as database:
                await _settle(database, say)
                await _catch_up(stage, database)
        async with _opened(house) as database:
            findings = await _check(stage, coordinators, database, keyring)
    how = _how(house)
    return Played(fault, struck, how, time.monotonic() - stage.began, findings)


def _how(house: House) -> str:
    """By what means, where a machine may not allow the better ones."""
    if house.kind is not HouseKind.SMALL_DISK:
        return ""
    return "a small tmpfs" if house.has_small_disk else "a limit on files, no disk: RLIMIT_FSIZE"


async def _write(
    stage: _Stage,
    fault: Fault,
    seed: str,
    coordinators: list[Coordinator],
    say: Callable[[str], None],
) -> int:
    """Let everyone write, and the fault be done; give how often it was."""
    async with (
        _meanwhile(*(one.work() for one in coordinators)),
        asyncio.TaskGroup() as group,
    ):
        for _ in range(stage.size.callers):
            group.create_task(stage.call())
        striking = group.create_task(_strike(stage, fault, seed, say))
    return striking.result()


async def _strike(stage: _Stage, fault: Fault, seed: str, say: Callable[[str], None]) -> int:
    """Do the fault at random moments; give how often."""
    rng = random.Random(f"{seed} faults")
    for number, moment in enumerate(
        sorted(rng.uniform(_EARLIEST, _LATEST) for _ in range(fault.times))
    ):
        await until(lambda moment=moment: stage.share >= moment, stage.size.seconds + 60)
        if number and stage.share >= 1.0:
            return number  # the callers have gone meanwhile
        say(f"{fault.what}, at conversation {len(stage.callers)}")
        await fault.strike(stage.house, rng)
    return fault.times


async def _settle(database: Database, say: Callable[[str], None]) -> None:
    """Wait until nothing waits for its outcome; what does so for too long is a finding."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        waiting = await count_waiting(database)
        if waiting.inbound == waiting.texts == 0:
            return
        await asyncio.sleep(0.5)
    say(f"still waiting: {waiting.inbound} messages, {waiting.texts} texts")


async def _catch_up(stage: _Stage, database: Database) -> None:
    """Let each page be opened once more: what came when it was closed must be there."""
    pages = {
        one.record.conversation: one
        for one in stage.callers
        if isinstance(one, WebCaller) and one.record.conversation
    }
    last = await last_positions(database, list(pages))
    places = asyncio.Semaphore(_CATCH_UP_AT_ONCE)

    async def look(caller: WebCaller, position: int) -> None:
        async with places:
            await caller.catch_up(position)

    async with asyncio.TaskGroup() as group:
        for conversation, caller in pages.items():
            group.create_task(look(caller, last.get(conversation, 0)))


async def _check(
    stage: _Stage, coordinators: list[Coordinator], database: Database, keyring: Keyring
) -> Findings:
    records = [one.record for one in stage.callers]
    await find_numbers(database, keyring, records)
    ids = list(dict.fromkeys(one.conversation for one in records if one.conversation))
    stored = await read_stored(database, keyring, ids)
    met = Met(
        callers=records,
        coordinators=[one.record for one in coordinators],
        absences=tuple(stage.house.absences),
        carried=stage.house.network.carried(),
    )
    return check(met, stored)


@contextlib.asynccontextmanager
async def _open_http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        yield http


@contextlib.asynccontextmanager
async def _opened(house: House) -> AsyncIterator[Database]:
    database = Database.open(house.database_url)
    yield database
    await database.close()


@contextlib.asynccontextmanager
async def _meanwhile(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let something run until the block ends; if it fails, so does the block's end."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
    for result in done:
        if isinstance(result, Exception):
            raise result
