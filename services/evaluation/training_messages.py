"""The training messages of ``data/nlu``, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from services.evaluation.near_duplicates import PlacedText

_MARK: Final = "- "


def read_training_messages(folder: Path) -> tuple[PlacedText, ...]:
    """Every example of every Rasa NLU file below a folder.

    The place is the file's path below the folder and the line: ``oro/lamna.yml:9``.
    """
    return tuple(
        PlacedText(f"{path.relative_to(folder)}:{line}", text)
        for path in sorted(folder.rglob("*.yml"))
        for line, text in _examples(path)
    )


def _examples(path: Path) -> Iterator[tuple[int, str]]:
    # Composed, not loaded: nodes know their line, so that an editor finds the message at once.
    with path.open(encoding="utf-8") as file:
        root = yaml.compose(file, Loader=yaml.CSafeLoader)
    for key, value in _entries(root):
        if key == "examples" and isinstance(value, yaml.ScalarNode):
            first = value.start_mark.line + 2  # the line below "examples: |", counted from 1
            for line, text in enumerate(value.value.splitlines(), start=first):
                if text.startswith(_MARK):
                    yield line, text.removeprefix(_MARK).strip()


def _entries(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    match node:
        case yaml.MappingNode(value=entries):
            for key, value in entries:
                yield key.value, value
                yield from _entries(value)
        case yaml.SequenceNode(value=items):
            for item in items:
                yield from _entries(item)
