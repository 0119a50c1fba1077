"""New databases for tests, on SQLite and on PostgreSQL: what holds on one holds on the other."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import pytest

from services.store.database import Database
from services.store.migrate import migrate
from tests.servers import Postgres

_TEMPLATE = "migrated"


class Databases(Protocol):
    """Makes databases of one kind."""

    def new(self) -> contextlib.AbstractContextManager[str]:
        """The address of a new database in its newest form."""

    def empty(self) -> contextlib.AbstractContextManager[str]:
        """The address of a new database without tables."""


class SqliteDatabases:
    """Files in a folder, copied from one that was migrated."""

    def __init__(self, migrated: Path, folder: Path) -> None:
        self._migrated, self._folder = migrated, folder
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def new(self) -> Iterator[str]:
        path = self._path()
        shutil.copy(self._migrated, path)
        yield _address(path)

    @contextlib.contextmanager
    def empty(self) -> Iterator[str]:
        yield _address(self._path())

    def _path(self) -> Path:
        return self._folder / f"test-{next(self._numbers)}.db"


class PostgresDatabases:
    """Databases of one server, copied from one that was migrated."""

    def __init__(self, server: Postgres) -> None:
        self._server = server

    def new(self) -> contextlib.AbstractContextManager[str]:
        return self._server.database(copy_of=_TEMPLATE)

    def empty(self) -> contextlib.AbstractContextManager[str]:
        return self._server.database()


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    """Makes databases; every test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        return SqliteDatabases(request.getfixturevalue("migrated_file"), tmp_path)
    return PostgresDatabases(request.getfixturevalue("migrated_server"))


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    """A new database."""
    with databases.new() as url:
        opened = Database.open(url)
        yield opened
        await opened.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database in its newest form, to copy."""
    path = tmp_path_factory.mktemp("migrated") / "migrated.db"
    _migrate(_address(path))
    return path


@pytest.fixture(scope="session")
def migrated_server(postgres: Postgres) -> Postgres:
    """A PostgreSQL with a database in its newest form, to copy."""
    postgres.create(_TEMPLATE)
    _migrate(postgres.url(_TEMPLATE))
    return postgres


def _address(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def _migrate(url: str) -> None:
    async def run() -> None:
        opened = Database.open(url)
        await migrate(opened)
        await opened.close()

    # In a thread: a loop may be running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()
