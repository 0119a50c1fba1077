# ruff: noqa: ARG003 - the arguments' names are Rasa's
"""The intent classifier: a linear support vector machine on words and pieces of words.

Measured against Rasa's own classifiers in ``docs/understanding.md``. With ``ENCODER_MODEL`` set at
training, a transformer's vector of the text is a feature too. It is stored as numbers and
JSON, never as pickled code, and a model that can't be read stops the start.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import sys
from typing import Any

import numpy as np
from joblib import parallel_backend
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_RANKING_KEY,
    METADATA,
    METADATA_INTENT,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import hstack
from scipy.special import log_softmax
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

import bot.encoder
import bot.features
from bot.encoder import Encoder
from bot.features import PARTS, Features, Vocabulary

RANKING_LENGTH = 10
_NUMBERS, _NAMES = "classifier.npz", "classifier.json"
_SHARPNESS = 6.5
"""What to multiply the scores with, so that the chances are right as often as they say.

Found on two fifths of 30,000 messages, held out; near it, it makes little difference.
"""


URGENCIES = ("akut", "hog", "oro", "info", "utanfor")
_AGREEMENT = 0.8
"""How much it counts that an intent's messages have the urgency that this one was judged to."""
_ANY_URGENCY = 1 / 3
"""Share of an intent's messages that may have any urgency, since the judge errs too.

Both found on 12,000 messages, held out from both judges: 0.673 right first without, 0.686 with.
"""


class ClassifierLoadError(RasaException):
    """The stored classifier is missing, broken or does not fit together."""


class Classifier:
    """Tells how probable each intent is; one score a class, brought to the sum of one."""

    def __init__(
        self,
        features: Features,
        intents: list[str],
        weights: np.ndarray,
        bias: np.ndarray,
        leanings: np.ndarray,
        encoder: Encoder | None = None,
    ) -> None:
        self.features, self.intents, self.encoder = features, intents, encoder
        self.weights, self.bias, self.leanings = weights, bias, leanings

    @classmethod
    def trained_on(
        cls,
        texts: list[str],
        intents: list[str],
        urgencies: list[str | None],
        encoder: Encoder | None = None,
    ) -> Classifier:
        """Learn from texts, the intent and the urgency of each; an encoder gives features too."""
        features, matrix = Features.learnt_from(texts)
        if encoder:
            matrix = hstack([matrix, encoder.vectors(texts)], format="csr")
        # A looser end (tol) gives the same results in two thirds of the time.
        each = LinearSVC(C=0.3, tol=0.05, random_state=0)
        with parallel_backend("threading"):  # liblinear lets go of the interpreter
            model = OneVsRestClassifier(each, n_jobs=2).fit(matrix.astype(np.float64), intents)
        names = [str(name) for name in model.classes_]
        # One row a feature, so that a text's few features pick few rows.
        weights = np.ascontiguousarray(
            np.vstack([one.coef_ for one in model.estimators_]).T * _SHARPNESS, dtype=np.float32
        )
        bias = np.concatenate([one.intercept_ for one in model.estimators_]) * _SHARPNESS
        leanings = _leanings(names, intents, urgencies)
        return cls(features, names, weights, bias.astype(np.float32), leanings, encoder)

    def ranking(self, text: str, urgency: str | None = None) -> list[dict[str, Any]]:
        """The most probable intents of a text, best first.

        Args:
            text: What the caller wrote.
            urgency: As the service judged it; intents that seldom have it are less probable.
        """
        columns, values = self.features.of(text)
        scores = (values @ self.weights[columns] + self.bias).astype(np.float64)
        if self.encoder:
            scores += self.encoder.vectors([text])[0] @ self.weights[-self.encoder.width :]
        # With nothing known in it, a text is as unlikely to be one thing as another.
        chances = log_softmax(scores if len(columns) else np.zeros_like(scores))
        if urgency:
            chances = log_softmax(chances + self.leanings[URGENCIES.index(urgency)])
        chances = np.exp(chances)
        best = np.argsort(-chances)[:RANKING_LENGTH]
        return [{"name": self.intents[i], "confidence": float(chances[i])} for i in best]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class WordPieceClassifier(GraphComponent, IntentClassifier):
    """The classifier as Rasa's graph runs it. It reads raw text and needs no other component."""

    def __init__(self, model_storage: ModelStorage, resource: Resource) -> None:
        self._storage, self._resource = model_storage, resource
        self._classifier: Classifier | None = None

    @classmethod
    def required_components(cls) -> list[type]:
        """None: it makes its own features."""
        return []

    @staticmethod
    def required_packages() -> list[str]:
        """What must be installed."""
        return ["sklearn"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """What else a trained component depends on: Rasa's cache looks at this class alone."""
        modules = (bot.features, bot.encoder, sys.modules[__name__])
        sources = (inspect.getsource(module) for module in modules)
        return hashlib.sha256("".join([*sources, _encoder_name()]).encode()).hexdigest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> WordPieceClassifier:
        """An untrained component."""
        return cls(model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples that have an intent, and store what was learnt.

        Raises:
            RasaException: there is nothing to learn from, or the encoder can't be loaded.
        """
        examples = [one for one in training_data.intent_examples if one.get(TEXT)]
        if not examples:
            raise RasaException("bot.intent_classifier: no training examples with an intent")
        texts, intents = [one.get(TEXT) for one in examples], [one.get(INTENT) for one in examples]
        urgencies = [_urgency_of(one) for one in examples]
        encoder = Encoder.load(name) if (name := _encoder_name()) else None
        self._classifier = Classifier.trained_on(texts, intents, urgencies, encoder)
        _store(self._classifier, self._storage, self._resource)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """No later component learns from the ranking, so that nothing is added."""
        return training_data

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> WordPieceClassifier:
        """The component as it was trained.

        Raises:
            ClassifierLoadError: it can't be read. Rasa must not run without understanding.
        """
        component = cls(model_storage, resource)
        component._classifier = _read(model_storage, resource)
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the intent and the ranking to each message."""
        if self._classifier is None:
            raise ClassifierLoadError("bot.intent_classifier: not trained")
        for message in messages:
            judged = (message.get(METADATA) or {}).get("urgency")
            ranking = self._classifier.ranking(message.get(TEXT) or "", judged)
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages


def _urgency_of(example: Message) -> str | None:
    """The urgency that stands above the example in ``data/nlu``."""
    return (example.get(METADATA) or {}).get(METADATA_INTENT, {}).get("urgency")


def _leanings(names: list[str], intents: list[str], urgencies: list[str | None]) -> np.ndarray:
    """What each urgency adds to the score of each intent; the same for intents without any."""
    counts = np.zeros((len(URGENCIES), len(names)))
    for intent, urgency in zip(intents, urgencies, strict=True):
        if urgency:
            counts[URGENCIES.index(urgency), names.index(intent)] += 1
    known = counts.sum(axis=0)
    even = np.full_like(counts, 1 / len(URGENCIES))
    shares = np.divide(counts, known, out=even.copy(), where=known > 0)
    return _AGREEMENT * np.log((1 - _ANY_URGENCY) * shares + _ANY_URGENCY * even)


def _encoder_name() -> str:
    return os.environ.get("ENCODER_MODEL", "")


def _store(classifier: Classifier, storage: ModelStorage, resource: Resource) -> None:
    vocabularies = classifier.features.vocabularies
    names = {
        "intents": classifier.intents,
        "encoder": classifier.encoder.name if classifier.encoder else "",
        **{one.part: one.terms for one in vocabularies},
    }
    numbers = {one.part: one.weights for one in vocabularies}
    with storage.write_to(resource) as folder:
        (folder / _NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
        np.savez(
            folder / _NUMBERS,
            classifier=classifier.weights,
            bias=classifier.bias,
            leanings=classifier.leanings,
            **numbers,
        )


def _read(storage: ModelStorage, resource: Resource) -> Classifier:
    try:
        with storage.read_from(resource) as folder:
            names = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
            with np.load(folder / _NUMBERS, allow_pickle=False) as numbers:
                features = Features(
                    [Vocabulary(part, tuple(names[part]), numbers[part]) for part in PARTS]
                )
                weights, bias = numbers["classifier"], numbers["bias"]
                leanings = numbers["leanings"]
    except (OSError, ValueError, KeyError) as error:
        raise ClassifierLoadError(
            f"bot.intent_classifier: the stored model can't be read ({type(error).__name__})"
        ) from error
    encoder = Encoder.load(names["encoder"]) if names["encoder"] else None
    columns = sum(len(one.terms) for one in features.vocabularies)
    columns += encoder.width if encoder else 0
    if weights.shape != (columns, len(names["intents"])) or bias.shape != weights.shape[1:]:
        raise ClassifierLoadError("bot.intent_classifier: the stored model does not fit together")
    return Classifier(features, names["intents"], weights, bias, leanings, encoder)
