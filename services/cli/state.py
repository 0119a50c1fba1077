"""What commands on stored state share: the settings, and the database brought up to date."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from pydantic import ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from services.cli import running
from services.cli.screen import CommandError
from services.privacy.keyring import Keyring, load_or_create_keyring
from services.settings import Settings
from services.store.database import Database


def read_settings() -> Settings:
    """The settings. Raises ``CommandError`` naming each that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        lines = (f"  {str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in faults)
        raise CommandError("Inställningarna stämmer inte:\n" + "\n".join(lines)) from None


@contextlib.asynccontextmanager
async def opened_state(settings: Settings) -> AsyncIterator[tuple[Database, Keyring]]:
    """The database as it is, and the keyring, which must be there.

    Raises:
        CommandError: the master key is missing, or the database or a disk does not work.
    """
    master_key = settings.effective_master_key_file
    if not master_key.exists():
        raise CommandError(
            f"Huvudnyckeln {master_key} saknas. Lägg tillbaka din kopia av den först."
        )
    keyring = load_or_create_keyring(master_key)
    database = Database.open(settings.effective_database_url)
    try:
        yield database, keyring
    except (OperationalError, InterfaceError):
        raise CommandError("Databasen svarar inte, eller är upptagen. Försök igen.") from None
    except OSError as error:
        raise CommandError(f"Det gick inte: {error.strerror} ({error.filename}).") from None
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def stored_state() -> AsyncIterator[tuple[AsyncSession, Keyring]]:
    """An open transaction, and the keyring that the data are under."""
    settings = read_settings()
    await running.prepare_database(settings)
    database = Database.open(settings.effective_database_url)
    try:
        async with database.begin() as session:
            yield session, load_or_create_keyring(settings.effective_master_key_file)
    finally:
        await database.close()
