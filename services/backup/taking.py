"""Taking a backup, while others read and write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from services.backup.contents import KEPT, Head, own_columns
from services.backup.errors import BackupError, OtherVersionError
from services.backup.key_file import refresh_key_file
from services.backup.rows import write_row
from services.backup.sealed_file import Kind, SealedWriter, read_sealed, writing_sealed
from services.privacy.keyring import Keyring
from services.store.database import Database
from services.store.dump import stream_columns
from services.store.migrate import newest_revision, stored_revision


@dataclass(frozen=True, slots=True)
class Taken:
    """What a backup became."""

    conversations: int
    rows: int


async def take_backup(
    database: Database, keyring: Keyring, path: Path, key_file: Path, *, now: datetime
) -> Taken:
    """Write all that the database holds at one moment, then read the file back to be sure.

    Args:
        database: May be in use.
        keyring: Seals both files.
        path: The backup to make; there must be no such file.
        key_file: Is replaced.
        now: The time, aware.

    Raises:
        BackupError: with what to do; then there is no new backup.
    """
    _check_new(path)
    async with database.read() as session:
        await _check_form(session)
        with writing_sealed(path, keyring, Kind.BACKUP) as file:
            rows = await _write_tables(session, file, now)
            # Before the backup gets its name: each backup has a key file at least as new.
            keys = await refresh_key_file(session, keyring, key_file, now=now)
    if sum(1 for _ in read_sealed(path, keyring, Kind.BACKUP)) != rows + 1:
        raise BackupError(f"{path} går inte att läsa tillbaka hel. Ta en ny säkerhetskopia.")
    return Taken(len(keys.secrets), rows)


def _check_new(path: Path) -> None:
    if path.exists():
        raise BackupError(f"{path} finns redan. En säkerhetskopia skrivs aldrig över.")


async def _check_form(session: AsyncSession) -> None:
    stored, newest = await stored_revision(session), newest_revision()
    if stored != newest:
        raise OtherVersionError(
            f"Databasen har version {stored or 'ingen'}, programmet {newest}. "
            "Starta tjänsten en gång med det här programmet, och ta säkerhetskopian sedan."
        )


async def _write_tables(session: AsyncSession, file: SealedWriter, now: datetime) -> int:
    head = Head(taken_at=now, revision=newest_revision(), columns=own_columns())
    file.write(head.model_dump_json().encode())
    count = 0
    for table, columns in KEPT.items():
        async for row in stream_columns(session, columns):
            file.write(write_row(table, row))
            count += 1
    return count
