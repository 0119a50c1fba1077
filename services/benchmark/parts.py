"""The parts of the table, each a function: processes in, what was measured out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from services.benchmark.callers import Target
from services.benchmark.clients import (
    ClosedLoop,
    Growth,
    LongConversations,
    OpenChats,
    met_by,
)
from services.benchmark.errors import BenchmarkError
from services.benchmark.goals import (
    ACUTE_BUSY,
    ACUTE_DEAD,
    CHATS,
    LENGTH,
    MEMORY,
    STORED,
    TAIL,
    THROUGHPUT,
    TRAINING,
    Finding,
)
from services.benchmark.load import Load, percentile_of
from services.benchmark.texts import Texts

_AT_GOAL: Final = 16
"""Callers at once in the goals."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured; seconds are of the clock."""

    callers: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    rounds: int = 3
    """How many times the two take turns at 16 callers."""
    warm_up: float = 3.0
    seconds: float = 10.0
    acute_seconds: float = 50.0
    flood: int = 64
    """Callers who keep Rasa busy."""
    conversations: int = 4
    length: int = 500
    pairs: int = 60
    length_seconds: float = 120.0
    """When stock Rasa's conversations stop growing, however long they are then."""
    stored: tuple[int, ...] = (100, 10_000, 100_000)
    stored_rounds: int = 5
    stored_seconds: float = 4.0
    chats: int = 1_000
    chat_every: float = 20.0
    chat_seconds: float = 60.0
    peer_each: int = 8
    """Training messages an intent that stock Rasa learns from."""


QUICK: Final = Size(
    callers=(2,),
    rounds=1,
    warm_up=0.3,
    seconds=2.0,
    acute_seconds=3.0,
    flood=16,
    conversations=2,
    length=20,
    pairs=4,
    length_seconds=10.0,
    stored=(100, 1_000),
    stored_rounds=1,
    stored_seconds=1.0,
    chats=50,
    chat_every=2.0,
    chat_seconds=4.0,
    peer_each=3,
)
"""To see that every part runs; its figures mean nothing."""


class House(Protocol):
    """Gives running processes, each started when it is first asked for."""

    async def service(self) -> str:
        """The address of the whole service, started as an operator does."""

    async def service_without_rasa(self) -> str:
        """The address of a service whose Rasa is dead."""

    async def services_with(self, stored: Sequence[int]) -> tuple[str, ...]:
        """The addresses of services with so many stored conversations, on the same Rasa."""

    async def peer(self) -> str:
        """The address of stock Rasa."""

    async def service_memory(self) -> float:
        """Megabytes of all processes of the whole service."""

    async def peer_memory(self) -> float:
        """Megabytes of stock Rasa."""

    async def train(self) -> float:
        """Seconds to train the service's models from nothing."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a part needs."""

    house: House
    texts: Texts
    size: Size
    say: Callable[[str], None]

    async def loaded(self, target: Target, callers: int, seconds: float) -> Load:
        """What so many ordinary callers at once meet."""
        return await met_by(
            ClosedLoop(
                target=target,
                texts=self.texts.ordinary,
                callers=callers,
                seconds=seconds,
                warm_up=self.size.warm_up,
            )
        )


@dataclass(frozen=True, slots=True)
class Detail:
    """A load that was measured, and what it was."""

    what: str
    load: Load


@dataclass(frozen=True, slots=True)
class LoadPoint:
    """Both at so many callers."""

    callers: int
    service: Load
    peer: Load


@dataclass(frozen=True, slots=True)
class Measured:
    """What a part measured; the last three are for the plots."""

    findings: tuple[Finding, ...]
    details: tuple[Detail, ...] = ()
    notes: tuple[str, ...] = ()
    loads: tuple[LoadPoint, ...] = ()
    growth: dict[str, Growth] = field(default_factory=dict)
    stored: tuple[tuple[int, Load], ...] = ()


async def measure_load(bench: Bench) -> Measured:
    """Service and stock Rasa by turns, from one caller to many."""
    service, peer = await _both(bench)
    points = []
    for callers in sorted({*bench.size.callers, _AT_GOAL}):
        rounds = bench.size.rounds if callers == _AT_GOAL else 1
        bench.say(f"{callers} som skriver samtidigt")
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(await bench.loaded(service, callers, bench.size.seconds))
            theirs.append(await bench.loaded(peer, callers, bench.size.seconds))
        points.append(LoadPoint(callers, Load.joined(ours), Load.joined(theirs)))
    goal = next(point for point in points if point.callers == _AT_GOAL)
    return Measured(
        findings=(
            Finding(THROUGHPUT, goal.service.a_second, goal.peer.a_second),
            Finding(TAIL, goal.service.milliseconds(99), goal.peer.milliseconds(99)),
        ),
        details=tuple(
            Detail(f"{point.callers} callers, {who}", load)
            for point in points
            for who, load in (("service", point.service), ("stock Rasa", point.peer))
        ),
        loads=tuple(points),
    )


async def measure_acute(bench: Bench) -> Measured:
    """Acute messages while others keep Rasa busy, and while Rasa is dead."""
    findings, details, notes = [], [], []
    for goal, ordinary, opened in (
        (ACUTE_BUSY, bench.size.flood, bench.house.service),
        (ACUTE_DEAD, _AT_GOAL, bench.house.service_without_rasa),
    ):
        target = Target(url=await opened())
        bench.say(goal.what)
        seconds = bench.size.acute_seconds
        acute = ClosedLoop(
            target=target,
            texts=bench.texts.acute,
            callers=4,
            seconds=seconds,
            warm_up=bench.size.warm_up,
            each=1,
            pause=0.2,
        )
        others, met = await asyncio.gather(bench.loaded(target, ordinary, seconds), met_by(acute))
        at_once = met.answered_at_once
        findings.append(Finding(goal, at_once.milliseconds(99)))
        details += [Detail(goal.what, at_once), Detail(f"{ordinary} others meanwhile", others)]
        passed_on = len(met.seconds) - len(at_once.seconds)
        notes.append(
            f"{goal.what}: {len(at_once.seconds)} were answered at once; {passed_on} more were not "
            "taken for acute, which [understanding](understanding.md) is about."
        )
    return Measured(tuple(findings), tuple(details), tuple(notes))


async def measure_length(bench: Bench) -> Measured:
    """Long conversations, and messages in them by turns with messages in young ones."""
    service, peer = await _both(bench)
    size = bench.size
    grown_to = size.length - size.pairs // size.conversations // 2
    growth = {}
    for who, target in (("service", service), ("stock Rasa", peer)):
        bench.say(f"långa samtal: {who}")
        growth[who] = await met_by(
            LongConversations(
                target=target,
                texts=bench.texts.ordinary,
                conversations=size.conversations,
                messages=grown_to,
                seconds=size.length_seconds * (1 if target.is_peer else 3),
                pairs=0 if target.is_peer else size.pairs,
            )
        )
    ours = growth["service"]
    reached = min(map(len, ours.grown))
    if reached < grown_to:
        raise BenchmarkError(f"Samtalen hann bara bli {reached} meddelanden långa.")
    note = (
        f"Long conversations: {size.pairs} messages around number {size.length}, each by turns "
        "with the same words as number 5 of a young conversation."
    )
    old, young = (percentile_of(one, 50) * 1000 for one in (ours.old, ours.young))
    return Measured(
        findings=(Finding(LENGTH, old, young),),
        notes=(note,),
        growth=growth,
    )


async def measure_stored(bench: Bench) -> Measured:
    """Services with few and with many stored conversations, by turns."""
    counts = bench.size.stored
    urls = await bench.house.services_with(counts)
    loads: dict[int, list[Load]] = {count: [] for count in counts}
    for number in range(bench.size.stored_rounds):
        bench.say(f"lagrade samtal, varv {number + 1} av {bench.size.stored_rounds}")
        for count, url in zip(counts, urls, strict=True):
            target = Target(url=url)
            loads[count].append(await bench.loaded(target, 4, bench.size.stored_seconds))
    joined = {count: Load.joined(rounds) for count, rounds in loads.items()}
    most, least = joined[max(counts)], joined[min(counts)]
    return Measured(
        findings=(Finding(STORED, most.milliseconds(50), least.milliseconds(50)),),
        details=tuple(
            Detail(f"{count:,} stored conversations, 4 callers", load)
            for count, load in joined.items()
        ),
        stored=tuple(joined.items()),
    )


async def measure_memory(bench: Bench) -> Measured:
    """All processes of the service against stock Rasa's, both after the same work."""
    service, peer = await _both(bench)
    for target in (service, peer):
        await bench.loaded(target, _AT_GOAL, bench.size.seconds)
    ours, theirs = await bench.house.service_memory(), await bench.house.peer_memory()
    return Measured(findings=(Finding(MEMORY, ours, theirs),))


async def measure_chats(bench: Bench) -> Measured:
    """Many open chats, each of which writes now and then."""
    size = bench.size
    bench.say(f"{size.chats} öppna chattar")
    met = await met_by(
        OpenChats(
            target=Target(url=await bench.house.service()),
            texts=bench.texts.ordinary,
            chats=size.chats,
            every=size.chat_every,
            seconds=size.chat_seconds,
        )
    )
    return Measured(
        findings=(Finding(CHATS, met.milliseconds(99)),),
        details=(Detail(f"{size.chats:,} open chats, each {size.chat_every:g} s", met),),
    )


async def measure_training(bench: Bench) -> Measured:
    """Both models, from nothing."""
    return Measured(findings=(Finding(TRAINING, await bench.house.train()),))


PARTS: Final[dict[str, Callable[[Bench], Awaitable[Measured]]]] = {
    "load": measure_load,
    "memory": measure_memory,
    "acute": measure_acute,
    "length": measure_length,
    "chats": measure_chats,
    "stored": measure_stored,
    "training": measure_training,
}
"""Each part by its name, in the order they are measured."""


async def _both(bench: Bench) -> tuple[Target, Target]:
    return (
        Target(url=await bench.house.service()),
        Target(url=await bench.house.peer(), is_peer=True),
    )
