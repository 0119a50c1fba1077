"""Sessions: a coordinator's login, known by a cookie of which only a hash is stored."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.record import Actor
from services.settings import Settings
from services.store.coordinators import (
    delete_console_sessions_idle_since,
    get_console_session,
    get_coordinator,
)
from services.store.database import Database
from services.store.tables import ConsoleSession, Role

_TOKEN_BYTES: Final = 32
_ATTEMPT: Final = "inloggning"
_ATTEMPT_SECONDS: Final = 600
_RENEW_AFTER: Final = timedelta(seconds=10)
"""A session that was renewed this lately is not written again."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who is asking.

    ``enrolled`` is whether the account has a code app, ``second_factor`` whether this session has
    given its code, or needs none.
    """

    coordinator_id: UUID
    name: str
    login: str
    role: Role
    csrf_token: str
    must_change_password: bool
    enrolled: bool
    second_factor: bool
    token_hash: bytes
    since: datetime
    ends_at: datetime

    @property
    def actor(self) -> Actor:
        """The same for the audit log."""
        return Actor(self.name, self.coordinator_id)

    @property
    def may_enter(self) -> bool:
        """Whether nothing is left to do before the console opens."""
        return self.second_factor and not self.must_change_password


def open_session(
    session: AsyncSession, coordinator_id: UUID, now: datetime, *, second_factor: bool
) -> str:
    """Begin a session; give the token for its cookie: 256 random bits."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(
        ConsoleSession(
            token_hash=hash_token(token),
            coordinator_id=coordinator_id,
            csrf_token=secrets.token_urlsafe(_TOKEN_BYTES),
            second_factor=second_factor,
            created_at=now,
            last_seen_at=now,
        )
    )
    return token


async def find_login(
    database: Database, token_hash: bytes, now: datetime, idle: timedelta
) -> Login | None:
    """Whose session it is; nothing if it ended, or the account is disabled."""
    async with database.read() as session:
        row = await get_console_session(session, token_hash)
        if row is None or now - row.last_seen_at >= idle:
            return None
        coordinator = await get_coordinator(session, row.coordinator_id)
    if coordinator is None or coordinator.disabled_at is not None:
        return None
    return Login(
        coordinator_id=coordinator.id,
        name=coordinator.name,
        login=coordinator.login,
        role=coordinator.role,
        csrf_token=row.csrf_token,
        must_change_password=coordinator.must_change_password,
        enrolled=coordinator.totp_confirmed_at is not None,
        second_factor=row.second_factor,
        token_hash=token_hash,
        since=row.created_at,
        ends_at=row.last_seen_at + idle,
    )


async def renew_session(database: Database, login: Login, now: datetime, idle: timedelta) -> None:
    """Let a session's idle time begin anew."""
    if login.ends_at - now > idle - _RENEW_AFTER:
        return
    async with database.begin() as session:
        row = await get_console_session(session, login.token_hash)
        if row is not None:
            row.last_seen_at = now


async def forget_idle_sessions(session: AsyncSession, now: datetime, idle: timedelta) -> None:
    """Delete the sessions that ended by themselves."""
    await delete_console_sessions_idle_since(session, now - idle)


def hash_token(token: str) -> bytes:
    """What is stored of a cookie: 256 random bits need no salt."""
    return hashlib.sha256(as_bytes(token)).digest()


def as_bytes(header: str) -> bytes:
    """The bytes that a header came as; aiohttp keeps those that are not UTF-8 as surrogates."""
    return header.encode(errors="surrogateescape")


def idle_time(settings: Settings) -> timedelta:
    """How long a session lasts without activity."""
    return timedelta(minutes=settings.coordinator_idle_minutes)


def read_cookie(request: web.Request, settings: Settings) -> str | None:
    """The session's token, if the browser sent one."""
    return request.cookies.get(_cookie_name(settings))


def set_cookie(response: web.Response, token: str, settings: Settings) -> None:
    """Give the browser a session: for this tab's lifetime, for this host, out of script's reach."""
    response.set_cookie(
        _cookie_name(settings),
        token,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="Strict",
    )


def delete_cookie(response: web.Response, settings: Settings) -> None:
    """Take the session from the browser."""
    response.del_cookie(
        _cookie_name(settings),
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="Strict",
    )


def set_attempt_cookie(response: web.Response, attempt: str, settings: Settings) -> None:
    """Let the browser keep a sign-in that is under way at the municipality's provider.

    Lax: it must come with the request that the provider sends the browser back with.
    """
    response.set_cookie(
        _cookie_name(settings, _ATTEMPT),
        base64.urlsafe_b64encode(attempt.encode()).decode(),
        max_age=_ATTEMPT_SECONDS,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="Lax",
    )


def read_attempt_cookie(request: web.Request, settings: Settings) -> str:
    """The sign-in under way; empty when there is none that can be read."""
    try:
        kept = request.cookies.get(_cookie_name(settings, _ATTEMPT), "")
        return base64.urlsafe_b64decode(as_bytes(kept)).decode()
    except ValueError:
        return ""


def delete_attempt_cookie(response: web.Response, settings: Settings) -> None:
    """Forget a sign-in that was under way."""
    response.del_cookie(
        _cookie_name(settings, _ATTEMPT),
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="Lax",
    )


def _cookie_name(settings: Settings, name: str = "samordnare") -> str:
    # A browser takes a __Host- cookie only from the very host, over TLS (RFC 6265bis, 4.1.3.2).
    return f"__Host-{name}" if settings.is_https else name
