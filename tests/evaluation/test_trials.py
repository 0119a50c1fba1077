"""The trials themselves, on a few messages: real processes, in both environments."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.cli.processes import RASA_PYTHON, rasa_environment
from services.evaluation.lone_models import MODELS
from services.evaluation.samples import Labelled, write_sample, write_training_data
from services.evaluation.trial_results import find_weight, read_guesses
from services.evaluation.urgency_trials import CONTENDERS, JUDGE, SAFETY_NET, SHARES_FILE
from services.settings import ROOT, Settings
from services.triage.examples import Example
from services.vocabulary import TopicId, Urgency

WORDS = {
    Urgency.AKUT: "pistolen",
    Urgency.HOG: "biljetten",
    Urgency.ORO: "orolig",
    Urgency.INFO: "utbildning",
    Urgency.UTANFOR: "tack",
}
ASKED = [f"{word} {word} igen" for word in WORDS.values()]


def examples() -> list[Example]:
    """Eight messages of each urgency; each place's are near-duplicates and so held out together."""
    places = ("skolan", "torget", "bussen", "köket", "parken", "gymmet", "kyrkan", "hamnen")
    return [
        Example(f"{word} {word} vid {place} {place}", urgency, TopicId("hej"), "a.yml")
        for urgency, word in WORDS.items()
        for place in places
    ]


def run(command: list[str], environment: dict[str, str]) -> str:
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2500:]
    return ran.stdout


def run_urgency(what: str, folder: Path) -> list[str]:
    module = [sys.executable, "-m", "services.evaluation.urgency_trials"]
    return run([*module, what, str(folder)], dict(os.environ)).splitlines()


@pytest.fixture(scope="module")
def urgency_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("urgency")
    write_training_data(folder / "data", examples())
    write_sample(folder, [], ASKED)
    return folder


def test_single_models_and_judges_guess_every_message_also_while_held_out(
    urgency_folder: Path,
) -> None:
    assert run_urgency("alone", urgency_folder) == [f"done {name}" for name in MODELS]
    assert len(run_urgency("judge", urgency_folder)) == len(CONTENDERS) - len(MODELS)
    assert (urgency_folder / SHARES_FILE).exists()
    for name in CONTENDERS:
        found = read_guesses(urgency_folder, name)
        assert found.unseen is not None
        assert len(found.guesses) == len(ASKED)
        assert len(found.unseen.guesses) == len(found.unseen.expected) == len(examples())
        assert set(found.guesses) <= set(Urgency)
        assert (found.training_seconds is None) == (name == SAFETY_NET)
    for name in MODELS:  # nothing is as easy as what was just learnt
        assert read_guesses(urgency_folder, name).guesses == tuple(WORDS)
    for name in ("svm", JUDGE):
        run_urgency(f"weigh:{name}", urgency_folder)
        weight = find_weight(urgency_folder, name)
        assert weight is not None
        assert weight.milliseconds > 0
        assert 20 < weight.megabytes < 2000


@pytest.mark.parametrize("name", ["word-piece", "words-only"])
def test_a_topic_contender_is_trained_asked_and_weighed(tmp_path: Path, name: str) -> None:
    labelled = [Labelled(one.text, one.urgency.value) for one in examples()]
    # A leading slash is a command to Rasa; here it is a message like others.
    write_sample(tmp_path, labelled, [*ASKED, f"/{ASKED[0]}"])
    trial = [str(RASA_PYTHON), "-m", "bot.trials"]
    environment = rasa_environment(Settings(), SecretStr("a-token-for-tests"))
    environment |= {"RASA_MAX_CACHE_SIZE": "0", "RASA_CACHE_DIRECTORY": str(tmp_path / "cache")}
    assert "done " in run([*trial, "measure", name, str(tmp_path)], environment)
    found = read_guesses(tmp_path, name)
    assert found.guesses == (*WORDS, Urgency.AKUT)
    run([*trial, "weigh", name, str(tmp_path)], environment)
    weight = find_weight(tmp_path, name)
    assert weight is not None
    assert weight.milliseconds > 0
