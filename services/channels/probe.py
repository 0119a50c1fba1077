"""The test conversation's own two needs: to be marked when it is opened, and removed when it ends.

Everything in between goes the way that callers' messages go. Who has not the processes' shared
secret can neither mark a conversation nor remove one.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from services.channels.problems import problem
from services.conversations.appkeys import CORE, SETTINGS
from services.conversations.core import Core
from services.conversations.memory import Memory
from services.conversations.sealing import conversation_key, state_row
from services.observability.measures import note_probe
from services.observability.probe_mark import PROBE_HEADER, is_probe_mark
from services.store.conversations import get_conversation
from services.store.probes import delete_probes, list_probes

END_PATH: Final = "/api/probe/end"
_LEFT_BEHIND_AFTER: Final = timedelta(minutes=10)
"""A test conversation this old lost its prober, and is removed with the next."""


class AnsweredBy(StrEnum):
    """Who answered the test message."""

    DIALOGUE = "dialogue"
    FALLBACK = "fallback"


class EndOfProbe(BaseModel):
    """Which test conversation is over, and the seconds from sending to seeing the reply."""

    model_config = ConfigDict(extra="forbid")

    conversation: UUID
    seconds: float = Field(ge=0)


def setup_probe(app: web.Application) -> None:
    """Join the route to the application."""
    app.router.add_post(END_PATH, end_probe)


def is_probe(request: web.Request) -> bool:
    """Whether a request carries the mark."""
    given = request.headers.get(PROBE_HEADER)
    if given is None:
        return False
    return is_probe_mark(given, request.config_dict[SETTINGS].rasa_token)


async def end_probe(request: web.Request) -> web.Response:
    """Tell who answered a test conversation, and remove it with all that was said in it."""
    if not is_probe(request):
        return problem(401)
    try:
        told = EndOfProbe.model_validate_json(await request.read())
    except ValidationError:
        return problem(400)
    core = request.app[CORE]
    try:
        answered_by = await _answered_by(core, told.conversation)
        await _remove(core, told.conversation)
    except (SQLAlchemyError, OSError):
        return problem(503)
    if answered_by is None:
        return problem(404)
    by_dialogue = answered_by is AnsweredBy.DIALOGUE
    note_probe(told.seconds, answered_at=core.clock().timestamp() if by_dialogue else None)
    return web.json_response({"answered_by": answered_by})


async def _answered_by(core: Core, conversation_id: UUID) -> AnsweredBy | None:
    async with core.database.read() as session:
        conversation = await get_conversation(session, conversation_id)
    if conversation is None or not conversation.is_probe:
        return None
    sealed = conversation.dialogue_state_sealed
    if sealed is None:
        return AnsweredBy.FALLBACK
    key = conversation_key(core.keyring, conversation)
    memory = Memory.model_validate_json(key.open(sealed, row=state_row(conversation.id)))
    return AnsweredBy.FALLBACK if memory.dialogue is None else AnsweredBy.DIALOGUE


async def _remove(core: Core, conversation_id: UUID) -> None:
    async with core.database.begin() as session:
        old = await list_probes(session, before=core.clock() - _LEFT_BEHIND_AFTER)
        await delete_probes(session, [conversation_id, *old])
