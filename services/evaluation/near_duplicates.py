"""Messages that say almost the same in the same words.

Two messages are compared by the sets of four letters in a row that they hold (Jaccard similarity).
Case, accents and rings, spaces and punctuation are left out first, since they are what hurried
people leave out: "God kväll!" and "godkvall" are the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer

NEAR: Final = 0.6
"""From this similarity on, two messages are near-duplicates.

Chosen by reading pairs from the data: below 0.55 they share a name ("nationella samordnaren") or a
common turn of phrase, from 0.6 on one is the other with a word exchanged, added or left out.
"""
_LETTERS: Final = 4
_BLOCK: Final = 500


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A message and where it stands."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class SimilarPair:
    """The places of two messages, and how similar they are (0 to 1)."""

    first: str
    second: str
    similarity: float


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """Near-duplicates inside the training set, and between it and the evaluation set."""

    inside: tuple[SimilarPair, ...]
    leaks: tuple[SimilarPair, ...]


def find_near_duplicates(
    training: Sequence[PlacedText], evaluation: Sequence[PlacedText]
) -> NearDuplicates:
    """Compare every training message with every other message of both sets; most similar first.

    In a leak the training message is the first. Pairs inside the evaluation set are not looked
    for: some are made alike on purpose.
    """
    texts = (*training, *evaluation)
    inside: list[SimilarPair] = []
    leaks: list[SimilarPair] = []
    for left, right, similarity in _similar(tuple(one.text for one in texts)):
        first, second = sorted((left, right))
        if first >= len(training):
            continue
        pair = SimilarPair(texts[first].place, texts[second].place, similarity)
        (inside if second < len(training) else leaks).append(pair)
    return NearDuplicates(_ordered(inside), _ordered(leaks))


def _ordered(pairs: Sequence[SimilarPair]) -> tuple[SimilarPair, ...]:
    return tuple(sorted(pairs, key=lambda pair: (-pair.similarity, pair.first, pair.second)))


def _similar(texts: Sequence[str]) -> Iterator[tuple[int, int, float]]:
    """Each pair of texts that is near, once: the texts' indexes and the similarity.

    Texts are taken in order of size, a block at a time, and compared only with those that are not
    too large to be near: two sets can't be more similar than the ratio of their sizes.
    """
    grams = _grams(texts)
    sizes = np.diff(grams.indptr)
    order = np.argsort(sizes, kind="stable")
    grams, sizes = grams[order], sizes[order]
    start = int(np.searchsorted(sizes, 1))  # a text without four letters in a row is like no other
    for begin in range(start, len(sizes), _BLOCK):
        end = min(begin + _BLOCK, len(sizes))
        limit = int(np.searchsorted(sizes, sizes[end - 1] / NEAR, side="right"))
        shared = (grams[begin:end] @ grams[begin:limit].T).tocoo()
        rows, columns = shared.row + begin, shared.col + begin
        similarity = shared.data / (sizes[rows] + sizes[columns] - shared.data)
        near = (similarity >= NEAR) & (rows < columns)
        found = zip(order[rows[near]], order[columns[near]], similarity[near], strict=True)
        yield from ((int(left), int(right), float(ratio)) for left, right, ratio in found)


def _grams(texts: Sequence[str]) -> csr_array:
    """A row for each text: ones for the fours of letters that it holds."""
    vectorizer = CountVectorizer(
        analyzer="char",
        ngram_range=(_LETTERS, _LETTERS),
        binary=True,
        lowercase=False,
        dtype=np.int32,
    )
    # The spaces at the ends let a short word count too, and tell the beginning from the middle.
    return csr_array(vectorizer.fit_transform(f" {_letters(text)} " for text in texts))


def _letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())
