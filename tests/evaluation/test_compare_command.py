"""``oroslotsen compare`` sets side by side what the trials wrote, and writes page and pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from services.cli import compare as command
from services.cli.compare import compare
from services.cli.evaluate import PAGE
from services.cli.trials import Trial
from services.evaluation.document import replace_section
from services.evaluation.findings import TOPIC_CONTENDERS, URGENCY_TITLES
from services.evaluation.samples import MassiveError, read_texts
from services.evaluation.trial_results import Guesses, Unseen, Weight
from services.evaluation.urgency_trials import SHARES_FILE
from services.settings import Settings
from services.triage.classifier import CLASSES
from services.vocabulary import Urgency

SECRET = "hemliga ord som bara meddelandet har"


def evaluation_line(number: int, urgency: Urgency) -> str:
    acute = urgency is Urgency.AKUT
    expected = {
        "urgency": urgency,
        "topics": ["hej", "tack"],
        "contacts": [],
        "leads_with_112": acute,
        "may_ask_danger": acute,
    }
    return json.dumps({
        "id": str(number), "text": SECRET, "channel": "web", "expected": expected,
        "tags": ["direkt"] if acute else [],
    })  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    (data / "evaluation").mkdir(parents=True)
    (data / "nlu").mkdir()
    lines = (evaluation_line(number, urgency) for number, urgency in enumerate(Urgency))
    (data / "evaluation" / "liten.jsonl").write_text("\n".join(lines), encoding="utf-8")
    letters = "abcdefghijklmnopqrst"
    blocks = (
        f"- intent: {topic}\n  metadata: {{urgency: {urgency}}}\n  examples: |\n"
        + "".join(f"    - {topic} {letter * 9}\n" for letter in letters)
        for topic, urgency in (("hej", "utanfor"), ("lamna", "oro"))
    )
    (data / "nlu" / "a.yml").write_text(f"nlu:\n{''.join(blocks)}", encoding="utf-8")
    return Settings(data_dir=data)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "docs" / "understanding.md"
    path.parent.mkdir()
    sections = "".join(f"<!-- {n}:start -->\n<!-- {n}:end -->\n" for n in ("comparison", "curves"))
    path.write_text(f"Före.\n{sections}Efter.\n", encoding="utf-8")
    return path


@pytest.fixture
def pictures(page: Path) -> Path:
    return page.parent / "pictures"


@pytest.fixture
def massive(tmp_path: Path) -> Path:
    folder = tmp_path / "massive"
    folder.mkdir()
    for name in ("train", "dev"):
        lines = (json.dumps({"text": f"{n}", "intent": f"i{n % 2}"}) for n in range(60))
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


class ScriptedTrials:
    """Writes what trials would write: the first topic, the right urgency, an intent."""

    def __init__(
        self, *, without: Callable[[str, Path], bool] = lambda name, folder: False
    ) -> None:
        self.without = without
        self.ran: list[tuple[str, ...]] = []

    async def __call__(
        self, trials: Sequence[Trial], started: Callable[[str], None], done: Callable[[], None]
    ) -> None:
        for trial in trials:
            words = trial.command[trial.command.index("-m") + 2 :]
            self.ran.append(words)
            if words[0] in {"measure", "weigh"}:
                for folder in map(Path, words[2:]):
                    if not self.without(words[1], folder):
                        self.topic(*words[:2], folder)
            else:
                self.urgency(words[0], Path(words[1]))

    def topic(self, what: str, name: str, folder: Path) -> None:
        if what == "weigh":
            Weight(milliseconds=2, megabytes=300).write(folder / f"{name}.weight.json")
            return
        guess = "i1" if folder.name.startswith("massive") else "tack"
        texts = read_texts(folder / "test.jsonl")
        Guesses(guesses=[guess] * len(texts), training_seconds=5).write(folder / f"{name}.json")

    def urgency(self, what: str, folder: Path) -> None:
        what, _, name = what.partition(":")
        if what == "weigh":
            Weight(milliseconds=1, megabytes=200).write(folder / f"{name}.weight.json")
            return
        guesses = tuple(urgency.value for urgency in Urgency)
        unseen = Unseen(expected=("akut", "oro"), guesses=("akut", "akut"))
        for title in URGENCY_TITLES:
            result = Guesses(guesses=guesses, training_seconds=9, unseen=unseen)
            result.write(folder / f"{title}.json")
        if what == "judge":
            shares = np.full((len(CLASSES), len(CLASSES)), 1 / len(CLASSES))
            np.savez(folder / SHARES_FILE, shares=shares, right=np.arange(len(CLASSES)))


def use(trials: ScriptedTrials, monkeypatch: pytest.MonkeyPatch) -> ScriptedTrials:
    monkeypatch.setattr(command, "run_trials", trials)
    return trials


def words_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def row_of(page: Path, title: str) -> list[str]:
    lines = page.read_text(encoding="utf-8").splitlines()
    line = next(line for line in lines if f"| {title} |" in line)
    return [cell.strip() for cell in line.strip("|").split("|")]


async def test_every_contender_is_measured_on_everything_and_stands_in_the_table(
    settings, page: Path, pictures: Path, massive: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    use(ScriptedTrials(), monkeypatch)
    await compare(settings, page, pictures, massive)
    in_use = row_of(page, TOPIC_CONTENDERS["word-piece"])
    assert in_use[2:] == [
        "0.000 / 0.000", "–", "1.000 / 1.000", "–", "0.500 / 0.333", "0.500 / 0.333",
        "2.0", "300", "5",
    ]  # fmt: skip
    joined = row_of(page, URGENCY_TITLES["joined"])
    assert joined[2:6] == ["0.500 / 0.333", "1.000 / 1.000", "1.000 / 1.000", "1.000 / 0.000"]
    assert {row_of(page, title)[0] for title in URGENCY_TITLES.values()} == {"urgency"}
    written = words_of(page)
    assert written.startswith("Före.\n")
    assert written.endswith("Efter.\n")
    printed = capsys.readouterr()
    assert SECRET not in written + printed.out + printed.err
    for picture in ("learning-curve.svg", "threshold-curve.svg"):
        assert f"(pictures/{picture})" in written
    assert names_in(pictures) == {"learning-curve.svg", "threshold-curve.svg"}
    assert "| 40 | 1.000 | 1.000 | 0.000 | 1.000 |" in written


async def test_nothing_that_is_asked_about_is_trained_on(
    settings, page: Path, pictures: Path, massive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared: list[set[str]] = []

    class Looking(ScriptedTrials):
        def topic(self, what: str, name: str, folder: Path) -> None:
            super().topic(what, name, folder)
            if not folder.name.startswith("massive"):  # a data set's own parts
                train, test = (set(read_texts(folder / f)) for f in ("train.jsonl", "test.jsonl"))
                shared.append(train & test)

    use(Looking(), monkeypatch)
    await compare(settings, page, pictures, massive)
    assert shared
    assert not any(shared)


async def test_without_massive_its_columns_are_dashes_with_the_reason(
    settings, page: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = use(ScriptedTrials(), monkeypatch)
    await compare(settings, page, pictures)
    assert row_of(page, TOPIC_CONTENDERS["word-piece"])[6:8] == ["–", "–"]
    assert "MASSIVE was not given" in words_of(page)
    assert not any("massive" in word for words in trials.ran for word in words)


async def test_what_was_broken_off_is_a_dash_with_the_reason_and_is_not_weighed(
    settings, page: Path, pictures: Path, massive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = "rasa-logistic-regression"
    trials = use(
        ScriptedTrials(without=lambda name, folder: name == slow and folder.name == "part-0.125"),
        monkeypatch,
    )
    await compare(settings, page, pictures, massive)
    assert row_of(page, TOPIC_CONTENDERS[slow])[4] == "–"
    assert "broken off after 10 minutes" in words_of(page)
    weighed = [words for words in trials.ran if words[:2] == ("weigh", slow)]
    assert [Path(words[2]).name for words in weighed] == ["massive-20"]


async def test_a_folder_that_is_not_massive_is_named(
    settings, page: Path, pictures: Path, tmp_path: Path
) -> None:
    with pytest.raises(MassiveError, match="MASSIVE kan inte läsas"):
        await compare(settings, page, pictures, tmp_path)


def test_the_project_s_page_has_a_place_for_comparison_and_curves() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert replace_section(replace_section(written, "comparison", []), "curves", [])
