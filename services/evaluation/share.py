"""A share of messages, with the interval that its number of messages allows."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

_Z: Final = 1.959964
"""The standard normal distribution's 97.5th percentile: a two-sided interval of 95 %."""


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``n`` messages; ``n`` is at least 1 for the ratio and the interval."""

    hits: int
    n: int

    @property
    def ratio(self) -> float:
        """The share, from 0 to 1."""
        return self.hits / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % score interval (Wilson 1927), sound also near 0 and 1 and for few messages."""
        spread = _Z * sqrt(self.ratio * (1 - self.ratio) / self.n + _Z**2 / (4 * self.n**2))
        centre = self.ratio + _Z**2 / (2 * self.n)
        scale = 1 + _Z**2 / self.n
        return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
