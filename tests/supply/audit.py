"""Are there known weaknesses in what we depend on? ``make audit`` asks OSV about both lock files.

Needs the network. Fails at any weakness in the service's environment, and at one in Rasa's that
``docs/rasa-weaknesses.yml`` does not list. A service that can't be asked is a failure too: silence
is no clean bill.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from services.settings import ROOT
from tests.supply.weaknesses import Weaknesses, read_list

SERVICE: Final = ROOT
RASA: Final = ROOT / "bot"


class AuditError(Exception):
    """The weaknesses could not be asked for; says why."""


class _Dependency(BaseModel):
    name: str
    version: str


class Found(BaseModel):
    """A weakness as ``uv audit`` tells it."""

    dependency: _Dependency
    id: str
    aliases: tuple[str, ...] = ()
    summary: str | None = None
    fix_versions: tuple[str, ...] = ()

    def __str__(self) -> str:
        mended = f"; mended in {', '.join(self.fix_versions)}" if self.fix_versions else ""
        names = ", ".join(sorted({self.id, *self.aliases}))
        return (
            f"{self.dependency.name} {self.dependency.version}: "
            f"{self.summary or 'no summary'} ({names}{mended})"
        )


class _Summary(BaseModel):
    audited_packages: int


class Report(BaseModel):
    """What ``uv audit`` says of one lock file."""

    summary: _Summary
    vulnerabilities: tuple[Found, ...]


def ask(uv: str, folder: Path, arguments: Sequence[str] = ()) -> Report:
    """Have one lock file audited.

    Args:
        uv: The programme.
        folder: Where ``uv.lock`` is.
        arguments: More for ``uv audit``.

    Raises:
        AuditError: OSV or the programme could not be asked.
    """
    command = (
        uv, "audit", "--frozen", "--quiet", "--output-format", "json",
        "--preview-features", "audit-command,json-output", *arguments,
    )  # fmt: skip
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    try:
        report = Report.model_validate_json(answer.stdout)
    except ValidationError:
        raise AuditError(answer.stderr.strip() or "uv audit gave no answer") from None
    if report.summary.audited_packages == 0:
        raise AuditError("no package was audited")
    return report


def unlisted(report: Report, listed: Weaknesses) -> list[Found]:
    """The weaknesses that the list does not know, under any name."""
    return [
        one
        for one in report.vulnerabilities
        if not listed.lists(one.dependency.name, {one.id, *one.aliases})
    ]


def main(arguments: Sequence[str] = ()) -> int:
    """Audit both environments; give the exit status."""
    uv = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
    try:
        service, rasa = ask(uv, SERVICE, arguments), ask(uv, RASA, arguments)
    except AuditError as error:
        print(f"The audit was NOT done: {error}", file=sys.stderr)
        return 2
    new = unlisted(rasa, read_list())
    for where, report, faults in (
        ("the service's environment", service, service.vulnerabilities),
        ("Rasa's environment, beyond docs/rasa-weaknesses.yml", rasa, new),
    ):
        packages = report.summary.audited_packages
        print(f"{len(faults)} known weaknesses in {where} ({packages} packages)")
        for fault in faults:
            print(f"  {fault}")
    return 1 if service.vulnerabilities or new else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
