"""The short form of ``make chaos``: some faults to the real processes, and the same checker."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack

import pytest

from tests.chaos.coordinators import Coordinator
from tests.chaos.faults import Fault, kill_rasa, kill_service, lock_database
from tests.chaos.house import House, HouseKind, open_house
from tests.chaos.round import Size, play

SEED = "short"
SIZE = Size(conversations=24, callers=12, seconds=60.0)


async def lock_and_kill(house: House, rng: random.Random) -> None:
    await lock_database(house, rng)
    await asyncio.gather(kill_service(house, rng), kill_rasa(house, rng))


@pytest.mark.timeout(600)  # half a minute on a calm machine
async def test_locked_out_and_killed_nothing_is_lost_nor_said_twice() -> None:
    said: list[str] = []
    fault = Fault("short", "a lock, and two killed", HouseKind.FILE, lock_and_kill, times=1)
    async with open_house(fault.kind, said.append) as house, AsyncExitStack() as people:
        password = house.add_coordinator("Anna Berg")
        anna = Coordinator(house.urls[0], "Anna Berg", password, random.Random(SEED))
        await people.enter_async_context(anna)
        played = await play(house, fault, SIZE, SEED, [anna], said.append)
    found = played.findings
    # How fast danger is answered is measured by the whole run: here others work on the machine.
    assert found.broken == (), said
    assert played.struck == 1
    assert found.conversations >= SIZE.conversations
    assert found.one_outcome == found.acknowledged >= SIZE.conversations
    assert found.longest_absence > 0, "the service was not away"
    assert found.acute
