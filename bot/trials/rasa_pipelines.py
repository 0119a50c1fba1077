"""Contenders that are Rasa pipelines, trained and asked as Rasa itself would."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.model_training import train_nlu

from bot.quiet_logs import keep_words_out_of_logs
from bot.turn_request import harmless

DIET_EPOCHS = 30
"""Of the 100 that Rasa recommends: what 10 minutes allow on one core (said in the table)."""

_COUNTED_WORDS = [
    {"name": "WhitespaceTokenizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]

PIPELINES: dict[str, list[dict[str, Any]]] = {
    "rasa-logistic-regression": [*_COUNTED_WORDS, {"name": "LogisticRegressionClassifier"}],
    # Rasa's recommended pipeline; what reads entities and picks responses is left out.
    "rasa-diet": [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        *_COUNTED_WORDS[1:],
        {
            "name": "DIETClassifier",
            "epochs": DIET_EPOCHS,
            "constrain_similarities": True,
            "entity_recognition": False,
            "random_seed": 0,
        },
    ],
    "word-piece": [{"name": "bot.intent_classifier.WordPieceClassifier"}],
}

_MODEL = "model"


class RasaContender:
    """A trained pipeline; one message is parsed at a time, as when a caller writes."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._loop = asyncio.new_event_loop()

    @classmethod
    def trained(cls, name: str, texts: list[str], labels: list[str], store: Path) -> RasaContender:
        """Train and keep the model in a folder."""
        store.mkdir(parents=True, exist_ok=True)
        config, messages = store / "config.yml", store / "nlu.yml"
        # JSON is YAML; Rasa reads nothing else than files.
        config.write_text(
            json.dumps({
                "recipe": "default.v1",
                "assistant_id": "trial",
                "language": "sv",
                "pipeline": PIPELINES[name],
            }),
            encoding="utf-8",
        )  # fmt: skip
        messages.write_text(_nlu(texts, labels), encoding="utf-8")
        train_nlu(str(config), str(messages), str(store), fixed_model_name=_MODEL)
        return cls.load(store)

    @classmethod
    def load(cls, store: Path) -> RasaContender:
        """Read a model that was kept."""
        keep_words_out_of_logs()
        return cls(Agent.load(store / f"{_MODEL}.tar.gz"))

    def guesses(self, texts: list[str]) -> list[str]:
        """The likeliest label of each text."""
        return [self._guess(text) for text in texts]

    def _guess(self, text: str) -> str:
        parse = self._loop.run_until_complete(self._agent.parse_message(harmless(text)))
        return str(parse["intent"]["name"])


def _nlu(texts: list[str], labels: list[str]) -> str:
    lines = defaultdict(list)
    for text, label in zip(texts, labels, strict=True):
        lines[label].append(f"- {text}\n")
    blocks = (
        json.dumps({"intent": label, "examples": "".join(found)}, ensure_ascii=False)
        for label, found in lines.items()
    )
    # The key on a line of its own: Rasa looks for it so before it takes the file for NLU data.
    return "\n- ".join(('version: "3.1"\nnlu:', *blocks))
