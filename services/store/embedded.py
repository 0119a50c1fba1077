"""Connections to SQLite that go to their thread once a statement.

aiosqlite goes there to make a cursor, to run it, to fetch and to close, and each time costs more
than most statements do. Here the first rows come back with the run, and what is read to its end
needs no closing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, Final, Self

import aiosqlite
from aiosqlite.context import contextmanager

_WITH_THE_RUN: Final = 100
"""Rows that come back at once; what is longer is read on as ever."""


class _ReadAhead(sqlite3.Cursor):
    """Fetches the first rows when it runs: in the connection's thread."""

    first: list[Any]
    is_open = False
    """Whether more rows may follow, or a statement runs just now."""

    def execute(self, sql: str, parameters: Any = ()) -> Self:
        self.is_open = True
        super().execute(sql, parameters)
        self.first = super().fetchmany(_WITH_THE_RUN) if self.description else []
        self.is_open = len(self.first) == _WITH_THE_RUN
        return self


class OneTripCursor(aiosqlite.Cursor):
    """A cursor that needs the thread only to run, and for what is long."""

    def __init__(self, connection: aiosqlite.Connection, cursor: _ReadAhead) -> None:
        super().__init__(connection, cursor)
        self._ahead = cursor

    async def fetchmany(self, size: int | None = None) -> Iterable[sqlite3.Row]:
        """Up to so many of the rows that are left."""
        if not self._ahead.first:
            return await super().fetchmany(size) if self._ahead.is_open else []
        most = size or self.arraysize
        rows, self._ahead.first = self._ahead.first[:most], self._ahead.first[most:]
        return rows

    async def fetchall(self) -> Iterable[sqlite3.Row]:
        """All rows that are left."""
        rows, self._ahead.first = self._ahead.first, []
        return [*rows, *await super().fetchall()] if self._ahead.is_open else rows

    async def close(self) -> None:
        """Close the cursor, if there is anything left to close."""
        if self._ahead.is_open:
            await super().close()


class OneTripConnection(aiosqlite.Connection):
    """A connection with such cursors."""

    @contextmanager
    async def cursor(self) -> aiosqlite.Cursor:
        """A cursor. It is made here: that waits for nothing."""
        return OneTripCursor(self, self._conn.cursor(_ReadAhead))


def connect_embedded(path: str, **options: Any) -> aiosqlite.Connection:
    """A connection for SQLAlchemy to await; its ``async_creator_fn``.

    Args:
        path: The database's file.
        options: As ``sqlite3.connect`` takes them.
    """

    def connector() -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(path, **options)
        return connection

    return OneTripConnection(connector, iter_chunk_size=_WITH_THE_RUN)
