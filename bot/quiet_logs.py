"""Rasa's logs without callers' words, whatever level an operator sets.

Rasa writes messages, slots and whole trackers at debug level, some of them at warning level, and
exceptions may quote what they failed on (read in 3.6.21). So debug is off, a structured event keeps
its name only, and an exception its type only.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any

import structlog

_KEPT_KEYS = frozenset({"event", "level"})


def keep_words_out_of_logs() -> None:
    """Make the process's logs safe. Called before the first message can come."""
    logging.disable(logging.DEBUG)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.add_log_level,
            _keep_name_only,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    for handler in logging.getLogger().handlers:
        handler.addFilter(_exception_type_only)


def _keep_name_only(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {name: value for name, value in event.items() if name in _KEPT_KEYS}


def _exception_type_only(record: logging.LogRecord) -> bool:
    if record.exc_info:
        kind = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
        record.msg = f"{record.getMessage()} [{kind.__name__ if kind else 'exception'}]"
        record.args, record.exc_info, record.exc_text = None, None, None
    return True
