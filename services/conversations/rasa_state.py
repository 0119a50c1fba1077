"""Whether Rasa answers, as coordinators see it: looked for every few seconds."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from services.conversations.core import Core
from services.conversations.wakeups import QUEUE

LOOK_PAUSE: Final = 5.0
"""Seconds between two looks."""
LOOK_SECONDS: Final = 5.0
"""How long a look may take."""

_log = structlog.get_logger(__name__)


async def follow_rasa(core: Core) -> None:
    """Keep ``core.rasa_answers`` up to date, until cancelled."""
    while True:
        answers = await _answers(core)
        if answers is not core.rasa_answers:
            core.rasa_answers = answers
            _log.warning("rasa_is_back" if answers else "rasa_is_away")
            core.wakeups.wake(QUEUE)
        await asyncio.sleep(LOOK_PAUSE)


async def _answers(core: Core) -> bool:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await core.dialogue.is_ready()
    except TimeoutError:
        return False
