"""Names of places follow their files, and a broken file changes nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from services.reading.live_places import LivePlaces
from services.settings import ROOT

SAID = "vi bor i nybodalen"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "knowledge" / "municipalities", tmp_path / "municipalities")


def rename(folder: Path, old: str, new: str) -> None:
    file = folder / "malmo.yml"
    before = file.stat().st_mtime_ns
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    os.utime(file, ns=(before + 1_000_000, before + 1_000_000))


def test_a_renamed_district_is_known_by_its_new_name_at_once(folder: Path) -> None:
    places = LivePlaces(folder)
    assert places.now().read(SAID) is None
    rename(folder, "- Kirseberg", "- Nybodalen")
    assert places.now().read(SAID) == "malmo"
    assert places.now() is places.now()


def test_a_broken_file_leaves_the_names_as_they_were(folder: Path) -> None:
    places = LivePlaces(folder)
    rename(folder, "stadsdelar:", "stadsdelar: [")
    assert places.now().read("vi bor i kirseberg") == "malmo"
    rename(folder, "stadsdelar: [", "stadsdelar:")
    rename(folder, "id: malmo", "idd: malmo")
    assert places.now().read("vi bor i kirseberg") == "malmo"
