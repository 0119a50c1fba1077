"""Queries on coordinators and their sessions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.tables import ConsoleSession, Coordinator


async def get_coordinator(session: AsyncSession, coordinator_id: UUID) -> Coordinator | None:
    """The coordinator with this id, or nothing."""
    return await session.get(Coordinator, coordinator_id)


async def find_coordinator_by_login(session: AsyncSession, login: str) -> Coordinator | None:
    """The coordinator who logs in under this name, or nothing."""
    return await session.scalar(select(Coordinator).where(Coordinator.login == login))


async def lock_coordinator_by_login(session: AsyncSession, login: str) -> Coordinator | None:
    """The coordinator, with the row locked until the transaction ends; or nothing."""
    return await session.scalar(
        select(Coordinator).where(Coordinator.login == login).with_for_update()
    )


async def get_coordinator_names(
    session: AsyncSession, coordinator_ids: Iterable[UUID]
) -> dict[UUID, str]:
    """The names of those among some coordinators whose accounts are open."""
    rows = await session.execute(
        select(Coordinator.id, Coordinator.name).where(
            Coordinator.id.in_(set(coordinator_ids)), Coordinator.disabled_at.is_(None)
        )
    )
    return dict(rows.all())


async def get_console_session(session: AsyncSession, token_hash: bytes) -> ConsoleSession | None:
    """The login whose cookie has this hash, or nothing."""
    return await session.get(ConsoleSession, token_hash)


async def delete_console_session(session: AsyncSession, token_hash: bytes) -> None:
    """Log out."""
    await session.execute(delete(ConsoleSession).where(ConsoleSession.token_hash == token_hash))


async def delete_console_sessions_of(session: AsyncSession, coordinator_id: UUID) -> None:
    """Log a coordinator out everywhere."""
    await session.execute(
        delete(ConsoleSession).where(ConsoleSession.coordinator_id == coordinator_id)
    )


async def delete_console_sessions_idle_since(session: AsyncSession, since: datetime) -> None:
    """Forget logins that were not used since a time."""
    await session.execute(delete(ConsoleSession).where(ConsoleSession.last_seen_at < since))
