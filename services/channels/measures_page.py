"""The measures for Prometheus, on a port of their own that outsiders do not reach.

A port of its own, because behind a reverse proxy every request to the public port comes from the
same address, and a token for scraping would be one more secret to lose. It listens on loopback;
in a cluster ``METRICS_HOST`` opens it to the pod's address, and the network policy to Prometheus
alone. A port that is taken is told and else ignored: nobody's help waits for a measure.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import structlog
from aiohttp import web

from services.channels.health import read_standing
from services.conversations.core import Core
from services.conversations.worker import TurnWorker
from services.observability.measures import CONTENT_TYPE, page

_log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def serving_measures(
    core: Core, worker: TurnWorker, host: str, port: int
) -> AsyncIterator[None]:
    """Serve ``/metrics`` while the context is open; with port 0 not at all.

    Args:
        core: The parts.
        worker: Whose turns are measured.
        host: Address to listen on.
        port: Port to listen on.
    """
    if port == 0:
        yield
        return
    runner = web.AppRunner(build_measures(core, worker), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        _log.error("measures_not_served", port=port, cause=type(error).__name__)
    try:
        yield
    finally:
        await runner.cleanup()


def build_measures(core: Core, worker: TurnWorker) -> web.Application:
    """An application with nothing but ``/metrics``."""

    async def give(_request: web.Request) -> web.Response:
        standing = await read_standing(core, worker)
        return web.Response(body=page(standing), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.router.add_get("/metrics", give)
    return app
