"""``oroslotsen start`` takes the one who runs it by the hand, and says what is in the way."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.commands import app
from services.cli.screen import CommandError
from services.cli.start import welcome
from services.cli.state import prepare_database
from services.settings import Settings


def test_the_first_time_it_says_what_to_do_step_by_step() -> None:
    settings = Settings(_env_file=None)
    first, later = (welcome(settings, has_accounts=one) for one in (False, True))
    for told in (first, later):
        assert "http://localhost:8080/samordnare" in told
        assert "oroslotsen doctor" in told
    assert "1. Öppna http://localhost:8080" in first
    assert "1. Öppna" not in later


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    return tmp_path


def add_account() -> BaseException | None:
    return CliRunner().invoke(app, ["coordinator", "add", "anna"]).exception


async def test_a_database_of_a_newer_version_is_told_in_a_sentence(state: Path) -> None:
    await prepare_database(Settings())
    with sqlite3.connect(state / "oroslotsen.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffff'")
    with pytest.raises(CommandError, match="nyare version"):
        await prepare_database(Settings())


def test_a_database_that_can_t_be_used_points_to_the_doctor(state: Path) -> None:
    (state / "oroslotsen.db").write_bytes(b"not a database " * 100)
    error = add_account()
    assert isinstance(error, CommandError)
    assert "oroslotsen doctor" in str(error)
