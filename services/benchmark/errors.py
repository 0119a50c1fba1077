"""What can go wrong in a measurement."""

from __future__ import annotations


class BenchmarkError(Exception):
    """A part could not be measured; the message says why."""
