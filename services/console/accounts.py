"""Coordinators' accounts: made, reset and disabled from the command line."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from services.console.passwords import hash_password, one_time_password
from services.errors import OperatorError
from services.store.coordinators import (
    delete_console_sessions_of,
    delete_recovery_codes_of,
    find_coordinator_by_sign_in,
    lock_coordinator_by_login,
)
from services.store.tables import Coordinator, Role

MAX_NAME_CHARACTERS: Final = 80


class AccountError(OperatorError):
    """Something about the account that the operator should know; says it in Swedish."""


class AccountNameError(AccountError):
    """The name can't be an account's."""


class AccountExistsError(AccountError):
    """There is such an account already."""


class UnknownAccountError(AccountError):
    """There is no such account."""


async def create_coordinator(
    session: AsyncSession,
    name: str,
    now: datetime,
    *,
    role: Role = Role.SAMORDNARE,
    sign_in_id: str | None = None,
) -> str:
    """Make an account; give its one-time password, which is shown this once.

    Args:
        session: An open transaction.
        name: The coordinator's name, by which they also log in.
        now: The time.
        role: What the account may do.
        sign_in_id: Who it is at the municipality's own sign-in; the account then needs no password
            of its own, and nobody is to be told the one that it gets.

    Raises:
        AccountNameError, AccountExistsError
    """
    shown = " ".join(unicodedata.normalize("NFC", name).split())
    if not shown or len(shown) > MAX_NAME_CHARACTERS or not shown.isprintable():
        raise AccountNameError(f"Namnet ska ha 1 till {MAX_NAME_CHARACTERS} tecken.")
    login = login_of(shown)
    if await lock_coordinator_by_login(session, login) is not None:
        raise AccountExistsError(f"Det finns redan ett konto med namnet {shown}.")
    if sign_in_id and await find_coordinator_by_sign_in(session, sign_in_id) is not None:
        raise AccountExistsError("Det finns redan ett konto för den inloggningen.")
    password = one_time_password()
    session.add(
        Coordinator(
            id=uuid4(),
            name=shown,
            login=login,
            password_hash=await hash_password(password),
            must_change_password=sign_in_id is None,
            role=role,
            sign_in_id=sign_in_id,
            created_at=now,
        )
    )
    return password


async def reset_coordinator(session: AsyncSession, name: str) -> str:
    """Give an account a new one-time password, open it again and log it out everywhere.

    Its code app and recovery codes are forgotten: a new one is chosen at the next login.

    Raises:
        UnknownAccountError
    """
    account = await _account(session, name)
    password = one_time_password()
    account.password_hash = await hash_password(password)
    account.must_change_password = True
    account.failed_logins, account.locked_until, account.disabled_at = 0, None, None
    account.wrapped_key, account.totp_sealed = None, None
    account.totp_confirmed_at, account.totp_step = None, None
    await delete_recovery_codes_of(session, account.id)
    await delete_console_sessions_of(session, account.id)
    return password


async def disable_coordinator(session: AsyncSession, name: str, now: datetime) -> None:
    """Close an account and log it out everywhere; what it did stays.

    Raises:
        UnknownAccountError
    """
    account = await _account(session, name)
    account.disabled_at, account.on_duty_since = now, None
    await delete_console_sessions_of(session, account.id)


def login_of(name: str) -> str:
    """The form of a name that logs in: case and spaces don't matter."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


async def _account(session: AsyncSession, name: str) -> Coordinator:
    account = await lock_coordinator_by_login(session, login_of(name))
    if account is None:
        raise UnknownAccountError(f"Det finns inget konto med namnet {name}.")
    return account
