"""Structured logs without content: events and ids, never a caller's words."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logs(level: str) -> None:
    """Send structlog and the standard library's loggers to standard error as one line an event.

    Args:
        level: Lowest level to write, such as ``"INFO"``.
    """
    logging.basicConfig(level=level, format="%(levelname)s %(name)s %(message)s", force=True)
    for quiet in ("aiosqlite", "sqlalchemy.engine", "aiohttp.access", "asyncio"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
