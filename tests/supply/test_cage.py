"""The cage that Rasa's old packages live in: reasons that docs/rasa-weaknesses.yml relies on."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from services.cli.processes import rasa, rasa_environment
from services.settings import ROOT, Settings

TOKEN = SecretStr("a token for tests")


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return found


def test_rasa_asks_nobody_but_the_action_server() -> None:
    endpoints = read("endpoints.yml")
    assert set(endpoints) == {"action_endpoint", "tracker_store"}
    assert endpoints["action_endpoint"]["url"].startswith("http://127.0.0.1:")
    assert set(endpoints["tracker_store"]) == {"type"}
    assert rasa_environment(Settings(), TOKEN)["RASA_TELEMETRY_ENABLED"] == "false"


def test_rasa_has_our_channel_our_store_and_no_other() -> None:
    assert list(read("credentials.yml")) == ["bot.channel.OroslotsenInput"]
    assert read("endpoints.yml")["tracker_store"]["type"] == "bot.tracker_store.TurnTrackerStore"


def test_the_pipeline_has_no_neural_network() -> None:
    config = read("config.yml")
    assert {one["name"] for one in config["pipeline"]} == {
        "bot.intent_classifier.WordPieceClassifier",
        "FallbackClassifier",
    }
    assert [one["name"] for one in config["policies"]] == ["RulePolicy"]
    assert Settings(_env_file=None).encoder_model == ""


def test_rasa_listens_on_loopback_without_its_admin_api(tmp_path) -> None:
    command = rasa(Settings(), TOKEN, tmp_path / "model.tar.gz").command
    assert command[command.index("--interface") + 1] == "127.0.0.1"
    assert not {"--enable-api", "--cors", "--auth-token", "--remote-storage"} & set(command)


def test_rasas_process_is_told_no_secret_but_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "DATABASE_URL": "postgresql+asyncpg://x",
        "REDIS_URL": "redis://x",
        "MASTER_KEY_FILE": "/x",
        "TWILIO_AUTH_TOKEN": "x",
        "SMTP_URL": "smtp://x",
        "OIDC_CLIENT_SECRET": "x",
        "TICKET_WEBHOOK_SECRET": "x",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    assert not set(secrets) & set(rasa_environment(Settings(), TOKEN))


def test_no_callers_words_are_among_what_is_learnt() -> None:
    """What is learnt is in git, and public: nothing that a running service stores."""
    folder = Settings(_env_file=None).data_dir
    assert folder == ROOT / "data"
    untracked = subprocess.run(
        ["git", "ls-files", "--others", "--", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert untracked.stdout == ""
