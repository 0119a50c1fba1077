"""Trials of what judges urgency: ``python -m services.evaluation.urgency_trials WHAT FOLDER``.

A process of its own, so that memory is counted for one contender alone. The folder holds
``data/nlu`` (what is trained on) and ``test.jsonl`` (``{"text"}`` a line, what is asked about).

- ``alone``: train the single models and guess; also for each training message while held out.
- ``judge``: train the classifier in use; guess with it, with the safety net and with both.
- ``curve``: train the classifier in use and guess with the whole judge only.
- ``weigh:<contender>``: read what was trained and ask it about the messages one by one.

Training is told in the processor's time, so that other work on the machine does not count; a
message in the clock's, since the processor's is counted in steps longer than one.
Results are written to the folder, see ``trial_results``; a line on standard output for each.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import joblib
import numpy as np

from services.evaluation.lone_models import MODELS, FeatureCounts, LoneModel
from services.evaluation.samples import folds, read_texts
from services.evaluation.trial_results import Guesses, Unseen, Weight
from services.settings import ROOT
from services.triage.classifier import CLASSES, MODEL_FOLDER, WORDS_FILE, UrgencyClassifier
from services.triage.concepts import ConceptReader, Reading
from services.triage.examples import alike, load_examples
from services.triage.facts import FactsReader
from services.triage.features import features
from services.triage.judge import Judge
from services.triage.language import LanguageReader
from services.triage.noise import noisy
from services.triage.real_words import RealWords
from services.triage.safety_net import SafetyNet, Verdict
from services.triage.thresholds import Thresholds
from services.triage.training import TrainingReport, train
from services.vocabulary import Urgency

SAFETY_NET: Final = "safety-net"
JOINED: Final = "joined"
JUDGE: Final = "judge"
CONTENDERS: Final = (SAFETY_NET, *MODELS, JOINED, JUDGE)
SHARES_FILE: Final = "unseen.npz"
"""Held-out probabilities, a row a message and a column a class, and the right class of each."""

_KNOWLEDGE: Final = ROOT / "knowledge"
_SEED: Final = 7
_WARM_UP: Final = 20
_NOISE_EVERY: Final = 2
"""Every so many messages is learnt with noise too, as the classifier in use learns them."""

type Guess = Callable[[str], Urgency]


class _HeldOut(UrgencyClassifier):
    """Stands in for the classifier and tells what one that had not seen the message told."""

    def __init__(self, version: str) -> None:
        super().__init__((), np.zeros(len(CLASSES), dtype=np.float32), version)
        self.shares: Sequence[float] = ()

    def probabilities(self, reading: Reading) -> dict[Urgency, float]:
        return dict(zip(CLASSES, map(float, self.shares), strict=True))


def try_alone(folder: Path) -> Iterator[str]:
    """Each single model: trained, asked, and asked about each message while it was held out."""
    examples = load_examples(folder / "data")
    texts, labels = [one.text for one in examples], [one.urgency.value for one in examples]
    words = RealWords.swedish()
    np.save(folder / WORDS_FILE, words.hashes)
    reader = ConceptReader.load(_KNOWLEDGE / "concepts", words)
    began = time.process_time()
    chance = random.Random(_SEED)  # noqa: S311 - noise for training, no secret
    read = [features(reader.read(text)) for text in texts]
    twins = range(0, len(texts), _NOISE_EVERY)
    read += [features(reader.read(noisy(texts[place], chance))) for place in twins]
    counts = FeatureCounts.of(read)
    reading_seconds = time.process_time() - began
    del read
    known = labels + [labels[place] for place in twins]
    asked = [
        counts.counts(features(reader.read(text))) for text in read_texts(folder / "test.jsonl")
    ]
    split = folds(labels, alike(texts))
    for name in MODELS:
        held_out = [""] * len(texts)
        for seen, unseen in split:
            rows = [*seen, *(len(texts) + at // _NOISE_EVERY for at in seen if at in twins)]
            model = LoneModel.fit(
                name, [block[rows] for block in counts.blocks], [known[row] for row in rows]
            )
            guesses = model.guess([block[unseen] for block in counts.blocks])
            for place, guess in zip(unseen, guesses, strict=True):
                held_out[place] = guess
        began = time.process_time()
        model = LoneModel.fit(name, counts.blocks, known)
        seconds = reading_seconds + time.process_time() - began
        joblib.dump((FeatureCounts(counts.readers, ()), model), folder / f"{name}.joblib")
        Guesses(
            guesses=tuple(model.guess(blocks)[0] for blocks in asked),
            training_seconds=seconds,
            unseen=Unseen(expected=tuple(labels), guesses=tuple(held_out)),
        ).write(folder / f"{name}.json")
        yield name


def try_judge(folder: Path) -> Iterator[str]:
    """The classifier in use, the safety net, and the judge that hears both."""
    began = time.process_time()
    report = train(folder / "data", _KNOWLEDGE, folder / "models")
    seconds = time.process_time() - began
    right = [CLASSES.index(example.urgency) for example in report.examples]
    np.savez(folder / SHARES_FILE, allow_pickle=False, shares=report.unseen, right=np.array(right))
    expected = tuple(example.urgency.value for example in report.examples)
    held_out = {
        SAFETY_NET: _guesses(_guesser(SAFETY_NET, folder), [one.text for one in report.examples]),
        JOINED: tuple(CLASSES[place].value for place in report.unseen.argmax(axis=1)),
        JUDGE: _judge_held_out(report, folder),
    }
    texts = read_texts(folder / "test.jsonl")
    for name, guesses in held_out.items():
        Guesses(
            guesses=_guesses(_guesser(name, folder), texts),
            training_seconds=None if name == SAFETY_NET else seconds,
            unseen=Unseen(expected=expected, guesses=guesses),
        ).write(folder / f"{name}.json")
        yield name


def try_curve(folder: Path) -> Iterator[str]:
    """The whole judge, trained on what the folder holds."""
    train(folder / "data", _KNOWLEDGE, folder / "models")
    guesses = _guesses(_guesser(JUDGE, folder), read_texts(folder / "test.jsonl"))
    Guesses(guesses=guesses).write(folder / f"{JUDGE}.json")
    yield JUDGE


def weigh(name: str, folder: Path) -> Iterator[str]:
    """The time for a message and the most memory of this process."""
    texts = read_texts(folder / "test.jsonl")
    guess = _guesser(name, folder)
    times = []
    for text in (*texts[:_WARM_UP], *texts):
        began = time.perf_counter()
        guess(text)
        times.append((time.perf_counter() - began) * 1000)
    median = statistics.median(times[min(_WARM_UP, len(texts)) :])
    Weight(milliseconds=median, megabytes=_most_memory()).write(folder / f"{name}.weight.json")
    yield name


def _guesser(name: str, folder: Path) -> Guess:
    """A contender as it was trained."""
    if name == JUDGE:
        judge = Judge.load(_KNOWLEDGE, folder / "models")
        return lambda text: judge.judge(text).urgency
    trained = folder / "models" / MODEL_FOLDER
    words = RealWords.load((folder if name in MODELS else trained) / WORDS_FILE)
    reader = ConceptReader.load(_KNOWLEDGE / "concepts", words)
    if name == SAFETY_NET:
        net = SafetyNet.load(_KNOWLEDGE / "safety_net.yml", frozenset(reader.concepts))
        return lambda text: _caught(net, reader.read(text))
    if name == JOINED:
        classifier = UrgencyClassifier.load(trained)
        return lambda text: _likeliest(classifier.probabilities(reader.read(text)))
    counts, model = joblib.load(folder / f"{name}.joblib")
    return lambda text: Urgency(model.guess(counts.counts(features(reader.read(text))))[0])


def _judge_held_out(report: TrainingReport, folder: Path) -> tuple[str, ...]:
    """The judge's urgency of each training message; the classifier had not seen it."""
    words = RealWords.load(folder / "models" / MODEL_FOLDER / WORDS_FILE)
    reader = ConceptReader.load(_KNOWLEDGE / "concepts", words)
    classifier = _HeldOut(report.version)
    judge = Judge(
        concepts=reader,
        safety_net=SafetyNet.load(_KNOWLEDGE / "safety_net.yml", frozenset(reader.concepts)),
        classifier=classifier,
        thresholds=Thresholds.load(_KNOWLEDGE / "thresholds.yml"),
        languages=LanguageReader.load(_KNOWLEDGE / "emergency_phrases.yml"),
        facts=FactsReader.load(_KNOWLEDGE),
        version=report.version,
    )
    given = []
    for example, shares in zip(report.examples, report.unseen, strict=True):
        classifier.shares = shares
        given.append(judge.judge(example.text).urgency.value)
    return tuple(given)


def _guesses(guess: Guess, texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(guess(text).value for text in texts)


def _caught(net: SafetyNet, reading: Reading) -> Urgency:
    verdicts = {rule.gives for rule in net.caught(reading)}
    if Verdict.AKUT in verdicts:
        return Urgency.AKUT
    return Urgency.HOG if Verdict.HOG in verdicts else Urgency.UTANFOR


def _likeliest(shares: dict[Urgency, float]) -> Urgency:
    return max(shares, key=shares.__getitem__)


def _most_memory() -> float:
    # Linux's own high-water mark of this program; getrusage would count the parent's as well.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _main(what: str, folder: Path) -> None:
    works = {"alone": try_alone, "judge": try_judge, "curve": try_curve}
    _, _, contender = what.partition(":")
    done = weigh(contender, folder) if contender else works[what](folder)
    for name in done:
        print(f"done {name}", flush=True)


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
