"""The line of conversations that wait for a worker: the most urgent first, then the first come."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Container
from uuid import UUID


class Line:
    """Each conversation stands in it once, by its most urgent message."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, UUID]] = []
        self._ranks: dict[UUID, int] = {}
        self._arrivals = itertools.count()

    def __len__(self) -> int:
        return len(self._ranks)

    def add(self, conversation_id: UUID, rank: int) -> None:
        """Let a conversation stand in line, or move forward in it.

        Args:
            conversation_id: Which.
            rank: How urgent; see ``Urgency.rank``.
        """
        known = self._ranks.get(conversation_id)
        if known is None or rank > known:
            self._ranks[conversation_id] = rank
            heapq.heappush(self._heap, (-rank, next(self._arrivals), conversation_id))

    def take(self, *, besides: Container[UUID]) -> UUID | None:
        """Take out what stands first and is not among ``besides``; these keep their places."""
        passed = []
        found = None
        while self._heap and found is None:
            entry = heapq.heappop(self._heap)
            rank, _, conversation_id = entry
            if self._ranks.get(conversation_id) != -rank:
                continue  # it has moved forward since, or been taken
            if conversation_id in besides:
                passed.append(entry)
            else:
                found = conversation_id
                del self._ranks[conversation_id]
        for entry in passed:
            heapq.heappush(self._heap, entry)
        return found
