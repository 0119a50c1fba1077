"""The material of a comparison: every message, and the samples that contenders learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.evaluation.cases import Case, read_cases
from services.evaluation.samples import (
    Labelled,
    folds,
    part_of,
    read_massive,
    some_of_each,
    write_sample,
    write_training_data,
)
from services.privacy.masking import mask_identifiers
from services.triage.examples import Example, alike, load_examples

_PARTS: Final = (0.125, 0.25, 0.5)
_EACH: Final = 20
_HELD_OUT: Final = 2
"""Of the five parts, those that topics are held out in: thousands of messages are enough."""


@dataclass(frozen=True, slots=True)
class Material:
    """All messages of the comparison, and the folder where each sample of them is kept."""

    folder: Path
    examples: tuple[Example, ...]
    cases: tuple[Case, ...]
    unseen: tuple[tuple[str, ...], ...]
    """The topics of each fold's held-out messages."""
    massive: tuple[Labelled, ...] | None
    """The messages of MASSIVE that are asked about."""
    parts: tuple[int, ...]
    """The number of messages in each part of the learning curve."""

    @property
    def whole(self) -> Path:
        """All of the training data, and the open set."""
        return self.folder / "open"

    @property
    def fold_folders(self) -> list[Path]:
        """The training data less a part, and that part, by topic."""
        return [self.folder / f"fold-{number}" for number in range(_HELD_OUT)]

    @property
    def part_folders(self) -> list[Path]:
        """Parts of the training data, the smallest first, and the open set."""
        return [self.folder / f"part-{share:g}" for share in _PARTS]

    @property
    def massive_some(self) -> Path:
        """Twenty messages of each intent of MASSIVE, and those asked about."""
        return self.folder / f"massive-{_EACH}"

    @property
    def massive_all(self) -> Path:
        """All of MASSIVE's training part, and those asked about."""
        return self.folder / "massive-all"

    @property
    def smallest(self) -> Path:
        """The smallest part: all that Rasa's own learn from in a time that can be waited for."""
        return self.part_folders[0]


def prepare(data_dir: Path, folder: Path, massive: Path | None) -> Material:
    """Write every sample to a folder of its own.

    Args:
        data_dir: Folder with ``nlu`` and ``evaluation``.
        folder: An empty folder for the samples.
        massive: A folder with ``train.jsonl`` and ``dev.jsonl`` of the MASSIVE data set.

    Raises:
        ExamplesError, MalformedCaseError, MassiveError: a file can't be used.
    """
    examples = tuple(load_examples(data_dir))
    cases = tuple(filed.case for filed in read_cases(data_dir / "evaluation"))
    asked = [mask_identifiers(case.text) for case in cases]
    groups = alike([example.text for example in examples])
    topics = [str(example.topic) for example in examples]
    split = folds(topics, groups)[:_HELD_OUT]
    material = Material(
        folder=folder,
        examples=examples,
        cases=cases,
        unseen=tuple(tuple(topics[place] for place in unseen) for _, unseen in split),
        massive=read_massive(massive / "dev.jsonl") if massive else None,
        parts=tuple(len(part_of(examples, groups, share)) for share in _PARTS),
    )
    for where, (seen, unseen) in zip(material.fold_folders, split, strict=True):
        train = _by_topic([examples[place] for place in seen])
        write_sample(where, train, [examples[place].text for place in unseen])
    for where, share in zip(material.part_folders, _PARTS, strict=True):
        _write_both(where, part_of(examples, groups, share), asked)
    _write_both(material.whole, examples, asked)
    if massive is not None:
        real = read_massive(massive / "train.jsonl")
        texts = [one.text for one in material.massive or ()]
        write_sample(material.massive_some, some_of_each(real, _EACH), texts)
        write_sample(material.massive_all, real, texts)
    return material


def _write_both(where: Path, examples: Sequence[Example], asked: Sequence[str]) -> None:
    write_sample(where, _by_topic(examples), asked)
    write_training_data(where / "data", examples)


def _by_topic(examples: Sequence[Example]) -> list[Labelled]:
    return [Labelled(example.text, str(example.topic)) for example in examples]
