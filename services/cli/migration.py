"""``oroslotsen migration``: for developers who changed a table."""

from __future__ import annotations

import asyncio
import tempfile

import typer

from services.store.database import Database
from services.store.migrate import migrate, write_migration

migration = typer.Typer(add_completion=False)


@migration.command()
def command(message: str) -> None:
    """Skriv en migrering för ändrade tabeller (för utvecklare)."""

    async def write() -> None:
        with tempfile.TemporaryDirectory() as folder:
            database = Database.open(f"sqlite+aiosqlite:///{folder}/new.db")
            await migrate(database)
            await write_migration(database, message)
            await database.close()

    asyncio.run(write())
