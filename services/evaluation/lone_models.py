"""Single models on the urgency classifier's own features, to see what joining them is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import hstack
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from services.triage.features import Features

type Matrix = Any
"""A sparse matrix; scipy has no types for it."""

_LEAST: Final = 2
"""Messages that a feature must occur in."""

MODELS: Final = {
    "naive-bayes": lambda: ComplementNB(alpha=0.3),
    "svm": lambda: LinearSVC(C=0.3, class_weight="balanced", tol=0.01, random_state=7),
    "logistic-regression": lambda: OneVsRestClassifier(
        LogisticRegression(
            C=10, class_weight="balanced", solver="liblinear", dual=True, tol=0.01, random_state=7
        )
    ),
}


@dataclass(frozen=True, slots=True)
class FeatureCounts:
    """Messages' features counted: a matrix for each block, a row for each message."""

    readers: tuple[DictVectorizer, ...]
    blocks: tuple[Matrix, ...]

    @classmethod
    def of(cls, messages: Sequence[Features]) -> Self:
        """Count the features of messages."""
        readers, blocks = [], []
        for number in range(len(messages[0].blocks)):
            reader = DictVectorizer(dtype=np.float32)
            blocks.append(reader.fit_transform([one.blocks[number] for one in messages]))
            readers.append(reader)
        return cls(tuple(readers), tuple(blocks))

    def counts(self, message: Features) -> tuple[Matrix, ...]:
        """The counts of another message; what is not known is left out."""
        pairs = zip(self.readers, message.blocks, strict=True)
        return tuple(reader.transform([block]) for reader, block in pairs)


@dataclass(frozen=True, slots=True)
class LoneModel:
    """A fitted model; every block of features is weighed by rarity and has the same say."""

    kept: tuple[npt.NDArray[np.intp], ...]
    rarity: tuple[TfidfTransformer, ...]
    model: Any

    @classmethod
    def fit(cls, name: str, blocks: Sequence[Matrix], labels: Sequence[str]) -> Self:
        """Fit the model of this name (see ``MODELS``)."""
        kept = tuple(np.flatnonzero(block.getnnz(axis=0) >= _LEAST) for block in blocks)
        rarity = tuple(
            TfidfTransformer(sublinear_tf=True).fit(block[:, places])
            for block, places in zip(blocks, kept, strict=True)
        )
        unfitted = cls(kept, rarity, MODELS[name]())
        unfitted.model.fit(unfitted._rows(blocks), labels)
        return unfitted

    def guess(self, blocks: Sequence[Matrix]) -> list[str]:
        """The likeliest label of each row."""
        return [str(label) for label in self.model.predict(self._rows(blocks))]

    def _rows(self, blocks: Sequence[Matrix]) -> Matrix:
        parts = zip(blocks, self.kept, self.rarity, strict=True)
        return hstack([rarity.transform(block[:, kept]) for block, kept, rarity in parts], "csr")
