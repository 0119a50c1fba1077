"""What of a request may be written in a log."""

from __future__ import annotations

from aiohttp import web


def route_of(request: web.Request) -> str:
    """The route as it is written in the code; the address is a stranger's words."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"
