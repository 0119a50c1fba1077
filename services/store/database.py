"""The database: one engine, and sessions that begin a transaction, on SQLite or PostgreSQL.

Both keep the same promises. Who writes locks the conversation's row (SQLite: the whole file) and
sees the newest; who reads sees one moment and waits for nobody; a database that is away raises
``OperationalError``, ``InterfaceError`` or ``OSError``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, ExceptionContext, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from services.store.embedded import connect_embedded
from services.store.line import WriterLine

_LOCK_SECONDS: Final = 10.0
"""How long to wait for another that writes."""
_FORGET_MILLISECONDS: Final = 200
_CONNECT_SECONDS: Final = 3.0
_CONNECTIONS: Final = 10
"""Kept open by each process; at most twice as many."""
_EMBEDDED_CONNECTIONS: Final = 6
_CONNECTION_SECONDS: Final = 300
"""How old one grows. Firewalls and balancers forget a connection that is silent for longer."""
_AWAY: Final = frozenset({"08", "40", "53", "55", "57", "58"})
"""Classes of SQLSTATE that tell of the server's state and not of the statement: connection,
deadlock, resources, a lock not got in time, shutdown, system
(https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


class Database:
    """Gives sessions. Create with ``Database.open(url)``, end with ``close()``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._writing = async_sessionmaker(engine, expire_on_commit=False)
        # Who waits in line in here is let in at once and in order. Who waits in SQLite looks now
        # and then whether the file is free, and others may be faster again and again.
        self._line = WriterLine() if engine.dialect.name == "sqlite" else None
        snapshot: dict[str, Any] = {"sqlite_begin": "BEGIN"}
        if engine.dialect.name == "postgresql":
            snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        reading = engine.execution_options(**snapshot)
        self._reading = async_sessionmaker(reading, expire_on_commit=False)

    @classmethod
    def open(cls, url: str) -> Database:
        """Open the database at a SQLAlchemy address.

        Args:
            url: Such as ``sqlite+aiosqlite:///file`` or ``postgresql+asyncpg://user@host/name``.
        """
        return cls(_create_engine(url))

    @asynccontextmanager
    async def begin(self, *, urgent: bool = False) -> AsyncIterator[AsyncSession]:
        """A session in a transaction that commits at the end, or rolls back on an exception.

        Args:
            urgent: Whether it goes before others of this process that wait to write.
        """
        async with _unmasked(), self._alone(urgent=urgent), self._writing.begin() as session:
            yield session

    def _alone(self, *, urgent: bool) -> AbstractAsyncContextManager[None]:
        if self._line is None:
            return nullcontext()
        return self._line.turn(urgent=urgent, patience=_LOCK_SECONDS)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading only: it sees one moment, and waits for nobody."""
        async with _unmasked(), self._reading.begin() as session:
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

    async def forget_overwritten(self) -> None:
        """Leave nothing of what was deleted in SQLite's write-ahead log, if nobody reads just now.

        PostgreSQL's log is the operator's (``docs/privacy.md``).
        """
        if self.engine.dialect.name != "sqlite":
            return
        engine = self.engine.execution_options(sqlite_begin="")
        async with _unmasked(), self._alone(urgent=False), engine.connect() as connection:
            # Who writes waits meanwhile, so this gives up soon; it is tried again with the next.
            await connection.exec_driver_sql(f"PRAGMA busy_timeout={_FORGET_MILLISECONDS}")
            try:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                patience = int(_LOCK_SECONDS * 1000)
                await connection.exec_driver_sql(f"PRAGMA busy_timeout={patience}")

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


@asynccontextmanager
async def _unmasked() -> AsyncIterator[None]:
    """Let a cancellation through that a fault would hide.

    A transaction that is called off is rolled back, which may fail because it was called off; the
    fault then stands in the cancellation's place, and who waits for the task waits for ever.
    """
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise


def _create_engine(url: str) -> AsyncEngine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _create_embedded(parsed)
    return _create_client(parsed)


def _create_client(parsed: URL) -> AsyncEngine:
    engine = create_async_engine(
        parsed,
        pool_size=_CONNECTIONS,
        max_overflow=_CONNECTIONS,
        pool_timeout=_LOCK_SECONDS,
        pool_recycle=_CONNECTION_SECONDS,
        connect_args={
            "timeout": _CONNECT_SECONDS,
            "server_settings": {
                "application_name": "oroslotsen",
                "lock_timeout": f"{_LOCK_SECONDS:.0f}s",
                # A process that stands still in a transaction gives its locks back.
                "idle_in_transaction_session_timeout": f"{_LOCK_SECONDS:.0f}s",
                "jit": "off",  # it pays for long queries, and there are none
            },
        },
    )
    event.listen(engine.sync_engine, "handle_error", _tell_that_it_is_away, retval=True)
    return engine


def _tell_that_it_is_away(context: ExceptionContext) -> BaseException | None:
    # SQLAlchemy gives asyncpg's errors their plainest class, where other drivers have this one.
    state = getattr(context.original_exception, "sqlstate", None) or ""
    raised = context.sqlalchemy_exception
    if state[:2] not in _AWAY or not isinstance(raised, DBAPIError):
        return None
    return OperationalError(
        raised.statement,
        raised.params,
        context.original_exception,
        hide_parameters=raised.hide_parameters,
        connection_invalidated=raised.connection_invalidated,
    )


def _create_embedded(parsed: URL) -> AsyncEngine:
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        parsed,
        # Each is a thread, and one of them writes.
        pool_size=_EMBEDDED_CONNECTIONS,
        max_overflow=0,
        pool_timeout=_LOCK_SECONDS,
        connect_args={
            "async_creator_fn": connect_embedded,
            "timeout": _LOCK_SECONDS,
            "isolation_level": None,
        },
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
