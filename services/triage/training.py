"""Training the urgency classifier: from messages with ``urgency`` to numbers in a file.

A linear support vector machine and a complement naive Bayes each score a message; a multinomial
logistic regression, fitted on scores of messages that they had not seen, joins and calibrates the
two. All three are linear, so they are stored as one matrix, and a judgement costs one product.
"""

from __future__ import annotations

import json
import math
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
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
type Fold = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
"""The places of the messages that are seen, and of those that are held out."""


@dataclass(frozen=True)
class TrainingReport:
    """What came of a training. ``scores`` are of messages while held out."""

    examples: tuple[Example, ...]
    groups: npt.NDArray[np.int32]
    scores: Scores
    folds: tuple[Fold, ...]
    seconds: float
    version: str

    @cached_property
    def unseen(self) -> Scores:
        """Each message's probabilities by models, the joining one too, that had not seen it."""
        labels = _labels(self.examples)
        shares = np.zeros((len(labels), len(CLASSES)))
        for seen, unseen in self.folds:
            join = _join(self.scores[seen], labels[seen])
            shares[unseen] = join.predict_proba(self.scores[unseen])
        return shares

    @property
    def accuracy(self) -> float:
        """Share of held-out messages whose likeliest urgency is right."""
        return float((self.unseen.argmax(axis=1) == _labels(self.examples)).mean())


@dataclass(frozen=True, slots=True)
class _Space:
    """Which feature has which place, and how rare each is."""

    names: tuple[tuple[str, ...], ...]
    rarity: tuple[npt.NDArray[np.float32], ...]

    @classmethod
    def of(cls, all_features: Sequence[Features]) -> _Space:
        names, rarity = [], []
        for block, least in enumerate(_LEAST):
            present = Counter(name for one in all_features for name in one.blocks[block])
            kept = sorted(name for name, count in present.items() if count >= least)
            counts = np.array([present[name] for name in kept])
            names.append(tuple(kept))
            idf = np.log((1 + len(all_features)) / (1 + counts)) + 1
            rarity.append(idf.astype(np.float32))
        return cls(tuple(names), tuple(rarity))

    def matrix(self, all_features: Sequence[Features]) -> Matrix:
        """A row for each message: weighted by rarity, of length ``_SAY`` in each block."""
        return hstack(
            [self._block(number, all_features) for number in range(len(self.names))], format="csr"
        )

    def _block(self, number: int, all_features: Sequence[Features]) -> Matrix:
        places = {name: place for place, name in enumerate(self.names[number])}
        columns: list[int] = []
        values: list[float] = []
        ends = [0]
        for one in all_features:
            for name, count in one.blocks[number].items():
                if name in places:
                    columns.append(places[name])
                    values.append(1.0 if count == 1 else 1 + math.log(count))
            ends.append(len(columns))
        shape = (len(all_features), len(places))
        block = csr_matrix((values, columns, ends), shape=shape, dtype=np.float32)
        block = block.multiply(self.rarity[number]).tocsr()
        lengths = np.sqrt(np.asarray(block.multiply(block).sum(axis=1)).ravel())
        lengths[lengths == 0] = 1
        return block.multiply((_SAY[number] / lengths)[:, np.newaxis]).tocsr()


@dataclass(frozen=True, slots=True)
class _Linear:
    """Weights and intercepts of both models side by side: ten scores a message."""

    weights: Scores
    intercept: Scores

    @classmethod
    def fit(cls, rows: Matrix, labels: npt.NDArray[np.intp]) -> _Linear:
        svm = LinearSVC(C=_SVM_C, class_weight="balanced", random_state=_SEED).fit(rows, labels)
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
    tell("läser orden", 0.0)
    real_words = RealWords.swedish()
    reader = ConceptReader.load(knowledge_dir / "concepts", real_words)
    tell("läser exemplen", 0.15)
    clean = [features(reader.read(example.text)) for example in examples]
    chance = random.Random(_SEED)  # noqa: S311 - noise for training, no secret
    noisy_places = range(0, len(examples), _NOISE_EVERY)
    noise = [features(reader.read(noisy(examples[place].text, chance))) for place in noisy_places]
    space = _Space.of(clean)
    rows, noisy_rows = space.matrix(clean), space.matrix(noise)
    tell("tränar", 0.4)
    groups = alike([example.text for example in examples])
    labels = _labels(examples)
    folds = _folds(labels, groups)
    scores = np.zeros((len(examples), 2 * len(CLASSES)))

    def hold_out(fold: Fold) -> None:
        seen, unseen = fold
        twins = np.isin(noisy_places, seen)
        model = _Linear.fit(
            vstack([rows[seen], noisy_rows[twins]]),
            np.concatenate([labels[seen], labels[noisy_places][twins]]),
        )
        scores[unseen] = model.scores(rows[unseen])

    with ThreadPoolExecutor(_THREADS) as pool:  # liblinear lets go of the interpreter
        for number, _ in enumerate(pool.map(hold_out, folds)):
            tell("tränar", 0.4 + 0.1 * (number + 1))
    tell("tränar på allt", 0.9)
    spread = scores.std(axis=0)
    scores /= spread  # scores of like size are joined in a few steps
    join = _join(scores, labels)
    linear = _Linear.fit(vstack([rows, noisy_rows]), np.concatenate([labels, labels[noisy_places]]))
    version = _version(examples, space)
    _store(models_dir, space, linear, join.coef_ / spread, join.intercept_, real_words, version)
    tell("klart", 1.0)
    return TrainingReport(
        examples=tuple(examples),
        groups=groups,
        scores=scores,
        folds=folds,
        seconds=time.perf_counter() - started,
        version=version,
    )


def _labels(examples: Sequence[Example]) -> npt.NDArray[np.intp]:
    return np.array([CLASSES.index(example.urgency) for example in examples])


def _join(scores: Scores, labels: npt.NDArray[np.intp]) -> LogisticRegression:
    return LogisticRegression(C=_JOIN_C, max_iter=1000).fit(scores, labels)


def _folds(labels: npt.NDArray[np.intp], groups: npt.NDArray[np.int32]) -> tuple[Fold, ...]:
    """Parts to hold out in turn. Messages that are nearly the same are in the same part."""
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=_SEED)
    return tuple(folds.split(np.zeros(len(labels)), labels, groups))


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
