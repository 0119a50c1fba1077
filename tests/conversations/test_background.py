"""Work in the background ends with the service, also when it does not hear that it is to end."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import InterfaceError

from services.conversations import background
from services.conversations.background import in_background


async def test_work_is_called_off_at_the_end() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with in_background(work()):
        await asyncio.sleep(0)
    assert ended.is_set()


async def test_work_that_loses_a_cancellation_is_called_off_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "PATIENCE", 0.01)
    lost = []

    async def work() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if len(lost) == 2:
                    raise
                lost.append("a driver's fault in its place")

    async with asyncio.timeout(5), in_background(work()):
        await asyncio.sleep(0)
    assert len(lost) == 2


async def test_a_fault_of_the_work_is_told_at_the_end() -> None:
    async def work() -> None:
        raise InterfaceError("SELECT 1", {}, ValueError())

    with pytest.raises(InterfaceError):
        async with in_background(work()):
            await asyncio.sleep(0)
