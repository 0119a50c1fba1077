"""The goals, and whether what was measured reaches them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached: a limit on the measured value, or on its ratio to another's.

    Attributes:
        what: What is measured.
        reach: The goal in words.
        unit: Of what is measured.
        limit: Of the ratio where there is something to compare with, otherwise of the value.
        at_least: Whether more is better.
        beside: What it is compared with.
    """

    what: str
    reach: str
    unit: str
    limit: float
    at_least: bool = False
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was measured for a goal; ``compared`` is the same of what it is compared with."""

    goal: Goal
    measured: float
    compared: float | None = None

    @property
    def ratio(self) -> float | None:
        """Measured over compared."""
        return None if self.compared is None else self.measured / self.compared

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached; what was not measured reaches nothing."""
        judged = self.measured if self.ratio is None else self.ratio
        return judged >= self.goal.limit if self.goal.at_least else judged <= self.goal.limit


THROUGHPUT: Final = Goal(
    "messages a second, whole service with durable storage, 16 callers at once",
    "at least 4 times stock Rasa", "/s", 4.0, at_least=True, beside="stock Rasa",
)  # fmt: skip
TAIL: Final = Goal(
    "p99 at 16 callers", "at most a sixth of stock Rasa's", "ms", 1 / 6, beside="stock Rasa"
)
ACUTE_BUSY: Final = Goal("acute reply, Rasa busy: p99", "at most 50 ms", "ms", 50.0)
ACUTE_DEAD: Final = Goal("acute reply, Rasa dead: p99", "at most 50 ms", "ms", 50.0)
LENGTH: Final = Goal(
    "message 500 of a conversation against message 5: median", "at most 1.2 times", "ms", 1.2,
    beside="message 5",
)  # fmt: skip
STORED: Final = Goal(
    "100,000 stored conversations against 100: median", "at most 1.2 times", "ms", 1.2,
    beside="100 stored",
)  # fmt: skip
MEMORY: Final = Goal(
    "memory of all processes", "at most 1.2 times stock Rasa alone", "MB", 1.2, beside="stock Rasa"
)
CHATS: Final = Goal(
    "1,000 open web chats on 2 cores, a message each 20 s: p99", "under 1 s", "ms", 1000.0
)
TRAINING: Final = Goal("training on 2 cores", "under 90 s", "s", 90.0)
