"""Reading the lexicons in ``knowledge/concepts``: how the words are written is told there."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import yaml

_SHORT_FORMS: Final = "forkortningar.yml"
_SEPARATOR: Final = re.compile(r"[,\n]")

ENDINGS: Final = frozenset({
    "", "a", "ad", "ade", "ades", "an", "ande", "ans", "ar", "are", "aren", "arens", "arna",
    "arnas", "ars", "as", "at", "ats", "d", "dd", "dde", "de", "des", "e", "en", "ens", "er",
    "erna", "ernas", "ers", "es", "et", "ets", "it", "its", "n", "na", "nas", "ne", "nes",
    "ns", "or", "orna", "ornas", "r", "rna", "rnas", "s", "t", "te", "tes", "ts", "tt",
})  # fmt: skip
"""The endings that ``~`` stands for, "" among them."""
LONGEST_ENDING: Final = max(map(len, ENDINGS))


class Kind(StrEnum):
    """What a concept does to the urgency."""

    FARA = "fara"
    MILDRAR = "mildrar"
    LAGE = "läge"
    FRAGA = "fråga"
    GRUPP = "grupp"


class LexiconError(Exception):
    """A lexicon can't be read; says which file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A meaning and the phrases that carry it."""

    id: str
    meaning: str
    kind: Kind
    phrases: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All concepts, and the short forms that are spelt out before they are looked for."""

    concepts: tuple[Concept, ...]
    short_forms: dict[str, str]


def load_lexicon(folder: Path) -> Lexicon:
    """Read every lexicon of a folder.

    Raises:
        LexiconError: a file is missing, is no YAML or lacks a field.
    """
    short_forms: dict[str, str] = {}
    concepts: dict[str, Concept] = {}
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise LexiconError(f"no lexicons in {folder}")
    for path in paths:
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            if path.name == _SHORT_FORMS:
                short_forms = {str(short): str(full) for short, full in content.items()}
                continue
            for name, fields in content.items():
                if name in concepts:
                    raise LexiconError(f"{path.name}: the concept {name} is written twice")
                concepts[name] = Concept(
                    id=name,
                    meaning=fields["betyder"],
                    kind=Kind(fields["sort"]),
                    phrases=tuple(_phrases(fields["ord"])),
                )
        except (yaml.YAMLError, KeyError, ValueError, AttributeError, TypeError) as error:
            raise LexiconError(f"{path.name}: {error}") from error
    return Lexicon(tuple(concepts.values()), short_forms)


def _phrases(text: str) -> Iterator[tuple[str, ...]]:
    seen: set[tuple[str, ...]] = set()
    for entry in _SEPARATOR.split(text.lower()):
        slots = [slot.split("/") for slot in entry.split()]
        for phrase in itertools.product(*slots):
            if phrase and phrase not in seen:
                seen.add(phrase)
                yield phrase
