"""Work in the background: begun with the service and ended with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final

import structlog

PATIENCE: Final = 10.0
"""Seconds until work that was called off is called off again; turns in work may take most of it."""

_log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do ``work`` beside until the end of the block, then call it off and wait for it.

    A cancellation can get lost: a driver that is cut off in the middle of a statement may raise a
    fault in its place (seen with PostgreSQL under load), and work that tries again after a fault
    would go on for ever. So it is called off until it ends.

    Raises:
        Exception: what the work ended with, if it failed.
    """
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        while not (await asyncio.wait({task}, timeout=PATIENCE))[0]:
            _log.warning("called_off_again")
            task.cancel()
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
