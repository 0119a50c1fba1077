"""One writer at a time, in order, the urgent first; who gives up holds up nobody."""

from __future__ import annotations

import asyncio

import pytest

from services.store.line import WriterLine

PATIENCE = 5.0


class Writers:
    """Tasks that stand in line and tell when they were let in."""

    def __init__(self) -> None:
        self.line = WriterLine()
        self.let_in: list[str] = []
        self.inside = 0

    async def write(self, name: str, *, urgent: bool = False, patience: float = PATIENCE) -> None:
        async with self.line.turn(urgent=urgent, patience=patience):
            self.inside += 1
            assert self.inside == 1
            self.let_in.append(name)
            try:
                await asyncio.sleep(0)
            finally:
                self.inside -= 1


async def test_the_urgent_go_first_and_the_others_in_order() -> None:
    writers = Writers()
    async with asyncio.TaskGroup() as group:
        group.create_task(writers.write("first"))
        for number in range(3):
            group.create_task(writers.write(f"calm {number}"))
        for number in range(2):
            group.create_task(writers.write(f"urgent {number}", urgent=True))
    assert writers.let_in == ["first", "urgent 0", "urgent 1", "calm 0", "calm 1", "calm 2"]


@pytest.mark.parametrize("moment", range(6))
async def test_who_gives_up_holds_up_nobody(moment: int) -> None:
    writers = Writers()
    tasks = [asyncio.create_task(writers.write(str(number))) for number in range(4)]
    for _ in range(moment):
        await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.wait(tasks)
    await asyncio.wait_for(writers.write("last"), PATIENCE)
    assert [name for name in writers.let_in if name != "1"] == ["0", "2", "3", "last"]


async def test_patience_ends() -> None:
    writers = Writers()
    async with writers.line.turn(urgent=False, patience=PATIENCE):
        with pytest.raises(TimeoutError):
            await writers.write("late", patience=0.01)
    await writers.write("later")
    assert writers.let_in == ["later"]
