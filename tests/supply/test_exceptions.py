"""Where a rule of the linter is set aside, it is said why beside it."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

from services.settings import ROOT

WITH_REASON = re.compile(r"# noqa: [A-Z]+\d+(, ?[A-Z]+\d+)* - \w.{3,}")


def test_every_exception_names_its_rule_and_its_reason() -> None:
    found = subprocess.run(
        ["git", "grep", "-nE", "# *noqa", "--", "*.py", f":!tests/supply/{Path(__file__).name}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert found
    assert [line for line in found if not WITH_REASON.search(line)] == []


def test_the_security_rules_hold_for_all_that_runs() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"][
        "lint"
    ]
    assert "S" in lint["select"]
    assert {rule for rule in lint["ignore"] if rule.startswith("S1")} == {"S101"}
    loose = {
        where
        for where, rules in lint["per-file-ignores"].items()
        if any(re.match(r"S\d*$", rule) for rule in rules)
    }
    assert loose == {"tests/**"}
