"""Queries on coordinators and their sessions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.locks import CHANGE
from services.store.tables import ConsoleSession, Coordinator, RecoveryCode, Role


def key_owner(coordinator_id: UUID) -> str:
    """Whose an account's key is, as it is wrapped."""
    return f"coordinator:{coordinator_id}"


async def get_coordinator(session: AsyncSession, coordinator_id: UUID) -> Coordinator | None:
    """The coordinator with this id, or nothing."""
    return await session.get(Coordinator, coordinator_id)


async def find_coordinator_by_login(session: AsyncSession, login: str) -> Coordinator | None:
    """The coordinator who logs in under this name, or nothing."""
    return await session.scalar(select(Coordinator).where(Coordinator.login == login))


async def lock_coordinator_by_login(session: AsyncSession, login: str) -> Coordinator | None:
    """The coordinator, with the row locked until the transaction ends; or nothing."""
    return await session.scalar(
        select(Coordinator).where(Coordinator.login == login).with_for_update(**CHANGE)
    )


async def lock_coordinator(session: AsyncSession, coordinator_id: UUID) -> Coordinator | None:
    """The coordinator, with the row locked until the transaction ends; or nothing."""
    return await session.get(
        Coordinator, coordinator_id, with_for_update=CHANGE, populate_existing=True
    )


async def find_coordinator_by_sign_in(session: AsyncSession, sign_in_id: str) -> Coordinator | None:
    """The coordinator whom the municipality's own sign-in knows by this id, or nothing."""
    return await session.scalar(select(Coordinator).where(Coordinator.sign_in_id == sign_in_id))


def add_recovery_codes(
    session: AsyncSession, coordinator_id: UUID, hashes: Iterable[bytes]
) -> None:
    """Keep the hashes of a coordinator's recovery codes."""
    session.add_all(RecoveryCode(coordinator_id=coordinator_id, code_hash=one) for one in hashes)


async def use_recovery_code(session: AsyncSession, coordinator_id: UUID, code_hash: bytes) -> bool:
    """Use a recovery code up; false if the coordinator has no such code."""
    result = await session.execute(
        delete(RecoveryCode).where(
            RecoveryCode.coordinator_id == coordinator_id, RecoveryCode.code_hash == code_hash
        )
    )
    return cast("CursorResult[Any]", result).rowcount == 1


async def delete_recovery_codes_of(session: AsyncSession, coordinator_id: UUID) -> None:
    """Make every recovery code of a coordinator worthless."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.coordinator_id == coordinator_id))


async def list_colleagues(session: AsyncSession, *, roles: Iterable[Role]) -> list[Coordinator]:
    """The open accounts with one of some roles, by name."""
    return list(
        await session.scalars(
            select(Coordinator)
            .where(Coordinator.role.in_(set(roles)), Coordinator.disabled_at.is_(None))
            .order_by(Coordinator.name)
        )
    )


async def list_on_duty(session: AsyncSession, *, seen_since: datetime) -> list[Coordinator]:
    """Who is on duty, and logged in and active since a time; by name."""
    return list(
        await session.scalars(
            select(Coordinator)
            .where(
                Coordinator.on_duty_since.is_not(None),
                Coordinator.disabled_at.is_(None),
                Coordinator.id.in_(
                    select(ConsoleSession.coordinator_id).where(
                        ConsoleSession.last_seen_at > seen_since
                    )
                ),
            )
            .order_by(Coordinator.name)
        )
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
