"""Training messages from Rasa's NLU files, and which of them are nearly the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import yaml
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import CountVectorizer

from services.triage.words import fold, normalise
from services.vocabulary import TopicId, Urgency

_ALIKE: Final = 0.5
"""Share of common character 4-grams (Jaccard) from which two messages count as one."""
_COMMON_GRAM: Final = 80
"""Sequences in more messages than this tell nothing of likeness, and cost much."""


class ExamplesError(Exception):
    """A file of training messages can't be used; says which and why."""


@dataclass(frozen=True, slots=True)
class Example:
    """A training message with what it is about, and the file it stands in."""

    text: str
    urgency: Urgency
    topic: TopicId
    file: str


def load_examples(data_dir: Path) -> list[Example]:
    """Every message in ``nlu/**.yml`` whose block has an ``urgency``. Raises ``ExamplesError``."""
    folder = data_dir / "nlu"
    examples = [
        example for path in sorted(folder.rglob("*.yml")) for example in _read(path, folder)
    ]
    if not examples:
        raise ExamplesError(f"no training messages in {folder}")
    return examples


def _read(path: Path, folder: Path) -> Iterator[Example]:
    name = path.relative_to(folder).as_posix()
    try:
        blocks = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)["nlu"]
        for block in blocks:
            urgency = (block.get("metadata") or {}).get("urgency")
            if urgency is None:
                continue
            for line in block["examples"].splitlines():
                if line.startswith("- ") and line[2:].strip():
                    yield Example(
                        line[2:].strip(), Urgency(urgency), TopicId(block["intent"]), name
                    )
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ExamplesError(f"{name}: {error}") from error


def alike(texts: Sequence[str]) -> npt.NDArray[np.int32]:
    """A group number for each text; texts that are nearly the same share it."""
    grams = CountVectorizer(
        analyzer="char", ngram_range=(4, 4), binary=True, max_df=_COMMON_GRAM, dtype=np.int32
    )
    present = csr_matrix(grams.fit_transform(_plain(texts)))
    sizes = np.asarray(present.sum(axis=1)).ravel()
    shared = (present @ present.T).tocoo()
    union = sizes[shared.row] + sizes[shared.col] - shared.data
    near = shared.data > _ALIKE * union
    graph = csr_matrix(
        (np.ones(int(near.sum())), (shared.row[near], shared.col[near])), shape=shared.shape
    )
    _, labels = connected_components(graph, directed=False)
    groups: npt.NDArray[np.int32] = labels
    return groups


def _plain(texts: Iterable[str]) -> list[str]:
    return [f" {fold(normalise(text))} " for text in texts]
