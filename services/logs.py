"""Structured logs without content: events and ids, never a caller's words, address or secret."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import traceback
from pathlib import Path
from typing import Final

import structlog
from structlog.typing import EventDict, WrappedLogger

_FRAMES: Final = 8
_TRACES: Final = (
    (re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"), "[address]"),
    (
        re.compile(
            r"(?<![\w:])(?:(?:[\da-f]{1,4}:){7}[\da-f]{1,4}|[\da-f:]*::[\da-f:.]*)", re.IGNORECASE
        ),
        "[address]",
    ),
    (re.compile(r"\+\d{7,15}(?!\d)"), "[number]"),
    (re.compile(r"[\w-]{43,}", re.ASCII), "[secret]"),  # as long as our shortest, of 256 bits
)
"""What leads to a caller or opens something, as a library may write it of its own accord."""


class _Lines(structlog.PrintLogger):
    """Writes lines, or loses them: a disk that is full of logs costs no caller the reply.

    The standard library's handlers do the same by themselves.
    """

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def configure_logs(level: str) -> None:
    """Send structlog and the standard library's loggers to standard error as one line an event.

    Args:
        level: Lowest level to write, such as ``"INFO"``.
    """
    logging.basicConfig(level=level, format="%(levelname)s %(name)s %(message)s", force=True)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_without_traces)
    for quiet in ("aiosqlite", "sqlalchemy.engine", "aiohttp.access", "asyncio", "alembic"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    lines = _Lines(sys.stderr)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _say_where,
            _mask_values,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )


def where(error: BaseException) -> str:
    """The kind of an exception and the lines it passed, without its message."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    lines = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {lines}" if lines else type(error).__name__


def _say_where(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    if isinstance(error, BaseException):
        event["where"] = where(error)
    return event


def mask_traces(text: str) -> str:
    """The text without addresses, phone numbers and long secrets."""
    for pattern, instead in _TRACES:
        text = pattern.sub(instead, text)
    return text


def _mask_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = mask_traces(value)
    return event


def _without_traces(record: logging.LogRecord) -> bool:
    """Replace a library's traceback by where it happened: its message may quote a caller."""
    told = mask_traces(record.getMessage())
    if record.exc_info and record.exc_info[1] is not None:
        told = f"{told} [{where(record.exc_info[1])}]"
    record.msg, record.args, record.exc_info, record.exc_text = told, None, None, None
    return True
