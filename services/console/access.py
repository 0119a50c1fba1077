"""Who may call what: each route has one rule, and a request that breaks it gets no further.

A route without a rule can't be called at all.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from services.console.forms import read_form
from services.console.sessions import (
    Login,
    as_bytes,
    find_login,
    hash_token,
    idle_time,
    read_cookie,
    renew_session,
)
from services.conversations.appkeys import CORE, SETTINGS
from services.store.tables import Role

CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "X-CSRF-Token"
LOGIN: Final = web.RequestKey("login", Login)

type View = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Access(Enum):
    """Who may call a route."""

    ANYONE = auto()
    HALF_WAY = auto()
    """Whoever has given the password, also if the code app's code is still to be given."""
    WITH_SESSION = auto()
    """Whoever has given the code too, if the account has a code app: to finish the account."""
    EVERY_ROLE = auto()
    """Whoever is logged in, with a password of their own and a code app."""
    COORDINATOR = auto()
    """Those who take conversations."""
    STATISTICS = auto()
    """Those who read statistics."""
    LEAD = auto()
    """Those who answer for the work: the audit log and the corrections."""


ROLES: Final[Mapping[Access, frozenset[Role]]] = {
    Access.EVERY_ROLE: frozenset(Role),
    Access.COORDINATOR: frozenset({Role.SAMORDNARE, Role.ANSVARIG}),
    Access.STATISTICS: frozenset({Role.STATISTIK, Role.ANSVARIG}),
    Access.LEAD: frozenset({Role.ANSVARIG}),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A route and who may call it.

    ``by_itself`` is true for what a page asks for on its own: it keeps no session alive.
    """

    method: str
    path: str
    view: View
    access: Access
    by_itself: bool = False


RULES: Final = web.AppKey("console_rules", Mapping[web.AbstractRoute, Rule])


class NoSessionError(Exception):
    """Nobody is logged in, or the session has ended."""


class PasswordNotChangedError(Exception):
    """The one-time password must be changed first."""


class SecondFactorMissingError(Exception):
    """The code app's code must be given first, or a code app be chosen."""

    def __init__(self, *, enrolled: bool) -> None:
        super().__init__("second factor")
        self.enrolled = enrolled


class RoleRefusedError(Exception):
    """The account's role may not call the route."""


class ForgedRequestError(Exception):
    """The request can't show that it comes from our own page."""


class NoRuleError(Exception):
    """The route says nothing of who may call it."""


@web.middleware
async def access_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hold the request against its route's rule; what passes finds the caller at ``LOGIN``.

    Raises:
        NoSessionError, PasswordNotChangedError, SecondFactorMissingError, RoleRefusedError,
        ForgedRequestError, NoRuleError
    """
    if request.match_info.http_exception is not None:
        return await handler(request)
    rule = request.config_dict[RULES].get(request.match_info.route)
    if rule is None:
        raise NoRuleError
    if rule.access is Access.ANYONE:
        _check_same_site(request)
        return await handler(request)
    login = await find_caller(request)
    if login is None:
        raise NoSessionError
    await _check_csrf(request, login)
    check_access(rule.access, login)
    if not rule.by_itself:
        core, idle = request.config_dict[CORE], idle_time(request.config_dict[SETTINGS])
        await renew_session(core.database, login, core.clock(), idle)
    request[LOGIN] = login
    return await handler(request)


def check_access(access: Access, login: Login) -> None:
    """Hold a session against what a route asks for.

    Raises:
        SecondFactorMissingError, PasswordNotChangedError, RoleRefusedError
    """
    if access is Access.HALF_WAY:
        return
    if login.enrolled and not login.second_factor:
        raise SecondFactorMissingError(enrolled=True)
    if access is Access.WITH_SESSION:
        return
    if login.must_change_password:
        raise PasswordNotChangedError
    if not login.second_factor:
        raise SecondFactorMissingError(enrolled=False)
    if login.role not in ROLES[access]:
        raise RoleRefusedError


async def find_caller(request: web.Request) -> Login | None:
    """Who is logged in, now."""
    core, settings = request.config_dict[CORE], request.config_dict[SETTINGS]
    token = read_cookie(request, settings)
    if token is None:
        return None
    return await find_login(core.database, hash_token(token), core.clock(), idle_time(settings))


def changes_state(method: str) -> bool:
    """Whether a request with this method may change something."""
    return method not in {"GET", "HEAD", "OPTIONS"}


async def _check_csrf(request: web.Request, login: Login) -> None:
    if not changes_state(request.method):
        return
    given = request.headers.get(CSRF_HEADER)
    if given is None:
        given = (await read_form(request)).get(CSRF_FIELD, "")
    if not hmac.compare_digest(as_bytes(given), login.csrf_token.encode()):
        raise ForgedRequestError


def _check_same_site(request: web.Request) -> None:
    # Before login there is no session to tie a token to; the browser says where a form comes from
    # (https://www.w3.org/TR/fetch-metadata/), so that nobody is logged in to a stranger's account.
    if changes_state(request.method):
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        if site not in {"same-origin", "none"}:
            raise ForgedRequestError
