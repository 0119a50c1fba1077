"""What these tests share: a renderer, settings, and a copy of the knowledge to break."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.answers.knowledge import Knowledge
from services.answers.rendering import Renderer
from services.settings import ROOT
from services.vocabulary import Channel, MunicipalityId, Setting, Variant

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture(scope="session")
def setting() -> Callable[..., Setting]:
    """Makes a setting with Swedish time; by itself web chat in Göteborg, Tuesday morning."""

    def make(
        municipality: str = "goteborg",
        variant: Variant = Variant.WEB,
        channel: Channel = Channel.WEB,
        at: str = "2026-11-24 10:00",
    ) -> Setting:
        moment = datetime.fromisoformat(at).replace(tzinfo=STOCKHOLM)
        return Setting(variant, channel, MunicipalityId(municipality), moment)

    return make


@pytest.fixture(scope="session")
def renderer(knowledge: Knowledge) -> Renderer:
    return Renderer(knowledge)


type Break = Callable[[str, str, str], int]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A copy of the knowledge folder."""
    return shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge")


@pytest.fixture
def replace_in(content: Path) -> Break:
    """Replaces the first ``old`` in a file of the copy; gives its line."""

    def replace(file: str, old: str, new: str) -> int:
        path = content / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"the test's own example is gone from {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    return replace
