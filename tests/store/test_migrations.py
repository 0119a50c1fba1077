"""The migrations make exactly the tables that the code expects, also when two start at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from services.store.database import Database
from services.store.migrate import migrate
from services.store.tables import Base


async def test_a_migrated_database_is_what_the_tables_say(database: Database) -> None:
    def difference(connection: Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)

    async with database.engine.connect() as connection:
        assert await connection.run_sync(difference) == []


async def test_two_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/shared.db"
    databases = [Database.open(url) for _ in range(3)]
    await asyncio.gather(*(migrate(database) for database in databases))
    async with databases[0].engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert set(Base.metadata.tables) <= set(names)
    for database in databases:
        await database.close()
