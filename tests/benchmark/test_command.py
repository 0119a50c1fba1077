"""``oroslotsen bench`` writes the page after a whole run, and fails if a part did."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.benchmark.clients import Growth
from services.benchmark.errors import BenchmarkError
from services.benchmark.goals import THROUGHPUT, Finding
from services.benchmark.load import Load
from services.benchmark.parts import Bench, Detail, LoadPoint, Measured
from services.cli import bench as command
from services.cli.bench import PAGE, bench
from services.cli.bench_house import open_house
from services.cli.screen import CommandError
from services.evaluation.document import replace_section
from services.settings import Settings
from tests.benchmark.stand_ins import StandInHouse

LOAD = Load(seconds=(0.01, 0.02), at_once=(False, False), lasted=1.0)


def words_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "docs" / "benchmarks.md"
    path.parent.mkdir()
    path.write_text("Före.\n<!-- table:start -->\n<!-- table:end -->\nEfter.\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def quick_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def good(bench: Bench) -> Measured:
        return Measured(
            (Finding(THROUGHPUT, 140, 35),),
            (Detail("16 callers", LOAD),),
            loads=(LoadPoint(16, LOAD, LOAD),),
            growth={"service": Growth(grown=((0.01,) * 25,))},
            stored=((100, LOAD), (1000, LOAD)),
        )

    async def bad(bench: Bench) -> Measured:
        raise BenchmarkError("det gick inte")

    @asynccontextmanager
    async def no_house(*_arguments: object) -> AsyncIterator[tuple[StandInHouse, Path]]:
        yield StandInHouse(""), tmp_path

    monkeypatch.setattr(command, "PARTS", {"good": good, "bad": bad})
    monkeypatch.setattr(command, "open_house", no_house)
    monkeypatch.setattr(command, "use_two_cores", lambda: None)


async def test_a_whole_run_writes_tables_and_pictures_and_tells_what_failed(page: Path) -> None:
    with pytest.raises(CommandError, match="bad"):
        await bench(Settings(), page, None, quick=False)
    written = words_of(page)
    assert written.startswith("Före.\n")
    assert written.endswith("Efter.\n")
    assert "| 4.00 |" in written
    assert "failed: det gick inte" in written
    for picture in ("latency-over-load.svg", "cost-over-length.svg"):
        assert f"(pictures/{picture})" in written
        assert words_of(page.parent / "pictures" / picture).startswith("<?xml")


@pytest.mark.parametrize(("only", "quick"), [("good", False), ("good", True)])
async def test_one_part_alone_writes_nothing(page: Path, only: str, quick: bool, capsys) -> None:
    before = words_of(page)
    await bench(Settings(), page, only, quick=quick)
    assert words_of(page) == before
    assert "16 callers at once" in " ".join(capsys.readouterr().out.split())


async def test_a_part_that_does_not_exist_is_named_with_those_that_do(page: Path) -> None:
    with pytest.raises(CommandError, match=r"fart.*good, bad"):
        await bench(Settings(), page, "fart", quick=False)


async def test_settings_that_reach_others_are_refused(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, ticket_webhook_url="https://example.org/hook")
    with pytest.raises(CommandError, match="TICKET_WEBHOOK_URL"):
        async with open_house(settings, 3, lambda words: None):
            pass


def test_the_project_s_page_has_a_place_for_the_tables() -> None:
    assert replace_section(PAGE.read_text(encoding="utf-8"), "table", [])
