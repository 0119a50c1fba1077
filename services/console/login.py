"""Logging in and changing the password. A wrong guess costs a wait that grows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.audit.log import record
from services.audit.record import Actor, Deed
from services.console.accounts import login_of
from services.console.passwords import (
    check_new_password,
    hash_password,
    needs_rehash,
    verify_password,
)
from services.console.sessions import Login, forget_idle_sessions, open_session
from services.privacy.keyring import Keyring
from services.store.coordinators import delete_console_sessions_of, lock_coordinator_by_login
from services.store.database import Database
from services.store.tables import Coordinator

FREE_ATTEMPTS: Final = 5
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=5)
"""A stranger who guesses must not be able to keep a coordinator out for long."""


class LoginRefusedError(Exception):
    """Wrong name, wrong password, a closed account or too early: nobody is told which."""


class WrongPasswordError(Exception):
    """The current password is another, or it was tried too often."""


@dataclass(frozen=True, slots=True)
class LoginRules:
    """What an operator has set: how long a session idles, and whether everyone has a code app."""

    idle: timedelta
    code_app_required: bool


async def log_in(
    database: Database,
    keyring: Keyring,
    name: str,
    password: str,
    now: datetime,
    rules: LoginRules,
) -> str:
    """Begin a session; give the token for its cookie.

    With a code app the session is half way until its code is given, and so are the guesses: they
    are forgotten when both are right, so that a known password buys no guesses at the code.

    The attempt is counted before the password is looked at, so that a hundred guesses sent at once
    are no cheaper than one after the other.

    Raises:
        LoginRefusedError
    """
    known = await take_attempt(database, login_of(name), now)
    stored = known.password_hash if known else None
    if not await verify_password(stored, password) or known is None:
        if known is not None:
            await note_failed_login(database, keyring, known, now, by="password")
        raise LoginRefusedError
    rehashed = await hash_password(password) if needs_rehash(known.password_hash) else None
    async with database.begin() as session:
        account = await lock_coordinator_by_login(session, known.login)
        if account is None or account.disabled_at or account.password_hash != stored:
            raise LoginRefusedError
        account.password_hash = rehashed or account.password_hash
        whole = account.totp_confirmed_at is None
        if whole:
            account.failed_logins, account.locked_until = 0, None
        await forget_idle_sessions(session, now, rules.idle)
        entered = whole and not rules.code_app_required
        token = open_session(session, account.id, now, second_factor=entered)
        if entered:
            actor = Actor(account.name, account.id)
            await record(session, keyring, at=now, actor=actor, deed=Deed.LOGIN, about="password")
        return token


async def change_password(
    database: Database, keyring: Keyring, login: Login, current: str, new: str, now: datetime
) -> str:
    """Change the password and begin a new session; every earlier one ends.

    Raises:
        WrongPasswordError, PasswordRuleError: nothing was changed.
    """
    known = await take_attempt(database, login.login, now)
    stored = known.password_hash if known else None
    if not await verify_password(stored, current):
        raise WrongPasswordError
    check_new_password(new, current=current, login=login.login)
    hashed = await hash_password(new)
    async with database.begin() as session:
        account = await lock_coordinator_by_login(session, login.login)
        if account is None or account.password_hash != stored:
            raise WrongPasswordError
        account.password_hash = hashed
        account.must_change_password = False
        account.failed_logins, account.locked_until = 0, None
        await delete_console_sessions_of(session, account.id)
        token = open_session(session, account.id, now, second_factor=login.second_factor)
        await record(session, keyring, at=now, actor=login.actor, deed=Deed.PASSWORD)
        return token


async def note_failed_login(
    database: Database, keyring: Keyring, account: Coordinator, now: datetime, *, by: str
) -> None:
    """Keep in the audit log that somebody guessed wrong at an account.

    A name that nobody has is not kept: it may be a password in the wrong field.
    """
    async with database.begin() as session:
        actor = Actor(account.name, account.id)
        await record(session, keyring, at=now, actor=actor, deed=Deed.LOGIN_FAILED, about=by)


def wait_after(failed: int) -> timedelta:
    """How long the next attempt must wait after so many failed ones in a row."""
    if failed < FREE_ATTEMPTS:
        return timedelta()
    factor = 1 << min(failed - FREE_ATTEMPTS, 16)
    return min(FIRST_WAIT * factor, LONGEST_WAIT)


async def take_attempt(database: Database, login: str, now: datetime) -> Coordinator | None:
    """The account that may try now, with this attempt counted as failed."""
    if not login.isprintable():
        return None
    async with database.begin() as session:
        account = await lock_coordinator_by_login(session, login)
        if account is None or account.disabled_at is not None:
            return None
        if account.locked_until is not None and now < account.locked_until:
            return None
        account.failed_logins += 1
        account.locked_until = now + wait_after(account.failed_logins)
        return account
