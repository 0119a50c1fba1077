"""Which messages a trial is trained on, and which it is asked about; kept as files for it."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from services.errors import OperatorError
from services.triage.examples import Example

FOLDS: Final = 5
_SEED: Final = 7


class MassiveError(OperatorError):
    """A file of the MASSIVE data set can't be used; says which and why."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message and the label that is right."""

    text: str
    label: str


def folds(
    labels: Sequence[str], groups: npt.NDArray[np.int32]
) -> tuple[tuple[list[int], list[int]], ...]:
    """Places to train on and places to ask about, five times; a group is never on both sides."""
    split = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=_SEED)
    return tuple(
        (seen.tolist(), unseen.tolist())
        for seen, unseen in split.split(np.zeros(len(labels)), labels, groups)
    )


def part_of(
    examples: Sequence[Example], groups: npt.NDArray[np.int32], share: float
) -> tuple[Example, ...]:
    """At least a share of the examples, whole groups; a smaller share is inside a larger one."""
    by_group: defaultdict[int, list[Example]] = defaultdict(list)
    for group, example in zip(groups, examples, strict=True):
        by_group[int(group)].append(example)
    order = list(by_group.values())
    random.Random(_SEED).shuffle(order)  # noqa: S311 - a sample, no secret
    chosen: list[Example] = []
    for members in order:
        if len(chosen) >= share * len(examples):
            break
        chosen += members
    return tuple(chosen)


def some_of_each(messages: Iterable[Labelled], number: int) -> tuple[Labelled, ...]:
    """As many messages of each label, drawn by chance that is the same each time."""
    by_label: defaultdict[str, list[Labelled]] = defaultdict(list)
    for message in messages:
        by_label[message.label].append(message)
    chance = random.Random(_SEED)  # noqa: S311 - a sample, no secret
    return tuple(
        message
        for _, found in sorted(by_label.items())
        for message in chance.sample(found, min(number, len(found)))
    )


def write_sample(folder: Path, train: Iterable[Labelled], test: Iterable[str]) -> None:
    """``train.jsonl`` and ``test.jsonl``, as ``bot.trials`` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_lines(folder / "train.jsonl", ({"text": m.text, "label": m.label} for m in train))
    _write_lines(folder / "test.jsonl", ({"text": text} for text in test))


def write_training_data(data_dir: Path, examples: Iterable[Example]) -> None:
    """``nlu/*.yml`` with these examples only, as the training of the service reads them."""
    blocks: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for example in examples:
        blocks[example.topic, example.urgency.value].append(f"- {example.text}\n")
    nlu = [
        {"intent": topic, "metadata": {"urgency": urgency}, "examples": "".join(lines)}
        for (topic, urgency), lines in blocks.items()
    ]
    (data_dir / "nlu").mkdir(parents=True, exist_ok=True)
    # JSON is YAML.
    (data_dir / "nlu" / "sample.yml").write_text(
        json.dumps({"version": "3.1", "nlu": nlu}, ensure_ascii=False), encoding="utf-8"
    )


def read_texts(path: Path) -> list[str]:
    """The messages of a ``test.jsonl``."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in file]


def read_massive(path: Path) -> tuple[Labelled, ...]:
    """One file of the MASSIVE data set: ``{"text", "intent"}`` a line. Raises ``MassiveError``."""
    try:
        with path.open(encoding="utf-8") as file:
            return tuple(Labelled(one["text"], one["intent"]) for one in map(json.loads, file))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MassiveError(f"MASSIVE kan inte läsas i {path}: {error}") from None


def _write_lines(path: Path, lines: Iterable[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
