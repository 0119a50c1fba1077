"""Deleting in the background: what callers asked for, soon; what is old enough, once a day."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.audit.record import SERVICE
from services.backup.errors import BackupError
from services.conversations.core import Core
from services.conversations.wakeups import QUEUE
from services.retention.deadlines import Deadlines
from services.retention.deleting import delete_requested, forget_in_backups
from services.retention.run import run_retention
from services.store.deletion import begin_job, is_job_due

LOOK_SECONDS: Final = 2.0
DAILY: Final = timedelta(hours=24)
FORGET_EVERY: Final = timedelta(minutes=1)
"""The backups' key file holds all conversations: it is not written anew for each."""
_RETENTION: Final = "retention"

_log = structlog.get_logger(__name__)


class Tidying:
    """Deletes until it is stopped. Of several processes one does the daily work."""

    def __init__(self, core: Core, deadlines: Deadlines, key_file: Path) -> None:
        self._core, self._deadlines, self._key_file = core, deadlines, key_file
        # What was deleted just before a crash may still be in the backups' key file.
        self._to_forget = True
        self._forgot_at = core.clock() - FORGET_EVERY

    async def run(self) -> None:
        """Look every few seconds, until cancelled; a fault is tried again."""
        while True:
            try:
                await self.look()
            except (SQLAlchemyError, OSError, BackupError) as error:
                _log.error("not_tidied", cause=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Delete what is to be deleted now."""
        core, now = self._core, self._core.clock()
        deleted = await delete_requested(core.database, core.keyring, now=now)
        for conversation in deleted:
            core.wakeups.wake(conversation)  # a page that is open hears that it is gone
        if deleted:
            core.wakeups.wake(QUEUE)
        old = await self._delete_old()
        self._to_forget = self._to_forget or bool(deleted) or old
        if self._to_forget and now - self._forgot_at >= FORGET_EVERY:
            self._to_forget = not await forget_in_backups(
                core.database, core.keyring, self._key_file, now=now
            )
            self._forgot_at = now
            await core.database.forget_overwritten()

    async def _delete_old(self) -> bool:
        core, now = self._core, self._core.clock()
        async with core.database.read() as session:
            # Nearly always it is done, and no writer need be disturbed.
            if not await is_job_due(session, _RETENTION, unless_since=now - DAILY):
                return False
        async with core.database.begin() as session:
            mine = await begin_job(session, _RETENTION, now=now, unless_since=now - DAILY)
        if not mine:
            return False
        report = await run_retention(
            core.database, core.keyring, self._deadlines, actor=SERVICE, now=now
        )
        _log.info("retention_done", deleted=report.deleted)
        return report.deleted > 0
