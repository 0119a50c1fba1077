"""What ``start`` must know of what was prepared; it crosses from one process to the other."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Prepared(BaseModel):
    """Everything is ready.

    Attributes:
        question: What the test message asks.
        has_accounts: Whether a coordinator can log in.
    """

    model_config = ConfigDict(frozen=True)

    question: str
    has_accounts: bool
