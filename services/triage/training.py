"""Training the urgency classifier: from messages with ``urgency`` to numbers in a file.

A linear support vector machine and a complement naive Bayes each score a message; a multinomial
logistic regression, fitted on scores of messages that they had not seen, joins and calibrates the
two. All three are linear, so they are stored as one matrix, and a judgement costs one product.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import hstack, vstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from services.triage.classifier import CLASSES, MODEL_FOLDER, NAMES_FILE, WEIGHTS_FILE, WORDS_FILE
from services.triage.concepts import ConceptReader
from services.triage.examples import Example, alike, load_examples
from services.triage.features import Features, features
from services.triage.noise import noisy
from services.triage.real_words import RealWords

FOLDS: Final = 5
_THREADS: Final = 2
_NOISE_EVERY: Final = 2
"""Every so many messages is also learnt as typed in haste or misheard."""
_SEED: Final = 7
_LEAST: Final = (2, 2, 3, 3)
"""Messages that a word, two words apart, a character sequence and a concept must occur in."""
_SAY: Final = (1.0, 0.7, 1.0, 0.5)
"""How much words, words apart, characters and concepts weigh against one another."""
_SVM_C: Final = 0.3
_BAYES_ALPHA: Final = 0.3
_JOIN_C: Final = 1.0

type Matrix = Any
"""A sparse matrix; scipy has no types for it."""
type Scores = npt.NDArray[np.float64]
type Labels = npt.NDArray[np.intp]
"""Whole numbers: places of messages, or of their classes."""
type Fold = tuple[Labels, Labels]
"""The places of the messages that are seen, and of those that are held out."""


@dataclass(frozen=True)
class TrainingReport:
    """What came of a training. ``scores`` are of messages while held out."""

    examples: tuple[Example, ...]
    labels: Labels
    """The place of each example's urgency in ``CLASSES``."""
    groups: npt.NDArray[np.int32]
    scores: Scores
    folds: tuple[Fold, ...]
    seconds: float
    version: str

    @cached_property
    def unseen(self) -> Scores:
        """Each message's probabilities by models, the joining one too, that had not seen it."""
        shares = np.zeros((len(self.labels), len(CLASSES)))
        for seen, unseen in self.folds:
            join = _join(self.scores[seen], self.labels[seen])
            shares[unseen] = join.predict_proba(self.scores[unseen])
        return shares

    @property
    def accuracy(self) -> float:
        """Share of held-out messages whose likeliest urgency is right."""
        return float((self.unseen.argmax(axis=1) == self.labels).mean())


@dataclass(frozen=True, slots=True)
class _Space:
    """Which feature of each block has which place, and how rare it is."""

    names: tuple[tuple[str, ...], ...]
    rarity: tuple[npt.NDArray[np.float32], ...]


def _lay_out(clean: Sequence[Features], noise: Sequence[Features]) -> tuple[_Space, Matrix, Matrix]:
    """Learn the space from clean messages; a row for each message, weighted by rarity.

    Returns:
        The space, the rows of the clean messages, those of the noisy ones. Each block of a row has
        the length that ``_SAY`` gives it.
    """
    names, rarity, rows, noisy_rows = [], [], [], []
    for block, (least, say) in enumerate(zip(_LEAST, _SAY, strict=True)):
        vectorizer = TfidfVectorizer(
            analyzer=itemgetter(block), min_df=least, sublinear_tf=True, dtype=np.float32
        )
        rows.append(vectorizer.fit_transform(clean) * say)
        noisy_rows.append(vectorizer.transform(noise) * say)
        names.append(tuple(str(name) for name in vectorizer.get_feature_names_out()))
        rarity.append(vectorizer.idf_.astype(np.float32))
    space = _Space(tuple(names), tuple(rarity))
    return space, hstack(rows, format="csr"), hstack(noisy_rows, format="csr")


@dataclass(frozen=True, slots=True)
class _Linear:
    """Weights and intercepts of both models side by side: ten scores a message."""

    weights: Scores
    intercept: Scores

    @classmethod
    def fit(cls, rows: Matrix, labels: Labels) -> _Linear:
        # A looser end (tol) gives the same scores in half the time.
        svm = LinearSVC(C=_SVM_C, class_weight="balanced", tol=0.05, random_state=_SEED)
        svm.fit(rows, labels)
        bayes = ComplementNB(alpha=_BAYES_ALPHA).fit(rows, labels)
        return cls(
            weights=np.hstack([svm.coef_.T, bayes.feature_log_prob_.T]),
            intercept=np.concatenate([svm.intercept_, np.zeros(len(CLASSES))]),
        )

    def scores(self, rows: Matrix) -> Scores:
        scores: Scores = np.asarray(rows @ self.weights) + self.intercept
        return scores


def train(
    data_dir: Path,
    knowledge_dir: Path,
    models_dir: Path,
    progress: Callable[[str, float], None] | None = None,
) -> TrainingReport:
    """Train on ``data_dir/nlu`` and write the model.

    Args:
        data_dir: Folder with ``nlu/**.yml``.
        knowledge_dir: Folder with the lexicons.
        models_dir: Where the model goes, in a folder of its own; replaced as a whole.
        progress: Called with what is done now and the share done so far.

    Raises:
        ExamplesError, LexiconError: a file can't be used.
    """
    tell = progress or (lambda _what, _share: None)
    started = time.perf_counter()
    examples = load_examples(data_dir)
    labels = np.array([CLASSES.index(example.urgency) for example in examples])
    tell("läser exemplen", 0.05)
    real_words = RealWords.swedish()
    reader = ConceptReader.load(knowledge_dir / "concepts", real_words, remember=True)
    chance = random.Random(_SEED)  # noqa: S311 - noise for training, no secret
    twins = range(0, len(examples), _NOISE_EVERY)
    clean = [features(reader.read(example.text)) for example in examples]
    noise = [features(reader.read(noisy(examples[place].text, chance))) for place in twins]
    space, rows, noisy_rows = _lay_out(clean, noise)
    messages = _Messages(rows, labels, noisy_rows, np.array(twins))
    tell("tränar", 0.4)
    groups = alike([example.text for example in examples])
    folds = _folds(groups)
    scores = np.zeros((len(examples), 2 * len(CLASSES)))
    for number, (unseen, held_out) in enumerate(_hold_out(messages, folds)):
        scores[unseen] = held_out
        tell("tränar", 0.4 + 0.1 * (number + 1))
    spread = scores.std(axis=0)
    scores /= spread  # scores of like size are joined in a few steps
    join = _join(scores, labels)
    linear = _Linear.fit(*messages.all())
    version = _version(examples, space)
    _store(models_dir, space, linear, join.coef_ / spread, join.intercept_, real_words, version)
    tell("klart", 1.0)
    return TrainingReport(
        examples=tuple(examples),
        labels=labels,
        groups=groups,
        scores=scores,
        folds=folds,
        seconds=time.perf_counter() - started,
        version=version,
    )


@dataclass(frozen=True, slots=True)
class _Messages:
    """Rows and labels of the messages, and the rows of some of them as made noisy."""

    rows: Matrix
    labels: Labels
    noisy_rows: Matrix
    twins: Labels
    """Which message each noisy row is made of."""

    def seen(self, places: Labels) -> tuple[Matrix, Labels]:
        """The rows, also the noisy ones, and the labels of some messages."""
        chosen = np.isin(self.twins, places)
        rows = vstack([self.rows[places], self.noisy_rows[chosen]], format="csr")
        return rows, np.concatenate([self.labels[places], self.labels[self.twins[chosen]]])

    def all(self) -> tuple[Matrix, Labels]:
        """The rows and labels of every message."""
        return self.seen(np.arange(len(self.labels)))


def _hold_out(messages: _Messages, folds: Sequence[Fold]) -> Iterator[tuple[Labels, Scores]]:
    """The scores of each part by a model that has not seen it."""

    def score(fold: Fold) -> tuple[Labels, Scores]:
        seen, unseen = fold
        return unseen, _Linear.fit(*messages.seen(seen)).scores(messages.rows[unseen])

    with ThreadPoolExecutor(_THREADS) as pool:  # liblinear lets go of the interpreter
        yield from pool.map(score, folds)


def _join(scores: Scores, labels: Labels) -> LogisticRegression:
    return LogisticRegression(C=_JOIN_C, max_iter=1000).fit(scores, labels)


def _folds(groups: npt.NDArray[np.int32]) -> tuple[Fold, ...]:
    """Parts to hold out in turn. Messages that are nearly the same are in the same part."""
    folds = GroupKFold(FOLDS, shuffle=True, random_state=_SEED)
    return tuple(folds.split(np.zeros(len(groups)), groups=groups))


def _store(
    models_dir: Path,
    space: _Space,
    linear: _Linear,
    join: Scores,
    offset: Scores,
    real_words: RealWords,
    version: str,
) -> None:
    """Write the model as one matrix; a reader sees the old files or the new."""
    weights = linear.weights @ join.T
    intercept = linear.intercept @ join.T + offset
    arrays: dict[str, npt.NDArray[Any]] = {
        "version": np.array(version),
        "intercept": intercept.astype(np.float32),
    }
    start = 0
    for number, (names, say) in enumerate(zip(space.names, _SAY, strict=True)):
        end = start + len(names)
        arrays[f"weights_{number}"] = (weights[start:end] * say).astype(np.float32)
        arrays[f"rarity_{number}"] = space.rarity[number]
        start = end
    folder = models_dir / MODEL_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    names_text = json.dumps({"version": version, "blocks": space.names}, ensure_ascii=False)
    temporary = folder / f".{os.getpid()}"
    with temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    temporary.replace(folder / WEIGHTS_FILE)
    with temporary.open("wb") as file:
        np.save(file, real_words.hashes)
    temporary.replace(folder / WORDS_FILE)
    temporary.write_text(names_text, encoding="utf-8")
    temporary.replace(folder / NAMES_FILE)


def _version(examples: Sequence[Example], space: _Space) -> str:
    digest = sha256()
    for example in examples:
        digest.update(f"{example.urgency}\t{example.text}\n".encode())
    digest.update(json.dumps(space.names[-1]).encode())
    return digest.hexdigest()[:8]
