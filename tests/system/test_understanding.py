"""The gate: a build whose judges have become worse on the open evaluation set does not pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.cli.evaluate import PAGE, measure
from services.cli.training import train_rasa, train_urgency
from services.settings import Settings
from tests.system.conftest import free_port


@pytest.mark.timeout(1800)  # trains, when it is the first to need the models
async def test_acute_messages_nobody_trained_on_are_led_with_112(tmp_path: Path) -> None:
    settings = Settings(
        rasa_port=free_port(), actions_port=free_port(), state_dir=tmp_path / "state"
    )
    train_urgency(settings, lambda share: None)
    model = train_rasa(settings, lambda step: None)
    page = tmp_path / "understanding.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    # Raises CommandError, which names what is wrong, when the gate is not passed.
    await measure(settings, model, page)
    assert "Acute led with 112" in page.read_text(encoding="utf-8")
