"""Deleting conversations for good: their keys, their rows, and their keys in the backups."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from services.audit.log import record
from services.audit.record import SERVICE, Deed
from services.backup.key_file import refresh_key_file
from services.privacy.keyring import Keyring
from services.store.database import Database
from services.store.deletion import (
    delete_conversation_rows,
    is_deletion_due,
    list_conversations_to_delete,
)

ON_REQUEST: Final = "på begäran"
LONGEST_FAREWELL: Final = timedelta(minutes=10)
"""How long a deletion waits for what is still to be sent, such as a last text message."""
_AT_A_TIME: Final = 50


async def delete_requested(
    database: Database, keyring: Keyring, *, now: datetime
) -> Sequence[UUID]:
    """Delete what callers have asked for and been told of; give those conversations' ids."""
    async with database.read() as session:
        # Nearly always there is none, and no writer need be disturbed.
        if not await is_deletion_due(session, now):
            return ()
    async with database.begin() as session:
        ids = await list_conversations_to_delete(
            session, now=now, at_last=now - LONGEST_FAREWELL, limit=_AT_A_TIME
        )
        if ids:
            await delete_conversation_rows(session, ids)
            about = f"{ON_REQUEST}: {len(ids)}"
            await record(session, keyring, at=now, actor=SERVICE, deed=Deed.DELETE, about=about)
    return ids


async def forget_in_backups(
    database: Database, keyring: Keyring, key_file: Path, *, now: datetime
) -> bool:
    """Let no backup bring back what is deleted, if there are backups.

    Returns:
        False if another process is at it: then try again later.

    Raises:
        BackupError: the key file is another database's, or under another key.
    """
    if not key_file.exists():  # noqa: ASYNC240 - a look at a local folder, some microseconds
        return True
    with _alone(key_file.parent) as alone:
        if alone:
            # Read under the lock: an older view must not be written over a newer.
            async with database.read() as session:
                await refresh_key_file(session, keyring, key_file, now=now)
    return alone


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(opened)
