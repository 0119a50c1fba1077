"""Which other sites' pages may call the chat's API (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).

Those in ``EMBED_ORIGINS``, by their exact origin, and no other: a browser that says that a request
comes from elsewhere is refused, before anything is done.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from services.conversations.appkeys import SETTINGS

_API: Final = "/api/chat/"
_OUR_OWN: Final = frozenset({"same-origin", "none"})
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
    "Access-Control-Max-Age": "600",
}
_TOLD: Final = "Date, Retry-After"


@web.middleware
async def origins_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a browser that asks what is allowed; refuse what comes from a stranger's page.

    Raises:
        HTTPForbidden: the page that sends the request is not ours, nor one that may embed us.
    """
    if not request.path.startswith(_API):
        return await handler(request)
    allowed = _is_allowed(request)
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        if not allowed:
            raise web.HTTPForbidden
        return web.Response(status=204, headers=_PREFLIGHT)
    # Only browsers say it, and their pages can't write it themselves (W3C Fetch Metadata).
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in _OUR_OWN and not allowed:
        raise web.HTTPForbidden
    return await handler(request)


def add_cors_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Let a page that may embed us read the response; without cookies, which there are none of."""
    if not request.path.startswith(_API):
        return
    response.headers["Vary"] = "Origin"
    if _is_allowed(request):
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Expose-Headers"] = _TOLD


def _is_allowed(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    return origin is not None and origin in request.config_dict[SETTINGS].embed_origins
