"""A task that is called off ends, wherever in a transaction it was."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, SQLAlchemyError

from services.store.database import Database

MOMENTS = [step / 2000 for step in range(40)]
"""Seconds until it is called off: each hits the work at another place."""


async def look_again_and_again(database: Database) -> None:
    """As the work in the background does: a fault of the database is tried again."""
    while True:
        try:
            async with database.read() as session:
                await session.execute(text("SELECT 1"))
            async with database.begin() as session:
                await session.execute(text("SELECT 2"))
            await database.forget_overwritten()
        except (SQLAlchemyError, OSError):
            await asyncio.sleep(0)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_work_that_is_called_off_ends(database: Database, moment: float) -> None:
    work = asyncio.create_task(look_again_and_again(database))
    await asyncio.sleep(moment)
    work.cancel()
    done, _ = await asyncio.wait({work}, timeout=5)
    if not done:
        work.cancel()  # once more, so that the tests after this one are alone
    assert done, "the cancellation was lost"


async def fail_when_called_off(database: Database) -> None:
    async with database.read():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError as error:
            raise InterfaceError("SELECT 1", {}, error) from error


async def test_a_fault_in_calling_off_does_not_stand_in_the_way(database: Database) -> None:
    work = asyncio.create_task(fail_when_called_off(database))
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_what_takes_too_long_still_times_out(database: Database) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(fail_when_called_off(database), 0.05)
