"""Training: from YAML to numbers, with near-duplicates held together."""

from __future__ import annotations

import operator
from pathlib import Path

import numpy as np
import pytest

from services.settings import ROOT
from services.triage.classifier import CLASSES, ModelError, UrgencyClassifier
from services.triage.concepts import ConceptReader
from services.triage.examples import ExamplesError, alike, load_examples
from services.triage.real_words import RealWords
from services.triage.training import TrainingReport, train

KNOWLEDGE = ROOT / "knowledge"
_TELLING = {
    "akut": "han skjuter nu vid hus {}, hjälp oss",
    "hog": "han ska åka till kriget om {} månader",
    "oro": "jag är orolig för kusin nummer {}, han har ändrats",
    "info": "vad betyder punkt {} i handlingsplanen?",
    "utanfor": "hej och tack för svar {}",
}


def _made_up(number: int) -> str:
    """A few words that no other number shares, so that no two messages are alike."""
    letters = "bdfghklmnprs"
    syllables = [letters[number] + vowel + letters[number - 5] for vowel in "aeiouy"]
    return " ".join("".join(syllables[start : start + 4]) for start in range(3))


def write_examples(folder: Path, count: int = 12) -> None:
    (folder / "nlu").mkdir(parents=True)
    for urgency, text in _TELLING.items():
        lines = "\n".join(f"    - {text.format(_made_up(n))}" for n in range(count))
        (folder / "nlu" / f"{urgency}.yml").write_text(
            f'version: "3.1"\nnlu:\n- intent: prov\n  metadata:\n    urgency: {urgency}\n'
            f"  examples: |\n{lines}\n",
            encoding="utf-8",
        )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingReport, Path, list[float]]:
    folder = tmp_path_factory.mktemp("training")
    write_examples(folder / "data")
    shares: list[float] = []
    report = train(
        folder / "data", KNOWLEDGE, folder / "models", lambda _what, share: shares.append(share)
    )
    return report, folder / "models", shares


def test_training_tells_how_far_it_has_come(
    trained: tuple[TrainingReport, Path, list[float]],
) -> None:
    shares = trained[2]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_held_out_messages_get_probabilities(
    trained: tuple[TrainingReport, Path, list[float]],
) -> None:
    report = trained[0]
    assert np.allclose(report.unseen.sum(axis=1), 1)
    assert report.accuracy > 0.9


def test_what_is_stored_can_not_run_and_judges_as_it_was_trained(
    trained: tuple[TrainingReport, Path, list[float]],
) -> None:
    report, models, _ = trained
    folder = models / "urgency"
    assert {path.suffix for path in folder.iterdir()} == {".npz", ".npy", ".json"}
    classifier = UrgencyClassifier.load(folder)
    assert classifier.version == report.version
    reader = ConceptReader.load(KNOWLEDGE / "concepts", RealWords.load(folder / "real_words.npy"))
    judged = [classifier.probabilities(reader.read(one.text)) for one in report.examples]
    likeliest = [max(shares, key=lambda one: shares[one]) for shares in judged]
    right = [one.urgency for one in report.examples]
    assert sum(map(operator.eq, likeliest, right)) > 0.9 * len(right)
    assert all(sum(shares.values()) == pytest.approx(1) for shares in judged)


def test_files_of_two_trainings_are_not_mixed(
    trained: tuple[TrainingReport, Path, list[float]], tmp_path: Path
) -> None:
    folder = trained[1] / "urgency"
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    names = tmp_path / "urgency.json"
    text = names.read_text(encoding="utf-8").replace(trained[0].version, "another")
    names.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError):
        UrgencyClassifier.load(tmp_path)


def test_messages_that_are_nearly_the_same_share_a_group() -> None:
    groups = alike(
        [
            "jag är orolig för min bror som har ändrats mycket",
            "jag är orolig för min bror som har ändrats väldigt mycket",
            "vad gör kommunen mot extremism",
        ]
    )
    assert groups[0] == groups[1] != groups[2]


def test_every_training_message_has_an_urgency_and_a_topic() -> None:
    examples = load_examples(ROOT / "data")
    assert {example.urgency for example in examples} == set(CLASSES)
    assert all(example.text and example.topic for example in examples)


@pytest.mark.parametrize(
    "content",
    ["nlu: [", "nlu:\n- intent: x\n  metadata: {urgency: panik}\n  examples: |\n    - a\n"],
)
def test_a_broken_file_of_examples_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "nlu").mkdir()
    (tmp_path / "nlu" / "fel.yml").write_text(content, encoding="utf-8")
    with pytest.raises(ExamplesError, match=r"fel\.yml"):
        load_examples(tmp_path)


def test_no_examples_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExamplesError):
        load_examples(tmp_path)
