"""A turn as a worker takes it, for tests that have none."""

from __future__ import annotations

from uuid import UUID

from services.conversations.core import Core
from services.conversations.turn import Taken
from services.conversations.turn import take_turn as take_turn_as

WORKER = "test"


async def take_turn(core: Core, conversation_id: UUID) -> bool:
    """Answer the conversation's oldest waiting message; False if there was none."""
    return await take_turn_as(core, conversation_id, worker=WORKER) is not Taken.NOTHING
