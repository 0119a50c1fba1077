"""What a trial writes down, in whichever process and environment it ran."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def write(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(self.model_dump_json(), encoding="utf-8")


class Unseen(_Written):
    """What is right and what was guessed for training messages while they were held out."""

    expected: tuple[str, ...]
    guesses: tuple[str, ...]


class Guesses(_Written):
    """A contender's guesses for the messages asked about, in their order.

    ``training_seconds`` are the processor's, on all its cores together.
    """

    guesses: tuple[str, ...]
    training_seconds: float | None = None
    unseen: Unseen | None = None


class Weight(_Written):
    """What a contender costs in a process of its own.

    Attributes:
        milliseconds: The median time for a message.
        megabytes: The most memory that the process had.
    """

    milliseconds: float
    megabytes: float


def read_guesses(folder: Path, contender: str) -> Guesses:
    """A contender's guesses for a sample. Raises ``OSError`` if it was not measured there."""
    return Guesses.model_validate_json((folder / f"{contender}.json").read_bytes())


def find_guesses(folder: Path, contender: str) -> Guesses | None:
    """A contender's guesses for a sample; None when it was not measured there."""
    return read_guesses(folder, contender) if (folder / f"{contender}.json").exists() else None


def find_weight(folder: Path, contender: str) -> Weight | None:
    """A contender's cost; None when it was not weighed."""
    path = folder / f"{contender}.weight.json"
    return Weight.model_validate_json(path.read_bytes()) if path.exists() else None
