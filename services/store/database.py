"""The database: one engine, sessions that begin a transaction, and the embedded SQLite's care."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

_LOCK_SECONDS: Final = 10.0
"""How long to wait for another that writes."""


class Database:
    """Gives sessions. Create with ``Database.open(url)``, end with ``close()``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._writing = async_sessionmaker(engine, expire_on_commit=False)
        reading = engine.execution_options(sqlite_begin="BEGIN")
        self._reading = async_sessionmaker(reading, expire_on_commit=False)

    @classmethod
    def open(cls, url: str) -> Database:
        """Open the database at a SQLAlchemy address such as ``sqlite+aiosqlite:///file``."""
        return cls(_create_engine(url))

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A session in a transaction that commits at the end, or rolls back on an exception."""
        async with self._writing.begin() as session:
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading only: on SQLite it waits for no writer."""
        async with self._reading.begin() as session:
            yield session

    async def use_write_ahead_log(self) -> None:
        """Let SQLite's readers and its writer work side by side; the file remembers it.

        Raises:
            TimeoutError: somebody has the database locked.
        """
        if self.engine.dialect.name != "sqlite":
            return
        engine = self.engine.execution_options(sqlite_begin="")
        async with asyncio.timeout(_LOCK_SECONDS):
            while True:
                try:
                    async with engine.connect() as connection:
                        await connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                except OperationalError:
                    # Another process is at it; for this switch SQLite itself does not wait.
                    await asyncio.sleep(0.05)
                else:
                    return

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _create_engine(url: str) -> AsyncEngine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_async_engine(parsed, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        parsed, connect_args={"timeout": _LOCK_SECONDS, "isolation_level": None}
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # FULL in WAL mode: what was acknowledged survives a power cut, not only a killed process.
    # secure_delete: a deleted key leaves no copy on a free page.
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    # A writer takes the lock at once: a deferred transaction that upgrades later can fail with
    # SQLITE_BUSY without waiting (https://sqlite.org/lang_transaction.html).
    statement = connection.get_execution_options().get("sqlite_begin", "BEGIN IMMEDIATE")
    if statement:
        connection.exec_driver_sql(statement)
