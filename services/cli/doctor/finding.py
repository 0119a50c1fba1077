"""What the doctor finds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from services.settings import ROOT, Settings


class State(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARNING = "varning"
    FAULT = "fel"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        part: What it is of, in a word or two.
        state: How serious.
        says: How it is, in a sentence.
        remedy: What to do: a command or a setting; nothing when all is well.
    """

    part: str
    state: State
    says: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined.

    Attributes:
        settings: The operator's.
        now: The clock's time, aware.
        free_bytes: How much room there is where a folder is.
        outside: Whether other machines may be asked.
        root: Where the program is.
    """

    settings: Settings
    now: datetime
    free_bytes: Callable[[Path], int]
    outside: bool = False
    root: Path = ROOT

    @property
    def has_sources(self) -> bool:
        """Whether all of the project is here; in a container each process has its part only."""
        return (self.root / "bot" / "pyproject.toml").exists()


type Look = Callable[[Patient], AsyncIterator[Finding]]
"""Looks at one part; never raises for what may be wrong there."""


def ok(part: str, says: str) -> Finding:
    """All is well."""
    return Finding(part, State.OK, says)


def warning(part: str, says: str, remedy: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(part, State.WARNING, says, remedy)


def fault(part: str, says: str, remedy: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding(part, State.FAULT, says, remedy)
