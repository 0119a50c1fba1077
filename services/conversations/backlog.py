"""The backlog: how many messages wait for their outcome, and how many may.

Bounded, so that a caller is told at once when the answer would be long in coming.
"""

from __future__ import annotations

DEFAULT_LIMIT = 200
"""Rasa answers some hundred messages a second: a caller waits a few seconds at most."""


class Backlog:
    """The count in all processes: from the database now and then, our own changes in between."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self.waiting = 0

    @property
    def is_full(self) -> bool:
        """Whether no more is taken that can wait."""
        return self.waiting >= self._limit

    def add(self) -> None:
        """One more message waits."""
        self.waiting += 1

    def settle(self) -> None:
        """A message got its outcome."""
        self.waiting = max(0, self.waiting - 1)

    def recount(self, waiting: int) -> None:
        """The database says how many wait."""
        self.waiting = waiting
