"""``oroslotsen evaluate`` measures through the real path, writes its page, and holds the gate."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.cli import dialogue, evaluate
from services.cli.evaluate import PAGE, measure, measure_judges
from services.cli.screen import CommandError
from services.conversations.core import Core
from services.evaluation.document import replace_section
from services.settings import ROOT, Settings

ACUTE = "han står i dörren med en pistol och säger att han ska skjuta oss nu"
GREETING = "hej på er där borta"
MODEL = Path("rasa-abc.tar.gz")


def line(id_: str, text: str, urgency: str, **more: object) -> str:
    acute = urgency == "akut"
    expected = {
        "urgency": urgency,
        "topics": ["akut_fara" if acute else "hej"],
        "contacts": ["112"] if acute else [],
        "leads_with_112": acute,
        "may_ask_danger": acute,
    }
    tags = ["direkt"] if acute else []
    message = {"id": id_, "text": text, "channel": "web", "expected": expected, "tags": tags}
    return json.dumps(message | more)


@pytest.fixture
def data(tmp_path: Path) -> Callable[..., Settings]:
    """Settings with a data folder that holds these evaluation messages and this training one."""

    def write(*lines: str, training: str = "något helt annat") -> Settings:
        folder = tmp_path / "data"
        (folder / "evaluation").mkdir(parents=True)
        (folder / "nlu").mkdir()
        (folder / "evaluation" / "liten.jsonl").write_text("\n".join(lines), encoding="utf-8")
        (folder / "nlu" / "a.yml").write_text(
            f"nlu:\n- intent: hej\n  examples: |\n    - {training}\n", encoding="utf-8"
        )
        return Settings(data_dir=folder)

    return write


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "understanding.md"
    path.write_text("Före.\n<!-- table:start -->\n<!-- table:end -->\nEfter.\n", encoding="utf-8")
    return path


def words_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _dialogue_is_scripted(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.asynccontextmanager
    async def scripted(_settings: Settings, _model: Path) -> AsyncIterator[Core]:
        yield core

    monkeypatch.setattr(dialogue, "running_dialogue", scripted)


async def test_the_tables_are_written_to_the_page_without_the_callers_words(
    data, page: Path, core: Core, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = data(line("a1", ACUTE, "akut"), line("u1", GREETING, "utanfor"))
    await measure(settings, MODEL, page)
    written = words_of(page)
    assert written.startswith("Före.\n<!-- table:start -->")
    assert written.endswith("<!-- table:end -->\nEfter.\n")
    assert "| Acute led with 112 | 1.000 | 0.207–1.000 | 1/1 |" in written
    assert core.renderer.knowledge.version in written
    assert "rasa-abc" in written
    printed = capsys.readouterr()
    for words in (ACUTE, GREETING):
        assert words not in written + printed.out + printed.err


async def test_a_message_that_must_not_be_missed_fails_the_command_after_the_page_is_written(
    data, page: Path
) -> None:
    acute = [line(f"a{i}", ACUTE, "akut") for i in range(30)]
    missed = line("missad", GREETING, "akut", must_not_miss=True)
    with pytest.raises(CommandError, match="får inte missas: missad"):
        await measure(data(*acute, missed), MODEL, page)
    assert "Of 1, 1 (missad) got no 112 in the reply" in words_of(page)


async def test_too_few_acute_messages_led_with_112_fail_the_command(data, page: Path) -> None:
    settings = data(line("a1", ACUTE, "akut"), line("a2", GREETING, "akut"))
    with pytest.raises(CommandError, match="1 av 2 akuta"):
        await measure(settings, MODEL, page)


async def test_a_training_message_from_the_evaluation_set_fails_the_command(
    data, page: Path
) -> None:
    settings = data(line("a1", ACUTE, "akut"), training=f"{ACUTE}!")
    with pytest.raises(CommandError, match=r"a\.yml:4 \(liten: a1\)"):
        await measure(settings, MODEL, page)


async def test_the_time_of_day_of_the_measurement_is_always_the_same(
    data, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = evaluate.triage_messages

    def remember(core, messages):
        asked.extend(messages)
        return real(core, messages)

    monkeypatch.setattr(evaluate, "triage_messages", remember)
    await measure(data(line("a1", ACUTE, "akut")), MODEL, page)
    assert len({message.at for message in asked}) == 1
    assert None not in {message.at for message in asked}


def test_the_judges_alone_are_asked_without_rasa(
    models_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measure_judges(Settings(data_dir=ROOT / "data", models_dir=models_dir))
    printed = capsys.readouterr().out
    assert "Acute led with 112" in printed
    assert "Right topic first" not in printed


def test_the_project_s_page_has_a_place_for_the_tables() -> None:
    assert replace_section(PAGE.read_text(encoding="utf-8"), "table", [])
