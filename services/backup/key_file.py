"""The key file: what must be forgotten when a conversation is deleted, for every one there is.

It is replaced whole by each backup, and by whoever deletes conversations (``refresh_key_file``).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Column
from sqlalchemy.ext.asyncio import AsyncSession

from services.backup.errors import KeyFileError
from services.backup.sealed_file import Kind, read_sealed, writing_sealed
from services.privacy.keyring import Keyring
from services.store.dump import stream_columns
from services.store.tables import Base, Conversation, Coordinator

_CONVERSATIONS: Final = Base.metadata.tables[Conversation.__tablename__]
_ACCOUNTS: Final = Base.metadata.tables[Coordinator.__tablename__]
_FORGOTTEN: Final = (_CONVERSATIONS.c.wrapped_key, _CONVERSATIONS.c.caller_hash)
FORGOTTEN: Final[frozenset[Column[Any]]] = frozenset(_FORGOTTEN)
"""Columns that are in the key file and in no backup."""


@dataclass(frozen=True, slots=True)
class ConversationSecrets:
    """What a backup leaves out of a conversation's row."""

    wrapped_key: bytes
    caller_hash: bytes | None


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Of every conversation that there was at a time."""

    at: datetime
    secrets: Mapping[UUID, ConversationSecrets]


def read_key_file(path: Path, keyring: Keyring) -> KeyFile:
    """Read the key file.

    Raises:
        KeyFileError: it is not there.
        BackupError: it can't be read, see ``read_sealed``.
    """
    if not path.exists():
        raise KeyFileError(
            f"Nyckelfilen {path} saknas. Lägg den senaste kopian av den där, eller peka ut den "
            "med --keys. Utan den går inga samtal att läsa."
        )
    lines = read_sealed(path, keyring, Kind.KEYS)
    at = datetime.fromisoformat(orjson.loads(next(lines)))
    return KeyFile(at, dict(map(_read_line, lines)))


async def refresh_key_file(
    session: AsyncSession, keyring: Keyring, path: Path, *, now: datetime
) -> KeyFile:
    """Replace the key file by one of the conversations that there are.

    Args:
        session: A transaction for reading.
        keyring: That the file is sealed under.
        path: The key file.
        now: The time that the transaction sees, aware.

    Raises:
        KeyFileError: this looks like another database than the one that the file belongs to.
    """
    columns = (_CONVERSATIONS.c.id, *_FORGOTTEN)
    secrets = {
        row[0]: ConversationSecrets(*row[1:]) async for row in stream_columns(session, columns)
    }
    old = _read_if_there(path, keyring)
    if old is not None and old.at > now:
        return old  # somebody who saw more has replaced it meanwhile
    if old is not None:
        await _check_same_database(session, old, path, secrets)
    with writing_sealed(path, keyring, Kind.KEYS) as file:
        file.write(orjson.dumps(now))
        for conversation, one in secrets.items():
            file.write(_write_line(conversation, one))
    return KeyFile(now, secrets)


def _read_if_there(path: Path, keyring: Keyring) -> KeyFile | None:
    return read_key_file(path, keyring) if path.exists() else None


async def _check_same_database(
    session: AsyncSession, old: KeyFile, path: Path, new: Mapping[UUID, ConversationSecrets]
) -> None:
    # After a lost disk a timer may run before the restore. The new database's key file would
    # make every backup unreadable. Accounts are never deleted, so it is known by having none.
    if not old.secrets or not old.secrets.keys().isdisjoint(new):
        return
    if [account async for account in stream_columns(session, (_ACCOUNTS.c.id,))]:
        return
    raise KeyFileError(
        f"{path} hör till en annan databas: inget av dess {len(old.secrets)} samtal finns i den "
        "här, som inte har några konton. Nyckelfilen är orörd. Ska databasen återställas först? "
        "Om den verkligen är ny: flytta undan nyckelfilen och försök igen."
    )


def _write_line(conversation: UUID, one: ConversationSecrets) -> bytes:
    values = (one.wrapped_key, one.caller_hash)
    texts = (value and b64encode(value).decode() for value in values)
    return orjson.dumps((str(conversation), *texts))


def _read_line(line: bytes) -> tuple[UUID, ConversationSecrets]:
    conversation, wrapped_key, caller_hash = orjson.loads(line)
    secrets = ConversationSecrets(b64decode(wrapped_key), caller_hash and b64decode(caller_hash))
    return UUID(conversation), secrets
