"""Headers of every response: nothing is run, framed, kept or told that is not ours.

A page says what it needs; everything else gets nothing at all. The console sets its own, narrower
ones (``services/console/headers.py``).
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from services.conversations.appkeys import SETTINGS
from services.edges.origins import add_cors_headers
from services.settings import Settings

_NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_FOR_PAGES: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
)
_A_YEAR: Final = 365 * 24 * 3600  # seconds

# Referrer-Policy: the next page must not learn where its visitor came from.
_ALWAYS: Final = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def setup_headers(app: web.Application) -> None:
    """Let every response of the application, errors too, get the headers it has not set itself."""
    settings = app[SETTINGS]
    always = {**_ALWAYS, **_only_by_tls(settings)}
    for_pages = page_policy(settings)

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        headers["Server"] = "Oroslotsen"  # and not which versions run beneath
        for name, value in always.items():
            headers.setdefault(name, value)
        is_page = response.content_type == "text/html"
        headers.setdefault("Content-Security-Policy", for_pages if is_page else _NOTHING)
        add_cors_headers(request, response)

    app.on_response_prepare.append(add)


def page_policy(settings: Settings) -> str:
    """The policy of callers' pages: only those in ``EMBED_ORIGINS`` may show them in a frame."""
    ancestors = " ".join(("frame-ancestors 'self'", *settings.embed_origins))
    return "; ".join((*_FOR_PAGES, ancestors))


def _only_by_tls(settings: Settings) -> dict[str, str]:
    if not settings.is_https:
        return {}
    return {"Strict-Transport-Security": f"max-age={_A_YEAR}"}
