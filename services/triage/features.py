"""From a reading to the features that the urgency classifier weighs, as strings in four blocks."""

from __future__ import annotations

import itertools
from typing import Final, NamedTuple

from services.triage.concepts import NUMBER, Reading
from services.triage.lexicon import Kind

_CHARACTERS: Final = range(3, 6)
_LENGTHS: Final = (2, 4, 7, 12, 20, 40)
"""Words; a message beyond the last length tells a whole story."""


class Features(NamedTuple):
    """Words and neighbours, words one or two apart, characters, concepts; each as often as said."""

    words: list[str]
    apart: list[str]
    characters: list[str]
    concepts: list[str]


def features(reading: Reading) -> Features:
    """The features of a message. Faith, origin, milieu, names and numbers are one mark each."""
    words = _masked(reading)
    pairs = [f"{one} {other}" for one, other in itertools.pairwise(("^", *words, "$"))]
    return Features(
        words=words + pairs,
        apart=[
            f"{one}…{other}"
            for place, one in enumerate(words)
            for other in words[place + 2 : place + 4]
        ],
        characters=[gram for word in words for gram in _grams(word)],
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


def _concepts(reading: Reading) -> list[str]:
    spoken = [hit for hit in reading.hits if hit.kind is not Kind.GRUPP]
    said: list[str] = []
    for hit in spoken:
        sign = "-" if hit.negated else ""
        said += (f"{hit.concept}{sign}", f"<{hit.kind}>{sign}")
    together = itertools.combinations(sorted({hit.concept for hit in spoken}), 2)
    said += [f"{one}+{other}" for one, other in together]
    length = len(reading.words)
    return said + [f"<mer än {limit} ord>" for limit in _LENGTHS if length > limit]
