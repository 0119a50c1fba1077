"""A tracker store that stores nothing: a tracker lives in the task that answers one request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Optional

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker


class Turn:
    """One request's tracker: seeded before Rasa sees the message, read after."""

    def __init__(self, seed: Sequence[Event]) -> None:
        self.seed = seed
        self.tracker: Optional[DialogueStateTracker] = None


_turn: ContextVar[Optional[Turn]] = ContextVar("turn", default=None)


@contextmanager
def turn_of(seed: Sequence[Event]) -> Iterator[Turn]:
    """Let Rasa find a tracker with these events, in this task only, until the block ends."""
    turn = Turn(seed)
    token = _turn.set(turn)
    try:
        yield turn
    finally:
        _turn.reset(token)


class TurnTrackerStore(TrackerStore):
    """Gives Rasa the tracker of the request that is being answered. Named in ``endpoints.yml``."""

    def __init__(self, domain: Optional[Domain], host: Any = None, **kwargs: Any) -> None:
        super().__init__(domain, **kwargs)

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """The request's tracker, with the seed's events in it; none outside a request."""
        turn = _turn.get()
        if turn is None:
            return None
        if turn.tracker is None:
            return DialogueStateTracker.from_events(sender_id, list(turn.seed), self.domain.slots)
        return turn.tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Leave the tracker with the request; outside a request it is let go."""
        turn = _turn.get()
        if turn is not None:
            turn.tracker = tracker

    async def keys(self) -> Iterable[str]:
        """No conversations: nothing is kept."""
        return []
