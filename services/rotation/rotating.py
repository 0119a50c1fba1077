"""Wrapping every key anew, in batches, and letting go of the old master key when none is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.log import record
from services.audit.record import OPERATOR, Deed
from services.backup.key_file import refresh_key_file
from services.conversations.sealing import number_row
from services.privacy.key_store import KeyStore
from services.privacy.keyring import Keyring, MasterKeyError
from services.store.coordinators import key_owner
from services.store.database import Database
from services.store.tables import Conversation
from services.store.wrapped_keys import (
    list_accounts_under_other_keys,
    list_conversations_under_other_keys,
    replace_account_key,
    replace_conversation_key,
)
from services.vocabulary import Channel

LONGEST_CALL: Final = timedelta(hours=4)
"""Twilio ends a call then (https://www.twilio.com/docs/voice/api/call-resource#timelimit)."""
GRACE_SECONDS: Final = 12.0
"""Longer than a transaction that began under the old key can wait for its end."""
_AT_A_TIME: Final = 100


@dataclass(frozen=True, slots=True)
class Rotated:
    """How far a rotation has come. ``calls`` may be under way, and keep the old key needed."""

    wrapped: int
    calls: int
    unreadable: int

    @property
    def is_done(self) -> bool:
        """Whether the old key is gone."""
        return self.calls == 0


@dataclass(slots=True)
class _Count:
    wrapped: int = 0
    calls: int = 0
    unreadable: int = 0


async def rotate_keys(
    database: Database,
    store: KeyStore,
    keyring: Keyring,
    key_file: Path | None,
    *,
    clock: Callable[[], datetime],
    grace: float,
    tell: Callable[[int], None] | None = None,
) -> Rotated:
    """Take a new master key into use and let go of the old one, or go on where this was broken off.

    Args:
        database: May be in use, by any number of processes that follow the same file.
        store: The file with the master keys.
        keyring: That follows it.
        key_file: The backups' key file, which goes along.
        clock: Gives the time, aware.
        grace: Seconds to wait for those who still work under the old key.
        tell: Hears how many keys are wrapped anew so far.

    Raises:
        MasterKeyError: the file can't be read, or somebody else rotates.
        OSError: it can't be changed.
        BackupError: the backups' key file can't be replaced.
    """
    with store.locked():
        if not keyring.is_rotating:
            store.add_key(clock())
            await _note(database, keyring, Deed.KEYS_ROTATE, clock())
        count = _Count()
        await _wrap_all(database, keyring, count, clock, tell)
        await asyncio.sleep(grace)
        # What was stored meanwhile by somebody who had not seen the new key.
        await _wrap_all(database, keyring, count, clock, tell)
        if key_file is not None:
            async with database.read() as session:
                await refresh_key_file(session, keyring, key_file, now=clock())
        if count.calls == 0:
            await _note(database, keyring, Deed.KEYS_RETIRE, clock())
            store.retire_keys()
            await database.forget_overwritten()
    return Rotated(count.wrapped, count.calls, count.unreadable)


async def _note(database: Database, keyring: Keyring, deed: Deed, now: datetime) -> None:
    about = keyring.current_id.hex()
    async with database.begin() as session:
        await record(session, keyring, at=now, actor=OPERATOR, deed=deed, about=about)


async def _wrap_all(
    database: Database,
    keyring: Keyring,
    count: _Count,
    clock: Callable[[], datetime],
    tell: Callable[[int], None] | None,
) -> None:
    count.calls, count.unreadable = 0, 0
    async with database.begin() as session:
        await _wrap_accounts(session, keyring, count)
    after: UUID | None = None
    while True:
        async with database.read() as session:
            rows = await list_conversations_under_other_keys(
                session, keyring.current_id, after=after, limit=_AT_A_TIME
            )
        if not rows:
            return
        async with database.begin() as session:
            for row in rows:
                await _wrap(session, keyring, row, count, clock())
        after = rows[-1].id
        if tell is not None:
            tell(count.wrapped)


async def _wrap(
    session: AsyncSession, keyring: Keyring, row: Conversation, count: _Count, now: datetime
) -> None:
    if row.channel is Channel.VOICE and row.caller_hash and _may_go_on(row, now):
        # A call is found by its id, of which only the hash is known.
        count.calls += 1
        return
    old = row.wrapped_key
    try:
        new = keyring.rewrap(old, conversation=str(row.id))
        caller_hash = _caller_hash(keyring, row)
    except MasterKeyError:
        count.unreadable += 1  # as it was before
        return
    if await replace_conversation_key(session, row.id, old=old, new=new, caller_hash=caller_hash):
        count.wrapped += 1


def _may_go_on(row: Conversation, now: datetime) -> bool:
    return now - row.last_activity_at < LONGEST_CALL


def _caller_hash(keyring: Keyring, row: Conversation) -> bytes | None:
    """By what the caller is found from now on: nothing for a call that has ended."""
    if row.caller_hash is None or row.number_sealed is None or row.channel is not Channel.SMS:
        return None
    key = keyring.unwrap(row.wrapped_key, conversation=str(row.id))
    return keyring.lookup_hash(key.open(row.number_sealed, row=number_row(row.id)))


async def _wrap_accounts(session: AsyncSession, keyring: Keyring, count: _Count) -> None:
    for account in await list_accounts_under_other_keys(session, keyring.current_id):
        old = account.wrapped_key or b""
        try:
            new = keyring.rewrap(old, conversation=key_owner(account.id))
        except MasterKeyError:
            count.unreadable += 1
            continue
        await replace_account_key(session, account.id, old=old, new=new)
        count.wrapped += 1
