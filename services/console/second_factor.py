"""The second factor: a code app (TOTP, RFC 6238), and recovery codes for whoever has lost it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyotp
import segno

from services.audit.log import record
from services.audit.record import Deed
from services.console.login import note_failed_login, take_attempt
from services.console.passwords import one_time_password
from services.console.sessions import Login, open_session
from services.privacy.keyring import ConversationKey, Keyring
from services.store.coordinators import (
    add_recovery_codes,
    delete_console_session,
    delete_recovery_codes_of,
    key_owner,
    lock_coordinator,
    use_recovery_code,
)
from services.store.database import Database
from services.store.tables import Coordinator

ISSUER: Final = "Oroslotsen"
RECOVERY_CODES: Final = 8
_DRIFT: Final = (0, -1, 1)
"""Time steps of 30 s by which a phone's clock may be wrong."""
_SCALE: Final = 5
_BORDER: Final = 4


class WrongCodeError(Exception):
    """The code is another, was used before, or was tried too often."""


class AlreadyEnrolledError(Exception):
    """The account has a code app."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a coordinator needs to set a code app up: the secret as a picture and as letters."""

    picture: str
    secret: str


async def begin_enrolment(database: Database, keyring: Keyring, login: Login) -> Enrolment:
    """Give the secret for a code app, the same until it is confirmed.

    The picture is made here: no other service gets to see it.

    Raises:
        AlreadyEnrolledError
    """
    async with database.begin() as session:
        account = await lock_coordinator(session, login.coordinator_id)
        if account is None or account.totp_confirmed_at is not None:
            raise AlreadyEnrolledError
        if account.totp_sealed is None:
            key, account.wrapped_key = keyring.new_key(conversation=key_owner(account.id))
            account.totp_sealed = key.seal(pyotp.random_base32(), row=_row(account))
        secret = _secret(keyring, account)
    address = pyotp.TOTP(secret).provisioning_uri(name=login.name, issuer_name=ISSUER)
    picture = segno.make(address, error="m").svg_inline(
        scale=_SCALE, border=_BORDER, light="#fff", svgclass="qr", lineclass=None
    )
    groups = (secret[start : start + 4] for start in range(0, len(secret), 4))
    return Enrolment(picture, " ".join(groups))


async def confirm_enrolment(
    database: Database, keyring: Keyring, login: Login, code: str, now: datetime
) -> tuple[str, tuple[str, ...]]:
    """Take the code app into use; give a new session's token and the recovery codes, shown once.

    Raises:
        WrongCodeError, AlreadyEnrolledError
    """
    if await take_attempt(database, login.login, now) is None:
        raise WrongCodeError
    codes = tuple(one_time_password() for _ in range(RECOVERY_CODES))
    async with database.begin() as session:
        account = await lock_coordinator(session, login.coordinator_id)
        if account is None or account.totp_confirmed_at is not None:
            raise AlreadyEnrolledError
        if not _takes(keyring, account, code, now):
            raise WrongCodeError
        account.totp_confirmed_at = now
        account.failed_logins, account.locked_until = 0, None
        await delete_recovery_codes_of(session, account.id)
        add_recovery_codes(session, account.id, (_hash(keyring, account, one) for one in codes))
        await delete_console_session(session, login.token_hash)
        token = open_session(session, account.id, now, second_factor=True)
        await record(session, keyring, at=now, actor=login.actor, deed=Deed.ENROL)
    return token, codes


async def give_code(
    database: Database, keyring: Keyring, login: Login, code: str, now: datetime
) -> str:
    """Give the code app's code, or a recovery code, and enter; give a new session's token.

    The attempt is counted before the code is looked at, and a code works once.

    Raises:
        WrongCodeError
    """
    known = await take_attempt(database, login.login, now)
    if known is None:
        raise WrongCodeError
    try:
        return await _enter_by_code(database, keyring, login, code, now)
    except WrongCodeError:
        await note_failed_login(database, keyring, known, now, by="code")
        raise


async def _enter_by_code(
    database: Database, keyring: Keyring, login: Login, code: str, now: datetime
) -> str:
    async with database.begin() as session:
        account = await lock_coordinator(session, login.coordinator_id)
        if account is None or account.disabled_at is not None:
            raise WrongCodeError
        by = "totp"
        if not _takes(keyring, account, code, now):
            if account.wrapped_key is None or not await use_recovery_code(
                session, account.id, _hash(keyring, account, code)
            ):
                raise WrongCodeError
            by = "recovery"
        account.failed_logins, account.locked_until = 0, None
        await delete_console_session(session, login.token_hash)
        token = open_session(session, account.id, now, second_factor=True)
        await record(session, keyring, at=now, actor=login.actor, deed=Deed.LOGIN, about=by)
    return token


def _takes(keyring: Keyring, account: Coordinator, code: str, now: datetime) -> bool:
    """Whether a code is right now and unused; then it is used."""
    if account.totp_sealed is None:
        return False
    totp = pyotp.TOTP(_secret(keyring, account))
    given = "".join(code.split()).encode()
    for drift in _DRIFT:
        step = totp.timecode(now) + drift
        is_new = account.totp_step is None or step > account.totp_step
        if is_new and hmac.compare_digest(totp.generate_otp(step).encode(), given):
            account.totp_step = step
            return True
    return False


def _secret(keyring: Keyring, account: Coordinator) -> str:
    return _key(keyring, account).open(account.totp_sealed or b"", row=_row(account))


def _key(keyring: Keyring, account: Coordinator) -> ConversationKey:
    return keyring.unwrap(account.wrapped_key or b"", conversation=key_owner(account.id))


def _hash(keyring: Keyring, account: Coordinator, code: str) -> bytes:
    bare = "".join(filter(str.isalnum, code.upper()))
    # By the account's own key, which stays when the master key is changed.
    return _key(keyring, account).hash(f"recovery:{bare}")


def _row(account: Coordinator) -> str:
    return f"totp:{account.id}"
