"""Stock Rasa as the peer: a project as its own guide makes it, of a sample of our training data."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import yaml

from services.evaluation.samples import Labelled, some_of_each
from services.triage.examples import load_examples

CREDENTIALS: Final = "credentials.yml"
_VERSION: Final = "3.1"
_CONFIG: Final = {"recipe": "default.v1", "assistant_id": "stock", "language": "sv"}
"""Without ``pipeline`` and ``policies`` Rasa takes those that it recommends."""
_REPLY: Final = "Tack, här är svaret på din fråga."
_FIRST: Final = "hej"


def sample(data_dir: Path, each: int) -> tuple[Labelled, ...]:
    """So many of our training messages of each topic, the same each time."""
    examples = load_examples(data_dir)
    return some_of_each((Labelled(one.text, str(one.topic)) for one in examples), each)


def write_project(folder: Path, messages: Sequence[Labelled]) -> str:
    """A Rasa project: each topic is an intent with a reply, told as a rule and in a story.

    Args:
        folder: Where; made if need be.
        messages: What it learns from.

    Returns:
        A mark of all that it is trained on.
    """
    by_topic: defaultdict[str, list[str]] = defaultdict(list)
    for message in messages:
        by_topic[message.label].append(f"- {message.text}\n")
    nlu = [{"intent": topic, "examples": "".join(lines)} for topic, lines in by_topic.items()]
    rules = [{"rule": topic, "steps": _answered(topic)} for topic in by_topic]
    stories = [
        {"story": topic, "steps": [*_answered(_FIRST), *_answered(topic)]}
        for topic in by_topic
        if topic != _FIRST
    ]
    domain = {
        "intents": list(by_topic),
        "responses": {_utter(topic): [{"text": _REPLY}] for topic in (*by_topic, "default")},
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }
    files = {
        "config.yml": _CONFIG,
        "domain.yml": {"version": _VERSION, **domain},
        CREDENTIALS: {"rest": None},
        "data/nlu.yml": {"version": _VERSION, "nlu": nlu},
        "data/rules.yml": {"version": _VERSION, "rules": rules},
        "data/stories.yml": {"version": _VERSION, "stories": stories},
    }
    (folder / "data").mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    for name, content in files.items():
        written = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (folder / name).write_text(written, encoding="utf-8")
        digest.update(written.encode())
    return digest.hexdigest()[:12]


def _answered(topic: str) -> list[dict[str, str]]:
    return [{"intent": topic}, {"action": _utter(topic)}]


def _utter(topic: str) -> str:
    return f"utter_{topic}"
