"""The migrations make exactly the tables that the code expects, also when several start at once."""

from __future__ import annotations

import asyncio
import sys

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from services.settings import ROOT
from services.store.database import Database
from services.store.tables import Base
from tests.databases import Databases

MIGRATE = """
import asyncio, sys
from services.store.database import Database
from services.store.migrate import migrate

async def run():
    database = Database.open(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    await migrate(database)
    await database.close()

asyncio.run(run())
"""


async def test_a_migrated_database_is_what_the_tables_say(database: Database) -> None:
    def difference(connection: Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)

    async with database.engine.connect() as connection:
        assert await connection.run_sync(difference) == []


async def test_processes_that_start_together_migrate_once(databases: Databases) -> None:
    with databases.empty() as url:
        processes = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", MIGRATE, url,
                cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            for _ in range(3)
        ]  # fmt: skip
        for process in processes:
            assert process.stdout is not None
            await process.stdout.readline()
        # All at once, as soon as all can.
        told = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
        assert [process.returncode for process in processes] == [0, 0, 0], told
        database = Database.open(url)
        async with database.engine.connect() as connection:
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        await database.close()
    assert set(Base.metadata.tables) <= set(names)
