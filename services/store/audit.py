"""Queries on the audit log."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.locks import CHANGE
from services.store.tables import AuditHead, AuditRecord

_HEAD = 1


async def lock_audit_head(session: AsyncSession, *, start: bytes) -> AuditHead:
    """The end of the log, locked until the transaction ends; made at the first record."""
    head = await _lock_head(session)
    while head is None:
        # Of two first records at once, one makes the head and the other finds it.
        with contextlib.suppress(IntegrityError):
            async with session.begin_nested():
                session.add(AuditHead(id=_HEAD, number=0, chain=start))
        head = await _lock_head(session)
    return head


async def _lock_head(session: AsyncSession) -> AuditHead | None:
    return await session.get(AuditHead, _HEAD, with_for_update=CHANGE, populate_existing=True)


async def get_audit_head(session: AsyncSession) -> AuditHead | None:
    """The end of the log, or nothing before the first record."""
    return await session.get(AuditHead, _HEAD)


def add_audit_record(session: AsyncSession, record: AuditRecord) -> None:
    """Add a record."""
    session.add(record)


async def stream_audit_records(session: AsyncSession) -> AsyncIterator[AuditRecord]:
    """Every record in order, some at a time."""
    rows = await session.stream_scalars(
        select(AuditRecord).order_by(AuditRecord.number).execution_options(yield_per=500)
    )
    async for row in rows:
        yield row


async def list_latest_audit_records(session: AsyncSession, *, limit: int) -> list[AuditRecord]:
    """The last records, the newest first."""
    return list(
        await session.scalars(select(AuditRecord).order_by(AuditRecord.number.desc()).limit(limit))
    )


async def has_done(
    session: AsyncSession, *, actor_id: UUID, deed: str, ticket_id: UUID, since: datetime
) -> bool:
    """Whether somebody has done something with a ticket since a time."""
    found = await session.scalar(
        select(AuditRecord.number)
        .where(
            AuditRecord.ticket_id == ticket_id,
            AuditRecord.actor_id == actor_id,
            AuditRecord.deed == deed,
            AuditRecord.at >= since,
        )
        .limit(1)
    )
    return found is not None


async def find_last_audit_record_before(
    session: AsyncSession, time: datetime
) -> AuditRecord | None:
    """The last record such that it and all before it were made before a time."""
    first_kept = await session.scalar(
        select(func.min(AuditRecord.number)).where(AuditRecord.at >= time)
    )
    query = select(AuditRecord).order_by(AuditRecord.number.desc()).limit(1)
    if first_kept is not None:
        query = query.where(AuditRecord.number < first_kept)
    return await session.scalar(query)


async def delete_audit_records_until(session: AsyncSession, number: int) -> int:
    """Remove the log's beginning up to a record; give how many records that was."""
    result = await session.execute(delete(AuditRecord).where(AuditRecord.number <= number))
    return cast("CursorResult[Any]", result).rowcount
