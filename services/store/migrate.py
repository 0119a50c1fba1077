"""Migrations: bring the database to the newest form. ``make migration`` writes a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from services.store.database import Database

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x6F726F  # any number, the same in every process


async def migrate(database: Database) -> None:
    """Run what is missing, in one transaction; a second process waits and finds nothing to do."""
    await database.use_write_ahead_log()
    async with database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            await _wait_for_others(connection)
        await connection.run_sync(_upgrade)


async def write_migration(database: Database, message: str) -> None:
    """Write a migration file for the difference between tables and database (for developers)."""
    async with database.engine.begin() as connection:
        await connection.run_sync(_revise, message)


def newest_revision() -> str:
    """The form that this program's tables have."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    newest = ScriptDirectory.from_config(config).get_current_head()
    assert newest is not None
    return newest


def knows_revision(revision: str) -> bool:
    """Whether this program can bring a database of that form to the newest."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return revision in {
        one.revision for one in ScriptDirectory.from_config(config).walk_revisions()
    }


async def stored_revision(session: AsyncSession) -> str | None:
    """The form that the database has; nothing when it is new."""
    connection = await session.connection()
    return await connection.run_sync(
        lambda sync: MigrationContext.configure(sync).get_current_revision()
    )


async def _wait_for_others(connection: AsyncConnection) -> None:
    """Let one process at a time migrate; SQLite's writers wait for each other anyway."""
    await connection.execute(text("SET LOCAL lock_timeout = 0"))
    await connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    await connection.execute(text("SET LOCAL lock_timeout TO DEFAULT"))


def _upgrade(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")


def _revise(connection: Connection, message: str) -> None:
    command.revision(_config(connection), message=message, autogenerate=True)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
