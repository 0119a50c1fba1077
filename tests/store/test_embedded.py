"""SQLite's rows arrive whole and in order, however many and however they are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from services.store.database import Database

_NUMBERS = """
    WITH RECURSIVE numbers(n) AS (
        SELECT 1 WHERE :most > 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :most
    ) SELECT n FROM numbers
"""


@pytest.fixture
async def database(tmp_path: Path):
    opened = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'rows.db'}")
    yield opened
    await opened.close()


@pytest.mark.parametrize("most", [0, 1, 99, 100, 101, 250])
async def test_all_rows_come(database: Database, most: int) -> None:
    async with database.read() as session:
        rows = await session.scalars(text(_NUMBERS), {"most": most})
        assert list(rows) == list(range(1, most + 1))


@pytest.mark.parametrize("most", [0, 1, 100, 250])
@pytest.mark.parametrize("at_a_time", [1, 7, 100, 400])
async def test_rows_that_are_streamed_come_in_order(
    database: Database, most: int, at_a_time: int
) -> None:
    async with database.read() as session:
        statement = text(_NUMBERS).execution_options(yield_per=at_a_time)
        rows = await session.stream_scalars(statement, {"most": most})
        assert [row async for row in rows] == list(range(1, most + 1))


async def test_a_stream_left_half_way_harms_nothing(database: Database) -> None:
    async with database.read() as session:
        statement = text(_NUMBERS).execution_options(yield_per=10)
        rows = await session.stream_scalars(statement, {"most": 1000})
        assert await anext(aiter(rows)) == 1
    async with database.begin() as session:
        await session.execute(text("CREATE TABLE things (id INTEGER)"))


async def test_a_statement_that_fails_leaves_the_connection_usable(database: Database) -> None:
    with pytest.raises(OperationalError):
        async with database.read() as session:
            await session.execute(text("SELECT * FROM nothing"))
    async with database.read() as session:
        assert await session.scalar(text("SELECT 1")) == 1
