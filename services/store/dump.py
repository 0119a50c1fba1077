"""Whole tables out of the database and into it, for backups."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.tables import Base

_AT_A_TIME: Final = 500

TABLES: Final[Sequence[Table]] = tuple(Base.metadata.sorted_tables)
"""Every table, after those that it points to."""


async def stream_columns(
    session: AsyncSession, columns: Sequence[ColumnElement[Any]]
) -> AsyncIterator[Row[*tuple[Any, ...]]]:
    """These columns of every row of their table, some at a time."""
    rows = await session.stream(select(*columns).execution_options(yield_per=_AT_A_TIME))
    async for row in rows:
        yield row


async def lock_every_table(session: AsyncSession) -> None:
    """Let nobody else read or write until the transaction ends; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        names = ", ".join(table.name for table in TABLES)
        await session.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))


async def list_tables_in_use(session: AsyncSession) -> list[tuple[str, int]]:
    """The tables that have rows, with how many."""
    counts = [
        (table.name, await session.scalar(select(func.count()).select_from(table)) or 0)
        for table in TABLES
    ]
    return [(name, count) for name, count in counts if count]


async def delete_every_row(session: AsyncSession) -> None:
    """Empty every table."""
    for table in reversed(TABLES):
        await session.execute(table.delete())


async def insert_rows(session: AsyncSession, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows, each a value for every column that must have one."""
    await session.execute(insert(table), rows)
