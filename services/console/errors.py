"""Errors at the console's edge: a Swedish page for a person, problem+json (RFC 9457) for script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

import aiohttp_jinja2
import orjson
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from services.console.access import (
    LOGIN,
    ForgedRequestError,
    NoRuleError,
    NoSessionError,
    PasswordNotChangedError,
    RoleRefusedError,
    SecondFactorMissingError,
)
from services.console.paths import API_PATH, CODE_PATH, ENROL_PATH, LOGIN_PATH, PASSWORD_PATH
from services.conversations.errors import (
    ConversationError,
    ConversationHeldError,
    EmptyMessageError,
    MessageTooLongError,
    NotOwnerError,
    UnknownConversationError,
)
from services.tickets.errors import (
    FieldError,
    NoColleagueError,
    NotTicketOwnerError,
    TicketClosedError,
    TicketError,
    TicketTakenError,
    UnknownTicketError,
)

_KEPT_HEADERS: Final = frozenset({"Allow", "Retry-After"})
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happened and what to do, in Swedish."""

    status: HTTPStatus
    title: str
    detail: str


_UNFORESEEN: Final = Fault(
    HTTPStatus.INTERNAL_SERVER_ERROR, "Något gick fel hos oss", "Försök igen om en stund."
)
_NOT_FOUND: Final = Fault(
    HTTPStatus.NOT_FOUND, "Sidan finns inte", "Kontrollera adressen, eller gå till kön."
)
_TOO_LONG: Final = Fault(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "Texten är för lång",
    "Dela upp den i flera kortare meddelanden.",
)
_NOT_YOURS: Final = Fault(
    HTTPStatus.CONFLICT,
    "Du har inte det här samtalet",
    "Ta över samtalet först. Inget har ändrats eller skickats.",
)
_FORBIDDEN: Final = Fault(
    HTTPStatus.FORBIDDEN,
    "Du får inte göra det här",
    "Ladda om sidan och försök igen. Inget har ändrats.",
)
_BY_STATUS: Final[Mapping[int, Fault]] = {
    fault.status: fault
    for fault in (
        Fault(
            HTTPStatus.BAD_REQUEST,
            "Vi kunde inte läsa det som skickades",
            "Gå tillbaka och försök igen.",
        ),
        _NOT_FOUND,
        Fault(
            HTTPStatus.TOO_MANY_REQUESTS,
            "Det blev för många försök på kort tid",
            "Vänta en minut och försök igen.",
        ),
        Fault(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "Så kan sidan inte användas",
            "Gå till kön och börja där.",
        ),
        _TOO_LONG,
    )
}
_BY_ERROR: Final[Mapping[type[Exception], Fault]] = {
    ForgedRequestError: _FORBIDDEN,
    NoRuleError: _FORBIDDEN,
    RoleRefusedError: Fault(
        HTTPStatus.FORBIDDEN,
        "Din roll har inte tillgång hit",
        "Den som ansvarar för tjänsten kan ge dig en annan roll. Inget har ändrats.",
    ),
    UnknownTicketError: _NOT_FOUND,
    UnknownConversationError: _NOT_FOUND,
    NotTicketOwnerError: _NOT_YOURS,
    NotOwnerError: _NOT_YOURS,
    FieldError: Fault(
        HTTPStatus.UNPROCESSABLE_ENTITY, "Fältet kan inte ha det värdet", "Inget har ändrats."
    ),
    NoColleagueError: Fault(
        HTTPStatus.CONFLICT, "Kollegan kan inte ta emot samtalet", "Du har det fortfarande."
    ),
    ConversationHeldError: Fault(
        HTTPStatus.CONFLICT,
        "Samtalet är undantaget från gallring",
        "Den som driver tjänsten kan ta bort undantaget. Inget har raderats.",
    ),
    TicketClosedError: Fault(
        HTTPStatus.CONFLICT, "Ärendet är avslutat", "Det går inte att ta över."
    ),
    EmptyMessageError: Fault(
        HTTPStatus.UNPROCESSABLE_ENTITY, "Meddelandet är tomt", "Skriv något och försök igen."
    ),
    MessageTooLongError: _TOO_LONG,
}


@web.middleware
async def errors_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into words; log the unforeseen, and tell nobody why."""
    try:
        return await handler(request)
    except NoSessionError:
        return _refused(request, HTTPStatus.UNAUTHORIZED, LOGIN_PATH)
    except PasswordNotChangedError:
        return _refused(request, HTTPStatus.FORBIDDEN, PASSWORD_PATH)
    except SecondFactorMissingError as error:
        page = CODE_PATH if error.enrolled else ENROL_PATH
        return _refused(request, HTTPStatus.FORBIDDEN, page)
    except (
        ForgedRequestError,
        NoRuleError,
        RoleRefusedError,
        TicketError,
        ConversationError,
    ) as error:
        return _answer(request, describe(error))
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        fault = _BY_STATUS.get(error.status, replace(_UNFORESEEN, status=HTTPStatus(error.status)))
        response = _answer(request, fault)
        for name in _KEPT_HEADERS & error.headers.keys():
            response.headers[name] = error.headers[name]
        return response
    except Exception as error:  # noqa: BLE001 - the edge: whatever happened, a person gets words
        _log.error("console_failed", cause=type(error).__name__, exc_info=True)
        return _answer(request, _UNFORESEEN)


def describe(error: Exception) -> Fault:
    """An error of ours in words."""
    if isinstance(error, TicketTakenError):
        return Fault(
            HTTPStatus.CONFLICT,
            f"{error.taken_by or 'En kollega'} har tagit ärendet",
            "Du kan läsa samtalet, men inte skriva i det.",
        )
    return _BY_ERROR.get(type(error), _UNFORESEEN)


def _refused(request: web.Request, status: HTTPStatus, instead: str) -> web.StreamResponse:
    """Script hears the status; a person is shown where to go."""
    if request.path.startswith(API_PATH):
        detail = "Logga in och försök igen. Inget har ändrats eller skickats."
        return _problem(Fault(status, "Du är inte inloggad", detail))
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": instead})


def _answer(request: web.Request, fault: Fault) -> web.StreamResponse:
    if request.path.startswith(API_PATH):
        return _problem(fault)
    return aiohttp_jinja2.render_template(
        "fault.html",
        request,
        {"fault": fault, "login": request.get(LOGIN)},
        status=fault.status,
    )


def _problem(fault: Fault) -> web.Response:
    body = {
        "type": "about:blank",
        "status": fault.status.value,
        "title": fault.title,
        "detail": fault.detail,
    }
    return web.Response(
        status=fault.status, body=orjson.dumps(body), content_type="application/problem+json"
    )
