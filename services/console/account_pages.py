"""Pages for whoever is about to enter: login, the code app, the municipality's sign-in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp_jinja2 import render_template
from markupsafe import Markup
from pydantic import ValidationError

from services.audit.log import record
from services.audit.record import Deed
from services.console.access import LOGIN, find_caller
from services.console.forms import read_form
from services.console.login import (
    LoginRefusedError,
    LoginRules,
    WrongPasswordError,
    change_password,
    log_in,
)
from services.console.passwords import MIN_CHARACTERS, PasswordRuleError
from services.console.paths import LOGIN_PATH, ROOT_PATH
from services.console.second_factor import (
    AlreadyEnrolledError,
    WrongCodeError,
    begin_enrolment,
    confirm_enrolment,
    give_code,
)
from services.console.sessions import (
    delete_attempt_cookie,
    delete_cookie,
    idle_time,
    read_attempt_cookie,
    set_attempt_cookie,
    set_cookie,
)
from services.console.sign_in import Attempt, SignIn, SignInError, enter
from services.conversations.appkeys import CORE, SETTINGS
from services.edges.addresses import network_of
from services.edges.limits import LIMITS
from services.settings import Settings
from services.store.coordinators import delete_console_session

_REFUSED: Final = (
    "Inloggningen gick inte. Kontrollera namn och lösenord. "
    "Efter flera misslyckade försök behöver du vänta några minuter."
)
_SIGN_IN_REFUSED: Final = (
    "Kommunens inloggning gick inte, eller så finns det inget konto för dig här. "
    "Försök igen, eller fråga den som ansvarar för tjänsten."
)
_WRONG_PASSWORD: Final = "Det nuvarande lösenordet stämmer inte."  # noqa: S105 - a sentence
_NOT_ALIKE: Final = "De två nya lösenorden är inte lika."
_WRONG_CODE: Final = (
    "Koden stämmer inte, eller har redan använts. Vänta på nästa kod och försök igen. "
    "Efter flera misslyckade försök behöver du vänta några minuter."
)


async def show_login(request: web.Request) -> web.StreamResponse:
    """The form to log in with."""
    if await find_caller(request) is not None:
        raise web.HTTPSeeOther(ROOT_PATH)
    return _login_page(request, ended="avslutad" in request.query)


async def log_in_coordinator(request: web.Request) -> web.StreamResponse:
    """Begin a session and lead on, or say that it went wrong, never why."""
    await _count_attempt(request)
    core, settings = request.config_dict[CORE], request.config_dict[SETTINGS]
    form = await read_form(request)
    name = form.get("name", "")
    try:
        token = await log_in(
            core.database,
            core.keyring,
            name,
            form.get("password", ""),
            core.clock(),
            LoginRules(idle_time(settings), settings.coordinator_totp_required),
        )
    except LoginRefusedError:
        return _login_page(request, name=name, fault=_REFUSED)
    return _entered(token, settings)


async def begin_sign_in(request: web.Request) -> web.StreamResponse:
    """Lead to the municipality's own sign-in."""
    settings = request.config_dict[SETTINGS]
    sign_in = SignIn.configured(settings)
    if sign_in is None:
        raise web.HTTPNotFound
    await _count_attempt(request)
    try:
        address, attempt = await sign_in.begin()
    except SignInError:
        return _login_page(request, fault=_SIGN_IN_REFUSED)
    response = see_other(address)
    set_attempt_cookie(response, attempt.model_dump_json(), settings)
    return response


async def finish_sign_in(request: web.Request) -> web.StreamResponse:
    """Take whoever comes back from the municipality's sign-in, and lead on.

    By a page, not by a redirect: a browser sends our same-site cookie only with a request that a
    page of ours began.
    """
    core, settings = request.config_dict[CORE], request.config_dict[SETTINGS]
    sign_in, now = SignIn.configured(settings), core.clock()
    if sign_in is None:
        raise web.HTTPNotFound
    await _count_attempt(request)
    try:
        attempt = Attempt.model_validate_json(read_attempt_cookie(request, settings))
        code, state = request.query.get("code", ""), request.query.get("state", "")
        who = await sign_in.finish(attempt, code, state, now)
        async with core.database.begin() as session:
            token = await enter(session, core.keyring, who, now)
    except (SignInError, ValidationError):
        response = _login_page(request, fault=_SIGN_IN_REFUSED)
        delete_attempt_cookie(response, settings)
        return response
    response = render_template("signed_in.html", request, {"login": None})
    delete_attempt_cookie(response, settings)
    set_cookie(response, token, settings)
    return response


async def log_out(request: web.Request) -> web.StreamResponse:
    """End the session."""
    core, login = request.config_dict[CORE], request[LOGIN]
    async with core.database.begin() as session:
        await delete_console_session(session, login.token_hash)
        await record(session, core.keyring, at=core.clock(), actor=login.actor, deed=Deed.LOGOUT)
    response = see_other(LOGIN_PATH)
    delete_cookie(response, request.config_dict[SETTINGS])
    return response


async def show_code(request: web.Request) -> web.StreamResponse:
    """The form for the code app's code."""
    if request[LOGIN].second_factor or not request[LOGIN].enrolled:
        raise web.HTTPSeeOther(ROOT_PATH)
    return _form_page(request, "code.html", None)


async def give_own_code(request: web.Request) -> web.StreamResponse:
    """Enter with the code app's code, or a recovery code."""
    core = request.config_dict[CORE]
    code = (await read_form(request)).get("code", "")
    try:
        token = await give_code(core.database, core.keyring, request[LOGIN], code, core.clock())
    except WrongCodeError:
        return _form_page(request, "code.html", _WRONG_CODE)
    return _entered(token, request.config_dict[SETTINGS])


async def show_enrolment(request: web.Request) -> web.StreamResponse:
    """The picture to set a code app up with."""
    return await _enrolment_page(request, None)


async def enrol(request: web.Request) -> web.StreamResponse:
    """Take a code app into use, and show the recovery codes this once."""
    core = request.config_dict[CORE]
    code = (await read_form(request)).get("code", "")
    try:
        token, codes = await confirm_enrolment(
            core.database, core.keyring, request[LOGIN], code, core.clock()
        )
    except WrongCodeError:
        return await _enrolment_page(request, _WRONG_CODE)
    except AlreadyEnrolledError:
        return see_other(ROOT_PATH)
    response = render_template("recovery.html", request, {"login": None, "codes": codes})
    set_cookie(response, token, request.config_dict[SETTINGS])
    return response


async def show_password(request: web.Request) -> web.StreamResponse:
    """The form to change the password with."""
    return _form_page(request, "password.html", None)


async def change_own_password(request: web.Request) -> web.StreamResponse:
    """Change the password and go on to the queue, under a new session."""
    core = request.config_dict[CORE]
    form = await read_form(request)
    new = form.get("new", "")
    if new != form.get("repeated", ""):
        return _form_page(request, "password.html", _NOT_ALIKE)
    try:
        token = await change_password(
            core.database, core.keyring, request[LOGIN], form.get("current", ""), new, core.clock()
        )
    except WrongPasswordError:
        return _form_page(request, "password.html", _WRONG_PASSWORD)
    except PasswordRuleError as error:
        return _form_page(request, "password.html", str(error))
    return _entered(token, request.config_dict[SETTINGS])


def see_other(path: str) -> web.Response:
    """Answer a form with another page, so that a reload sends nothing again."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path})


async def _count_attempt(request: web.Request) -> None:
    """Raises ``HTTPTooManyRequests`` when the address has tried to log in too often."""
    limits = request.config_dict[LIMITS]
    seconds = await limits.wait(limits.logins, address=network_of(request))
    if seconds is not None:
        raise web.HTTPTooManyRequests(headers={"Retry-After": str(seconds)})


def _entered(token: str, settings: Settings) -> web.StreamResponse:
    response = see_other(ROOT_PATH)
    set_cookie(response, token, settings)
    return response


def _login_page(
    request: web.Request, *, name: str = "", fault: str | None = None, ended: bool = False
) -> web.Response:
    sign_in = SignIn.configured(request.config_dict[SETTINGS]) is not None
    context = {"name": name, "fault": fault, "ended": ended, "sign_in": sign_in}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
    return render_template("login.html", request, context, status=status)


async def _enrolment_page(request: web.Request, fault: str | None) -> web.StreamResponse:
    core = request.config_dict[CORE]
    try:
        enrolment = await begin_enrolment(core.database, core.keyring, request[LOGIN])
    except AlreadyEnrolledError:
        raise web.HTTPSeeOther(ROOT_PATH) from None
    picture = Markup(enrolment.picture)  # noqa: S704 - drawn by segno, of our own address
    return _form_page(request, "enrolment.html", fault, picture=picture, secret=enrolment.secret)


def _form_page(
    request: web.Request, template: str, fault: str | None, **context: object
) -> web.StreamResponse:
    shown = {
        "login": request[LOGIN],
        "fault": fault,
        "min_characters": MIN_CHARACTERS,
        **context,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
    return render_template(template, request, shown, status=status)
