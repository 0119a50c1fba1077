"""How slowly a client may go: one that keeps us waiting is let go of.

A request's head must be there within ``HEAD_SECONDS`` of the connection's beginning or of the last
response, its body within ``BODY_SECONDS``, and a client that does not read its stream for
``WRITE_SECONDS`` has left.
"""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web_exceptions import HTTPRequestTimeout

MAX_BODY_BYTES: Final = 64 * 1024
MAX_LINE_BYTES: Final = 8 * 1024
MAX_HEADERS: Final = 64
HEAD_SECONDS: Final = 100.0
"""Longer than a reverse proxy keeps an idle connection open (nginx 60, Traefik 90 seconds), so that
it never sends a request on one that we are closing."""
BODY_SECONDS: Final = 15.0
WRITE_SECONDS: Final = 30.0
_LINGER_SECONDS: Final = 2.0
"""How long what is left of a refused body is still read, so that its sender sees the answer."""


@web.middleware
async def patience_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Read the body, in time, before anything is done with the request.

    Raises:
        HTTPRequestTimeout: it did not come in time.
        HTTPRequestEntityTooLarge: it is larger than ``MAX_BODY_BYTES``.
        HTTPBadRequest: it broke off, or is not what its head says.
    """
    if request.can_read_body:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                await request.read()
        except TimeoutError:
            raise HTTPRequestTimeout from None
        except (web.RequestPayloadError, ConnectionResetError):  # it broke off, or nobody listens
            raise web.HTTPBadRequest from None
    return await handler(request)


async def write_in_time(stream: web.StreamResponse, data: bytes) -> None:
    """Write to a stream.

    Raises:
        ConnectionResetError: the client is gone, or does not read.
    """
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            await stream.write(data)
    except TimeoutError:
        raise ConnectionResetError("the client does not read") from None


def make_runner(
    app: web.Application, *, shutdown_timeout: float, head_seconds: float = HEAD_SECONDS
) -> web.AppRunner:
    """What serves the application to the outside.

    Args:
        app: The application.
        shutdown_timeout: Seconds that a request under way may take when the service stops.
        head_seconds: Seconds that a connection may be without a whole request.
    """
    return web.AppRunner(
        app,
        access_log=None,  # it would hold addresses
        shutdown_timeout=shutdown_timeout,
        keepalive_timeout=head_seconds,
        lingering_time=_LINGER_SECONDS,
        max_line_size=MAX_LINE_BYTES,
        max_field_size=MAX_LINE_BYTES,
        max_headers=MAX_HEADERS,
        auto_decompress=False,  # no client of ours packs its body
    )
