"""Restoring a backup: all of it or nothing, without the conversations that were deleted since."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Final

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.log import record
from services.audit.record import OPERATOR, Deed
from services.backup.contents import KEPT, Head, check_version
from services.backup.errors import KeyFileError, NotEmptyError, OtherVersionError
from services.backup.key_file import KeyFile, read_key_file
from services.backup.rows import Row, RowReader
from services.backup.sealed_file import Kind, read_sealed
from services.privacy.keyring import Keyring
from services.store.database import Database
from services.store.dump import (
    delete_every_row,
    insert_rows,
    list_tables_in_use,
    lock_every_table,
)
from services.store.migrate import migrate, newest_revision, stored_revision
from services.store.tables import Base, Conversation

_CONVERSATIONS: Final = Base.metadata.tables[Conversation.__tablename__]
_AT_A_TIME: Final = 500


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. ``forgotten`` conversations were deleted after the backup was taken."""

    taken_at: datetime
    conversations: int
    forgotten: int


async def restore_backup(
    database: Database,
    keyring: Keyring,
    path: Path,
    key_file: Path,
    *,
    replace: bool,
    now: datetime,
) -> Restored:
    """Put a backup back, in one transaction. Files and versions are checked before it begins.

    Args:
        database: A new one, or one that nobody uses.
        keyring: That both files were sealed under.
        path: The backup.
        key_file: The newest key file.
        replace: Remove what the database holds.
        now: The time, aware.

    Raises:
        BackupError: with what to do; then the database is as it was.
    """
    head = _read_head(path, keyring)
    keys = read_key_file(key_file, keyring)
    if keys.at < head.taken_at:
        raise KeyFileError(
            f"Nyckelfilen {key_file} ({keys.at:%Y-%m-%d %H:%M} UTC) är äldre än säkerhetskopian "
            f"({head.taken_at:%Y-%m-%d %H:%M} UTC). Använd den senaste nyckelfilen."
        )
    await _prepare(database)
    async with database.begin() as session:
        await lock_every_table(session)
        if replace:
            await delete_every_row(session)
        else:
            await _check_empty(session)
        restored = await _load(session, head, _Survivors(keys), _rows(path, keyring))
        about = head.taken_at.isoformat()
        await record(session, keyring, at=now, actor=OPERATOR, deed=Deed.RESTORE, about=about)
    return restored


def _read_head(path: Path, keyring: Keyring) -> Head:
    """The head of a backup that was read whole and that this program can restore."""
    lines = read_sealed(path, keyring, Kind.BACKUP)
    head = Head.model_validate_json(next(lines))
    for _ in lines:
        pass  # each block proves itself
    check_version(head)
    return head


def _rows(path: Path, keyring: Keyring) -> Iterator[bytes]:
    return itertools.islice(read_sealed(path, keyring, Kind.BACKUP), 1, None)


async def _prepare(database: Database) -> None:
    async with database.read() as session:
        stored = await stored_revision(session)
    if stored is None:
        await migrate(database)
    elif stored != newest_revision():
        raise OtherVersionError(
            f"Databasen har version {stored}, programmet {newest_revision()}. "
            "Återställ i en ny databas."
        )


async def _check_empty(session: AsyncSession) -> None:
    kept = {table.name for table in KEPT}
    used = [(name, count) for name, count in await list_tables_in_use(session) if name in kept]
    if used:
        listed = ", ".join(f"{name} ({count})" for name, count in used)
        raise NotEmptyError(
            f"Databasen är inte tom: {listed}. Återställ i en ny databas, eller lägg till "
            "--replace för att ta bort allt som finns i den."
        )


class _Survivors:
    """Tells the rows of conversations that still have their key from all that went with one."""

    def __init__(self, keys: KeyFile) -> None:
        self._keys = keys
        self._gone: defaultdict[Table, set[object]] = defaultdict(set)

    def has(self, table: Table, row: Row) -> bool:
        """Whether a row is to come back; asked of each, after those that it points to."""
        gone = any(
            row[key.parent.name] in self._gone[key.column.table] for key in table.foreign_keys
        )
        if table is _CONVERSATIONS:
            gone = row["id"] not in self._keys.secrets
        if gone:
            self._gone[table].add(row["id"])
        return not gone

    def complete(self, table: Table, row: Row) -> Row:
        """The row with what the backup had left out."""
        if table is not _CONVERSATIONS:
            return row
        secrets = self._keys.secrets[row["id"]]
        return row | {"wrapped_key": secrets.wrapped_key, "caller_hash": secrets.caller_hash}

    @property
    def conversations_gone(self) -> int:
        """How many conversations do not come back."""
        return len(self._gone[_CONVERSATIONS])


async def _load(
    session: AsyncSession, head: Head, survivors: _Survivors, lines: Iterator[bytes]
) -> Restored:
    reader = RowReader({table: head.columns[table.name] for table in KEPT})
    conversations = 0
    for table, of_table in itertools.groupby(map(reader.read, lines), itemgetter(0)):
        rows = (survivors.complete(*one) for one in of_table if survivors.has(*one))
        for batch in itertools.batched(rows, _AT_A_TIME, strict=False):
            await insert_rows(session, table, batch)
            conversations += len(batch) if table is _CONVERSATIONS else 0
    return Restored(head.taken_at, conversations, survivors.conversations_gone)
