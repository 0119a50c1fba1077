"""What the callers and coordinators themselves keep of a run: the one side of the comparison."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.vocabulary import Channel


class End(StrEnum):
    """How an attempt to send a message ended."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    """The service answered that it can't take the message now."""
    CUT = "cut"
    """No connection, or it broke: what a dead process leaves."""
    SILENT = "silent"
    """A connection, and no answer in time."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to send a message; times in seconds of the machine's monotonic clock."""

    began: float
    ended: float
    end: End
    answered: bool = False
    """Whether it brought a reply at once, as an acute message gets one."""


@dataclass(slots=True)
class Sent:
    """A message that a caller sent, under the caller's own id."""

    client_id: str
    acute: bool
    attempts: list[Attempt] = field(default_factory=list)
    position: int | None = None
    """Where the acknowledgement says that it stands; a text message is told of no position."""
    replied_at: float | None = None

    @property
    def acknowledged(self) -> bool:
        """Whether the service said that it has the message."""
        return any(attempt.end is End.ACKNOWLEDGED for attempt in self.attempts)


@dataclass(frozen=True, slots=True)
class Heard:
    """An event that a caller's stream brought.

    ``connection`` counts the caller's connections, ``after`` is its ``Last-Event-ID``.
    """

    connection: int
    after: int
    position: int
    author: str
    words: str
    """A mark of what was said, the same for the same words."""
    at: float


@dataclass(slots=True)
class CallerRecord:
    """Everything that one caller did and met in one conversation."""

    channel: Channel
    conversation: UUID | None = None
    number: str = ""
    sent: list[Sent] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    left_at: float = math.inf
    """When the page was closed; what came later was seen when it was opened once more."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a coordinator wrote and the console took, under the coordinator's own id."""

    ticket: UUID
    client_id: str


@dataclass(slots=True)
class CoordinatorRecord:
    """What a coordinator did and the console confirmed."""

    claimed: list[UUID] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)


def mark_of(said: Mapping[str, Any] | str) -> str:
    """A mark of words or of a reply's JSON, so that nobody keeps the words."""
    plain = said if isinstance(said, str) else json.dumps(said, sort_keys=True)
    return hashlib.blake2b(plain.encode(), digest_size=12).hexdigest()
