"""``oroslotsen knowledge check``: faults, what is old, and whom to call to confirm a number."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.commands import app
from services.cli.screen import CommandError
from services.settings import ROOT


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge")
    monkeypatch.setenv("KNOWLEDGE_DIR", str(folder))
    monkeypatch.setenv("COLUMNS", "200")
    return folder


def check(*arguments: str) -> tuple[str, BaseException | None]:
    result = CliRunner().invoke(app, ["knowledge", "check", *arguments])
    return result.stdout, result.exception


def test_the_call_list_has_number_question_and_last_confirmation(content: Path) -> None:
    printed, error = check()
    assert error is None
    assert "Inga fel i filerna (64 svar" in printed
    row = next(line for line in printed.splitlines() if "020-100 200" in line)
    assert "2024-07-08" in row
    assert "finns linjen kvar?" in row
    row = next(line for line in printed.splitlines() if "031-365 00 00" in line)
    assert "2020 " in row, "no more exact than is known"
    assert "2020-01-01" not in row


def test_an_answer_past_its_review_is_listed(content: Path) -> None:
    file = content / "answers" / "info" / "toleransprojektet.yml"
    text = file.read_text(encoding="utf-8")
    old = text.replace("granskad: 2026-11-21", "granskad: 2019-01-01")
    old = old.replace("granskas_senast: 2027", "granskas_senast: 2020")
    file.write_text(old, encoding="utf-8")
    printed, _ = check()
    row = next(line for line in printed.splitlines() if "toleransprojektet" in line)
    assert "Vad är Toleransprojektet?" in row
    assert "2020-" in row


def test_strict_fails_when_something_needs_a_look(content: Path) -> None:
    _, error = check("--strict")
    assert isinstance(error, CommandError)
    assert "behöver ses över" in str(error)


def test_what_each_caller_has_their_own_of_is_not_on_the_list(content: Path) -> None:
    printed, _ = check()
    assert "Socialtjänsten i din kommun" not in printed
    assert "Socialtjänsten i Malmö" in printed, "a number that is to be found"


def test_strict_is_content_when_every_call_has_been_made(content: Path) -> None:
    today = date.today().isoformat()  # noqa: DTZ011 - the operator's own day
    for file in content.rglob("*.yml"):
        if file.parent.name not in {"contacts", "municipalities"}:
            continue
        text = file.read_text(encoding="utf-8")
        text = re.sub(r"bekräftad: \d{4}-\d\d-\d\d", f"bekräftad: {today}", text)
        text = text.replace("status: obekräftad", "status: bekräftad")
        text = text.replace("öppet: null", "öppet: dygnet runt")
        file.write_text(text, encoding="utf-8")
    printed, error = check("--strict")
    assert error is None
    assert "Kontakt att ringa" not in printed
