"""One turn as the service asks for it: parsed strictly, with commands in the text made harmless."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

MAX_BODY_BYTES = 256_000
MAX_TEXT_CHARACTERS = 10_000
MAX_SLOT_CHARACTERS = 200

SERVICE_SLOTS = frozenset({"kanal", "bradska", "berattar", "relation", "alder", "kommun"})
"""What the service may tell. The form's own slots are filled by the caller's answers only."""

_FIELDS = frozenset({"message_id", "text", "intent", "urgency", "slots", "state"})
_URGENCIES = frozenset({"akut", "hog", "oro", "info", "utanfor"})
_COMMAND_PREFIX = "/"
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


class BadTurnError(ValueError):
    """The request does not follow the protocol. The message names the field, never its content."""


@dataclass(frozen=True)
class TurnRequest:
    """What the service sends; see ``services/dialogue/protocol.py``."""

    message_id: UUID
    text: str
    intent: str | None
    urgency: str | None
    slots: dict[str, str]
    state: dict[str, Any] | None


def parse_turn(body: bytes) -> TurnRequest:
    """Read a request's body.

    Raises:
        BadTurnError: it does not follow the protocol.
    """
    if len(body) > MAX_BODY_BYTES:
        raise BadTurnError("body too large")
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        # "from None": the decoder's own error quotes the text.
        raise BadTurnError("body is not JSON") from None
    if not isinstance(fields, dict) or not fields.keys() <= _FIELDS:
        raise BadTurnError("body is not a turn")
    return TurnRequest(
        message_id=_message_id(fields.get("message_id")),
        text=harmless(_text(fields.get("text"))),
        intent=_intent(fields.get("intent")),
        urgency=_urgency(fields.get("urgency")),
        slots=_slots(fields.get("slots")),
        state=_state(fields.get("state")),
    )


def harmless(text: str) -> str:
    """The text without the leading slashes that Rasa would read as a command.

    Rasa strips the text before it looks for ``/``, so every kind of space is looked past, and so
    are characters that don't show.
    """
    rest = text.strip().strip(_INVISIBLE)
    while rest.startswith(_COMMAND_PREFIX):
        rest = rest.lstrip(_COMMAND_PREFIX).strip().strip(_INVISIBLE)
    return rest or "-"


def _message_id(value: object) -> UUID:
    if not isinstance(value, str):
        raise BadTurnError("message_id is not a UUID")
    try:
        return UUID(value)
    except ValueError:
        raise BadTurnError("message_id is not a UUID") from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadTurnError("text is missing")
    if len(value) > MAX_TEXT_CHARACTERS:
        raise BadTurnError("text is too long")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadTurnError("text is not Unicode") from None
    return value


def _intent(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise BadTurnError("intent is not a string")
    return value


def _urgency(value: object) -> str | None:
    if value is None or (isinstance(value, str) and value in _URGENCIES):
        return value
    raise BadTurnError("urgency is not one of the five")


def _slots(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not value.keys() <= SERVICE_SLOTS:
        raise BadTurnError("slots hold something else than the service may tell")
    filled = {name: content for name, content in value.items() if content is not None}
    for content in filled.values():
        if not isinstance(content, str) or not 0 < len(content) <= MAX_SLOT_CHARACTERS:
            raise BadTurnError("a slot is not a short string")
    return filled


def _state(value: object) -> dict[str, Any] | None:
    if value is not None and not isinstance(value, dict):
        raise BadTurnError("state is not an object")
    return value
