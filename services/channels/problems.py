"""Errors at the edge as problem+json (RFC 9457), in the caller's language, without inner detail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from services.channels.templating import TEMPLATES
from services.edges.traces import route_of

_log = structlog.get_logger(__name__)

_TITLES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("Vi kunde inte läsa det som skickades", "Försök igen, eller ladda om sidan."),
    401: ("Samtalet gick inte att öppna", "Ladda om sidan för att börja ett nytt samtal."),
    403: ("Du får inte göra det här", "Logga in igen och försök på nytt."),
    404: ("Sidan finns inte", "Kontrollera adressen."),
    405: ("Så kan adressen inte användas", "Kontrollera adressen."),
    408: ("Det tog för lång tid", "Försök igen."),
    413: ("Meddelandet är för långt", "Dela upp det i flera kortare meddelanden."),
    415: ("Vi kunde inte läsa det som skickades", "Skicka JSON i UTF-8."),
    429: ("Det blev för många på kort tid", "Vänta en stund och försök igen."),
    500: ("Något gick fel hos oss", "Försök igen om en stund."),
    503: ("Vi kan inte ta emot meddelandet just nu", "Försök igen om en stund."),
}


def problem(
    status: int,
    *,
    title: str | None = None,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> web.Response:
    """A problem+json response.

    Args:
        status: HTTP status.
        title: What happened, in Swedish; a plain one for the status when left out.
        detail: What to do.
        headers: Further headers.
        more: Extension members.
    """
    plain_title, plain_detail = _TITLES.get(status, _TITLES[500])
    body = {
        "type": "about:blank",
        "status": status,
        "title": title or plain_title,
        "detail": detail or plain_detail,
        **more,
    }
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode(),
        content_type="application/problem+json",
        headers=headers,
    )


def error_page(status: int, *, headers: Mapping[str, str] | None = None) -> web.Response:
    """A page that says what happened, with the ways on."""
    title, detail = _TITLES.get(status, _TITLES[500])
    page = TEMPLATES.get_template("fel.html").render(title=title, detail=detail)
    return web.Response(status=status, text=page, content_type="text/html", headers=headers)


@web.middleware
async def problems_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into problem+json, or into a page outside ``/api/``; tell nobody why.

    The unforeseen is logged.
    """
    answer = problem if request.path.startswith("/api/") else error_page
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return answer(error.status, headers=_kept_headers(error))
    except Exception as error:  # noqa: BLE001 - the edge: whatever happened, the caller gets words
        _log.error("request_failed", route=route_of(request), exc_info=error)
        return answer(500)


def _kept_headers(error: web.HTTPException) -> dict[str, str]:
    return {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
