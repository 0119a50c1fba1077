"""From a reading to the features that the urgency classifier weighs, as strings in four blocks."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Final

from services.triage.concepts import NUMBER, Reading
from services.triage.lexicon import Kind

_CHARACTERS: Final = range(3, 6)
_LONG: Final = 40
"""Words; a message beyond this length tells a whole story."""


@dataclass(frozen=True, slots=True)
class Features:
    """Counts of words and neighbours, of words one or two apart, of characters, of concepts."""

    words: Counter[str]
    apart: Counter[str]
    characters: Counter[str]
    concepts: Counter[str]

    @property
    def blocks(self) -> tuple[Counter[str], ...]:
        """The four blocks in their order."""
        return self.words, self.apart, self.characters, self.concepts


def features(reading: Reading) -> Features:
    """The features of a message. Faith, origin, milieu, names and numbers are one mark each."""
    words = _masked(reading)
    pairs = (f"{one} {other}" for one, other in itertools.pairwise(("^", *words, "$")))
    return Features(
        words=Counter(itertools.chain(words, pairs)),
        apart=Counter(
            f"{one}…{other}"
            for place, one in enumerate(words)
            for other in words[place + 2 : place + 4]
        ),
        characters=Counter(gram for word in words for gram in _grams(word)),
        concepts=_concepts(reading),
    )


def _masked(reading: Reading) -> list[str]:
    masks: dict[int, str] = {}
    for hit in reading.hits:
        if hit.kind is Kind.GRUPP:
            masks[hit.start] = f"<{hit.concept}>"
            masks.update(dict.fromkeys(range(hit.start + 1, hit.end), ""))
    words = (
        masks.get(place, NUMBER if word.text.isdigit() else word.text)
        for place, word in enumerate(reading.words)
    )
    return [word for word in words if word]


def _grams(word: str) -> list[str]:
    if word.startswith("<"):
        return []
    padded = f" {word[:30]} "
    return [
        padded[start : start + length]
        for length in _CHARACTERS
        for start in range(len(padded) - length + 1)
    ]


def _concepts(reading: Reading) -> Counter[str]:
    counts: Counter[str] = Counter()
    spoken = [hit for hit in reading.hits if hit.kind is not Kind.GRUPP]
    for hit in spoken:
        counts[f"{hit.concept}-" if hit.negated else hit.concept] += 1
        counts[f"<{hit.kind}>{'-' if hit.negated else ''}"] += 1
    for one, other in itertools.combinations(sorted({hit.concept for hit in spoken}), 2):
        counts[f"{one}+{other}"] = 1
    length = len(reading.words)
    for limit in (2, 4, 7, 12, 20, _LONG):
        if length > limit:
            counts[f"<mer än {limit} ord>"] = 1
    return counts
