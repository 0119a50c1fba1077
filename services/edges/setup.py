"""Joins the edges to the application."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from services.conversations.appkeys import SETTINGS
from services.edges.addresses import setup_addresses
from services.edges.headers import setup_headers
from services.edges.limits import setup_limits
from services.edges.open_streams import STREAMS, OpenStreams
from services.edges.origins import origins_middleware
from services.edges.patience import patience_middleware

EDGE_MIDDLEWARES: Final = (patience_middleware, origins_middleware)
"""Within the one that turns errors into words, and before every other."""


def setup_edges(app: web.Application) -> None:
    """Join headers, limits and the count of streams to the application; it holds ``SETTINGS``."""
    setup_headers(app)
    setup_addresses(app)
    setup_limits(app)
    app[STREAMS] = OpenStreams(app[SETTINGS].limit_streams)
