"""The rules of sending text messages: what leaves next, when to try again or give up. Pure.

An acute reply is sent at least once: when nobody can say whether it left, it is sent again. All
else is sent at most once: when nobody can say, it waits, and at last a coordinator is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from services.answers.reply import Reply
from services.store.tables import OutboundState
from services.vocabulary import Author, Variant

LEASE: Final = timedelta(seconds=30)
"""How long a sender has a message to itself; longer than any request to the carrier."""

STOPPED: Final = "stopped"
"""Why a message did not leave: the caller asked for no more."""
LOST_SIGHT: Final = "uncertain"
"""Why a message is given up: nobody could say whether it left."""
NO_NUMBER: Final = "no_number"
"""Why a message did not leave: there is no number to send to."""

_DELAYS: Final = tuple(timedelta(seconds=each) for each in (10, 30, 120, 600, 1800, 3600))
_ACUTE_DELAYS: Final = tuple(timedelta(seconds=each) for each in (2, 5, 10, 20, 40, 60))
_LOOK_AFTER: Final = timedelta(seconds=15)
_LOOK_AFTER_ACUTE: Final = timedelta(seconds=5)
"""The carrier's list of messages is some seconds behind."""
_GIVE_UP_AFTER: Final = timedelta(hours=24)
_GIVE_UP_ACUTE_AFTER: Final = timedelta(hours=1)
_UNREACHABLE_DELAYS: Final = tuple(timedelta(minutes=each) for each in (5, 15, 60, 180))
"""A phone that is switched off: its carrier has tried for a while already."""
_UNREACHABLE_ACUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that has not left, or may not have."""

    id: UUID
    position: int
    state: OutboundState
    due_at: datetime
    attempts: int
    acute: bool
    created_at: datetime

    @property
    def uncertain(self) -> bool:
        """A sender took it and was not heard of again, or got no clear answer."""
        return self.state is OutboundState.SENDING

    def expired(self, now: datetime) -> bool:
        """Whether it is too late to be of use."""
        limit = _GIVE_UP_ACUTE_AFTER if self.acute else _GIVE_UP_AFTER
        return now - self.created_at > limit


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way out. ``id`` is our row's, for the carrier to say it back."""

    id: UUID
    to: str
    author: Author
    variant: Variant
    acute: bool
    reply: Reply
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """The carrier has it, under this id."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier surely does not have it. ``again``: another try may go better."""

    code: str
    again: bool


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows whether the carrier has it."""

    code: str


type Attempt = Sent | Refused | Unclear


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a message stands after an attempt. No ``due_at``: nothing more to do."""

    state: OutboundState
    due_at: datetime | None
    failure: str | None = None
    provider_id: str | None = None


class Carrier(Protocol):
    """Who carries text messages."""

    async def send(self, letter: Letter) -> Attempt:
        """Hand over a message; never raises for what the network or the carrier does."""

    async def find(self, letter: Letter) -> tuple[str, ...] | None:
        """The carrier's ids of messages that look like this one, if it got through before.

        Returns:
            Nothing when the carrier could not be asked.
        """


def next_to_send(pending: Sequence[Pending], now: datetime) -> Pending | None:
    """What of one conversation leaves now, if anything.

    Messages leave in order, but an acute one waits for no other. One that is kept back for the
    morning leaves with the first that comes after it: the phone rings anyway.

    Args:
        pending: In order of position.
        now: Aware.
    """
    acute = next((one for one in pending if one.acute and one.due_at <= now), None)
    if acute is not None:
        return acute
    others = [one for one in pending if not one.acute]
    if not others or all(one.due_at > now for one in others):
        return None
    first = others[0]
    tried = first.attempts > 0 or first.uncertain
    return None if tried and first.due_at > now else first


def after_attempt(attempt: Attempt, pending: Pending, now: datetime) -> Standing:
    """Where a message stands after an attempt to send it."""
    match attempt:
        case Sent(provider_id=provider_id):
            return Standing(OutboundState.SENT, None, provider_id=provider_id)
        case Refused(code=code, again=True) if not pending.expired(now):
            return Standing(OutboundState.READY, now + _delay(pending), failure=code)
        case Refused(code=code):
            return Standing(OutboundState.FAILED, None, failure=code)
        case Unclear() if pending.expired(now):
            return Standing(OutboundState.FAILED, None, failure=LOST_SIGHT)
        case Unclear(code=code):
            first = _LOOK_AFTER_ACUTE if pending.acute else _LOOK_AFTER
            return Standing(OutboundState.SENDING, now + max(first, _delay(pending)), failure=code)


def after_failed_delivery(
    code: str, *, temporary: bool, pending: Pending, now: datetime
) -> Standing:
    """Where a message stands when the carrier had it and could not deliver it.

    Args:
        code: The carrier's.
        temporary: The phone may be reached later.
        pending: The message as it stood before.
        now: Aware.
    """
    if not temporary or pending.expired(now) or pending.attempts > len(_UNREACHABLE_DELAYS):
        return Standing(OutboundState.FAILED, None, failure=code)
    later = _UNREACHABLE_DELAYS[max(0, pending.attempts - 1)]
    delay = _UNREACHABLE_ACUTE if pending.acute else later
    return Standing(OutboundState.READY, now + delay, failure=code)


def _delay(pending: Pending) -> timedelta:
    delays = _ACUTE_DELAYS if pending.acute else _DELAYS
    return delays[min(pending.attempts, len(delays) - 1)]
