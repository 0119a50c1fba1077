"""The list of known weaknesses in Rasa's environment, and its page: ``make rasa-weaknesses``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.evaluation.document import replace_section
from services.evaluation.tables import Table
from services.settings import ROOT

LIST: Final = ROOT / "docs" / "rasa-weaknesses.yml"
PAGE: Final = ROOT / "docs" / "rasa-weaknesses.md"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reason(_Part):
    """Why a weakness can't be reached, and the test that keeps it so (``path::name``)."""

    why: Annotated[str, Field(min_length=40)]
    guard: Annotated[str, Field(pattern=r"^tests/.+\.py::test_\w+$")]


class Weakness(_Part):
    """One known weakness."""

    package: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    id: Annotated[str, Field(pattern=r"^(CVE-\d{4}-\d{4,}|PYSEC-\d{4}-\d+|GHSA(-[a-z0-9]{4}){3})$")]
    what: Annotated[str, Field(min_length=10)]
    reason: str


class Weaknesses(_Part):
    """The whole list."""

    reasons: dict[str, Reason]
    weaknesses: tuple[Weakness, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        used = {one.reason for one in self.weaknesses}
        if used != set(self.reasons):
            raise ValueError(f"reasons without use, or not given: {used ^ set(self.reasons)}")
        ids = [(one.package, one.id) for one in self.weaknesses]
        if len(set(ids)) != len(ids):
            raise ValueError("a weakness is listed twice")
        return self

    def lists(self, package: str, ids: set[str]) -> bool:
        """Whether a weakness is listed, under any of its names."""
        return any(one.package == package and one.id in ids for one in self.weaknesses)


def read_list(path: Path = LIST) -> Weaknesses:
    """The list. Raises ``ValidationError`` when it is not in form."""
    return Weaknesses.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def page_of(listed: Weaknesses, page: str) -> str:
    """The page, with the list's tables in it."""
    why = Table(
        "Why they can't be reached",
        ("reason", "why", "kept so by"),
        tuple((name, one.why, f"`{one.guard}`") for name, one in sorted(listed.reasons.items())),
    )
    rows = sorted(listed.weaknesses, key=lambda one: (one.package, one.id))
    which = Table(
        "The weaknesses",
        ("package", "known as", "what it is", "reason"),
        tuple((one.package, one.id, one.what, one.reason) for one in rows),
    )
    return replace_section(page, "weaknesses", (why, which))


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page_of(read_list(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
