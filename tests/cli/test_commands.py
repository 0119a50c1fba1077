"""``oroslotsen``: each command is where the list says; nothing is loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from services.cli.commands import COMMANDS, app, main
from services.settings import ROOT

HEAVY = {"alembic", "jinja2", "numpy", "sklearn", "spacy", "sqlalchemy", "twilio", "yaml"}
"""What a process that only watches, or only helps, must not carry."""


def loaded_by(code: str) -> set[str]:
    """The packages that a fresh interpreter has after some code."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {name.partition(".")[0] for name in told.split()}


def test_the_list_of_commands_needs_no_room() -> None:
    loaded = loaded_by("import services.cli.commands")
    assert not loaded & (HEAVY | {"aiohttp", "pydantic"})


def test_the_supervisor_carries_neither_database_nor_models() -> None:
    assert not loaded_by("import services.cli.start") & HEAVY


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_in_swedish(name: str) -> None:
    told = CliRunner().invoke(app, [name, "--help"])
    assert told.exit_code == 0
    assert f"oroslotsen {name}" in told.output.replace("root", "oroslotsen")
    assert "--help" in told.output


def test_a_fault_is_a_sentence_and_no_stack_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "många")
    monkeypatch.setattr(sys, "argv", ["oroslotsen", "settings"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "PORT" in told
    assert "Traceback" not in told


def test_options_after_the_command_are_the_commands_own() -> None:
    told = CliRunner().invoke(app, ["triage", "--out", "ut.jsonl", "finns-inte.jsonl"])
    assert told.exit_code == 2
    assert "finns-inte.jsonl" in told.output
