"""What callers met: how long each message took, and what follows from it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from services.benchmark.errors import BenchmarkError


class Load(BaseModel):
    """The messages of one load.

    Attributes:
        seconds: From sending each message to seeing its reply.
        at_once: For each, whether the reply came with the acknowledgement, as an acute one does.
        lasted: From the first message to the last reply, in seconds.
        faults: How often there was no reply, by what came instead: an HTTP status or an error's
            name. In percentiles these messages are slower than all others.
        client_share: Share of one core that the client used.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: tuple[float, ...]
    at_once: tuple[bool, ...]
    lasted: float
    faults: dict[str, int] = {}
    client_share: float = 0.0

    @classmethod
    def joined(cls, loads: Sequence[Self]) -> Self:
        """Several loads, one after the other, as one."""
        lasted = sum(load.lasted for load in loads)
        busy = sum(load.client_share * load.lasted for load in loads)
        return cls(
            seconds=tuple(chain.from_iterable(load.seconds for load in loads)),
            at_once=tuple(chain.from_iterable(load.at_once for load in loads)),
            lasted=lasted,
            faults=dict(sum((Counter(load.faults) for load in loads), Counter())),
            client_share=busy / lasted if lasted else 0.0,
        )

    @property
    def failed(self) -> int:
        """Messages without a reply."""
        return sum(self.faults.values())

    @property
    def answered_at_once(self) -> Load:
        """Only the messages that were answered with the acknowledgement, and those that failed."""
        kept = tuple(s for s, is_so in zip(self.seconds, self.at_once, strict=True) if is_so)
        return self.model_copy(update={"seconds": kept, "at_once": (True,) * len(kept)})

    @property
    def a_second(self) -> float:
        """Answered messages a second."""
        return len(self.seconds) / self.lasted

    def milliseconds(self, percentile: float) -> float:
        """A percentile of the time to the reply: a value that was met, never one between two.

        Args:
            percentile: 0 to 100.

        Raises:
            BenchmarkError: there are no messages.
        """
        return percentile_of(self.seconds + (math.inf,) * self.failed, percentile) * 1000


def percentile_of(values: Sequence[float], percentile: float) -> float:
    """A percentile: the smallest value that so many are not above. Raises ``BenchmarkError``."""
    if not values:
        raise BenchmarkError("Inget meddelande besvarades.")
    return float(np.percentile(values, percentile, method="inverted_cdf"))
