"""Contenders that are scikit-learn models on the features of the classifier in use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from bot.features import PARTS, fold

_MODEL = "model.joblib"


def _tfidf(*parts: str) -> FeatureUnion:
    return FeatureUnion([
        (
            part,
            TfidfVectorizer(
                preprocessor=fold, sublinear_tf=True, dtype=np.float32, **PARTS[part]
            ),
        )
        for part in parts
    ])  # fmt: skip


def _machine(**more: Any) -> LinearSVC:
    return LinearSVC(C=0.3, tol=0.05, random_state=0, **more)


MODELS: dict[str, Any] = {
    "linear-svc": lambda: make_pipeline(_tfidf(*PARTS), _machine(class_weight="balanced")),
    "complement-nb": lambda: make_pipeline(_tfidf(*PARTS), ComplementNB(alpha=0.3)),
    "words-only": lambda: make_pipeline(_tfidf("words"), _machine()),
}


class ScikitContender:
    """A trained model, kept in a file that only the same trial reads."""

    def __init__(self, model: Pipeline) -> None:
        self._model = model

    @classmethod
    def trained(
        cls, name: str, texts: list[str], labels: list[str], store: Path
    ) -> ScikitContender:
        """Train and keep the model in a folder."""
        store.mkdir(parents=True, exist_ok=True)
        joblib.dump(MODELS[name]().fit(texts, labels), store / _MODEL)
        return cls.load(store)

    @classmethod
    def load(cls, store: Path) -> ScikitContender:
        """Read a model that was kept."""
        return cls(joblib.load(store / _MODEL))

    def guesses(self, texts: list[str]) -> list[str]:
        """The likeliest label of each text."""
        return [str(label) for label in self._model.predict(texts)]
