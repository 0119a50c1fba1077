"""What commands on stored state share: the database brought up to date, and its keys."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from alembic.util.exc import CommandError as RevisionError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from services.cli.screen import CommandError
from services.cli.settings import read_settings
from services.privacy.keyring import Keyring, load_or_create_keyring
from services.settings import Settings
from services.store.database import Database
from services.store.migrate import migrate


async def prepare_database(settings: Settings) -> None:
    """Make the folder for state and bring the database to its newest form.

    Raises:
        CommandError: the folder or the database can't be used.
    """
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"STATE_DIR {settings.state_dir}: {error.strerror}.") from error
    database = Database.open(settings.effective_database_url)
    try:
        await migrate(database)
    except (DBAPIError, OSError) as error:
        raise CommandError(
            "Databasen svarar inte, eller går inte att använda. "
            "Vad som är fel och vad du gör åt det: oroslotsen doctor"
        ) from error
    except RevisionError as error:
        raise CommandError(
            "Databasen är skriven av en nyare version av programmet. Installera den."
        ) from error
    finally:
        await database.close()


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
    await prepare_database(settings)
    database = Database.open(settings.effective_database_url)
    try:
        async with database.begin() as session:
            yield session, load_or_create_keyring(settings.effective_master_key_file)
    finally:
        await database.close()
