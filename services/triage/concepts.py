"""Finding concepts in a message: thousands of word forms, misspelt, undotted, joined or split."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final, NamedTuple

import spacy
from rapidfuzz.distance import DamerauLevenshtein
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from services.triage.lexicon import ENDINGS, LONGEST_ENDING, Kind, Lexicon, load_lexicon
from services.triage.real_words import RealWords
from services.triage.words import Word, fold, split_words

NUMBER: Final = "#"
_UNKNOWN: Final = "·"
_NEGATION: Final = "nekning"
_NEGATION_REACH: Final = 5
"""Words after a negation, in the same clause, that it takes with it."""
_FUZZY_LETTERS: Final = 6
"""Shorter words have too many neighbours that are words themselves."""
_NUMBER_WORDS: Final = frozenset({
    "en", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva",
    "tolv", "tretton", "fjorton", "femton", "sexton", "sjutton", "arton", "nitton", "tjugo",
    "tjugoett", "tjugotvå", "tjugotre", "tjugofyra", "tjugofem", "trettio", "fyrtio",
    "fyrtiofem", "femtio", "sextio", "sjuttio", "åttio", "nittio", "hundra",
})  # fmt: skip


class Hit(NamedTuple):
    """A concept found in the words ``start`` to ``end`` (not included)."""

    concept: str
    kind: Kind
    start: int
    end: int
    negated: bool = False


@dataclass(frozen=True)
class Reading:
    """A message as words and concepts."""

    words: tuple[Word, ...]
    hits: tuple[Hit, ...]

    @cached_property
    def meant(self) -> frozenset[str]:
        """The concepts that stand in the message without a negation before them."""
        return frozenset(hit.concept for hit in self.hits if not hit.negated)

    @cached_property
    def negated(self) -> frozenset[str]:
        """The concepts that are only denied."""
        return frozenset(hit.concept for hit in self.hits if hit.negated) - self.meant

    def by_sentence(self) -> dict[int, frozenset[str]]:
        """The concepts meant in each sentence, by the sentence's number."""
        found: defaultdict[int, set[str]] = defaultdict(set)
        for hit in self.hits:
            if not hit.negated:
                found[self.words[hit.start].sentence].add(hit.concept)
        return {sentence: frozenset(concepts) for sentence, concepts in found.items()}


class ConceptReader:
    """Reads a message into concepts. Pure after it is built; holds no text.

    Args:
        lexicon: The concepts and their phrases.
        real_words: Words that are no misspellings.
        remember: Keep what each word was found to be. For training messages, which are read many
            at a time; never for a caller's.
    """

    def __init__(self, lexicon: Lexicon, real_words: RealWords, *, remember: bool = False) -> None:
        self._short_forms = lexicon.short_forms
        self._kinds = {concept.id: concept.kind for concept in lexicon.concepts}
        slots = (slot for one in lexicon.concepts for phrase in one.phrases for slot in phrase)
        self._keys = _Keys(slots, real_words)
        self._key_of = cache(self._keys.of) if remember else self._keys.of
        self._vocab = spacy.blank("sv").vocab
        self._matcher = PhraseMatcher(self._vocab)
        for concept in lexicon.concepts:
            phrases = {key for phrase in concept.phrases for key in self._keys.expand(phrase)}
            self._matcher.add(
                concept.id, [Doc(self._vocab, words=list(phrase)) for phrase in sorted(phrases)]
            )

    @classmethod
    def load(cls, folder: Path, real_words: RealWords, *, remember: bool = False) -> ConceptReader:
        """Read the lexicons of a folder. Raises ``LexiconError``."""
        return cls(load_lexicon(folder), real_words, remember=remember)

    @property
    def concepts(self) -> tuple[str, ...]:
        """The ids of all concepts."""
        return tuple(self._kinds)

    @property
    def kinds(self) -> dict[str, Kind]:
        """What each concept does."""
        return dict(self._kinds)

    def read(self, text: str) -> Reading:
        """Find the concepts of a message."""
        words = split_words(text, self._short_forms)
        if not words:
            return Reading((), ())
        undotted = fold(joined := "".join(word.text for word in words)) == joined
        key_of = {
            text: self._key_of(text, undotted=undotted) or _UNKNOWN
            for text in {word.text for word in words}
        }
        doc = Doc(self._vocab, words=[key_of[word.text] for word in words])
        found = [
            Hit(name, self._kinds[name], start, end)
            for match, start, end in self._matcher(doc)
            for name in (self._vocab.strings[match],)
        ]
        return Reading(words, tuple(_negate(words, _keep(words, found))))


def _keep(words: tuple[Word, ...], found: Iterable[Hit]) -> list[Hit]:
    """Drop what spans two sentences, and what a longer phrase says better or explains away."""
    kept: list[Hit] = []
    at: defaultdict[int, list[Hit]] = defaultdict(list)
    for hit in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        if words[hit.start].sentence != words[hit.end - 1].sentence:
            continue
        if any(longer.end >= hit.end and _replaces(longer, hit) for longer in at[hit.start]):
            continue
        kept.append(hit)
        for place in range(hit.start, hit.end):
            at[place].append(hit)
    return sorted(kept, key=lambda one: (one.start, one.end))


def _replaces(longer: Hit, hit: Hit) -> bool:
    if longer.concept == hit.concept:
        return True
    if longer.end - longer.start == hit.end - hit.start:
        return False
    return (longer.kind is Kind.MILDRAR) != (hit.concept == _NEGATION)


def _negate(words: tuple[Word, ...], hits: list[Hit]) -> Iterable[Hit]:
    negations = [hit.end for hit in hits if hit.concept == _NEGATION]
    return hits if not negations else _negated(words, hits, negations)


def _negated(words: tuple[Word, ...], hits: list[Hit], negations: list[int]) -> Iterator[Hit]:
    for hit in hits:
        negated = hit.kind is not Kind.MILDRAR and any(
            0 <= hit.start - end < _NEGATION_REACH
            and words[end - 1].clause == words[hit.start].clause
            for end in negations
        )
        yield Hit(hit.concept, hit.kind, hit.start, hit.end, negated) if negated else hit


class _Keys:
    """The lexicons' own words: each word of a message is one of them, a number, or unknown."""

    def __init__(self, slots: Iterable[str], real_words: RealWords) -> None:
        self._real_words = real_words
        self._exact: set[str] = set()
        self._stems: set[str] = set()
        self._heads: set[str] = set()
        for slot in slots:
            word = slot.strip("-~") if slot != NUMBER else NUMBER
            (self._stems if slot.endswith("~") else self._exact).add(word)
            if slot.startswith("-"):
                self._heads.add(f"{word}~" if slot.endswith("~") else word)
        # Of two words that fold alike the one with ä stays: "är" is a hundred times "år".
        self._folded_exact = {fold(word): word for word in sorted(self._exact, reverse=True)}
        self._folded_stems = {fold(stem): stem for stem in sorted(self._stems, reverse=True)}
        self._deletions: defaultdict[str, set[str]] = defaultdict(set)
        for word in self._exact | self._stems:
            if len(word) >= _FUZZY_LETTERS - 1:
                for neighbour in _deletions(word):
                    self._deletions[neighbour].add(word)

    def of(self, word: str, *, undotted: bool) -> str | None:
        """The key of a word. ``undotted``: the writer seems to have no å, ä or ö."""
        if word.isdigit():
            return NUMBER
        key = self._known(word)
        if key is None and (undotted or len(word) >= _FUZZY_LETTERS):
            key = self._undotted(fold(word))
        if key is None and word in _NUMBER_WORDS:
            return NUMBER
        return key or self._compound(word) or self._misspelt(word)

    def expand(self, phrase: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """A phrase in keys; a stem's forms that are keys of their own are written out."""
        return itertools.product(*(self._alternatives(slot) for slot in phrase))

    def _alternatives(self, slot: str) -> list[str]:
        if slot == NUMBER:
            return [NUMBER, *(word for word in sorted(_NUMBER_WORDS) if word in self._exact)]
        word = slot.strip("-~")
        if not slot.endswith("~"):
            return [word]
        forms = [word + ending for ending in ENDINGS]
        return [
            *(form for form in forms if form in self._exact),
            *(f"{form}~" for form in forms if form in self._stems),
        ]

    def _known(self, word: str) -> str | None:
        if word in self._exact:
            return word
        for stem in _stems(word):
            if stem in self._stems:
                return f"{stem}~"
        return None

    def _undotted(self, word: str) -> str | None:
        if word in self._folded_exact:
            return self._folded_exact[word]
        for stem in _stems(word):
            if stem in self._folded_stems:
                return f"{self._folded_stems[stem]}~"
        return None

    def _compound(self, word: str) -> str | None:
        for start in range(3, len(word) - 2):
            tail = word[start:]
            if tail in self._heads or any(f"{stem}~" in self._heads for stem in _stems(tail)):
                return self._known(tail)
        return None

    def _misspelt(self, word: str) -> str | None:
        if len(word) < _FUZZY_LETTERS or word in self._real_words:
            return None
        for part in (word, *(s for s in _stems(word) if s != word)):
            if len(part) < _FUZZY_LETTERS - 1:
                break
            near = {part, *_deletions(part)}
            for candidate in sorted(set().union(*(self._deletions.get(n, ()) for n in near))):
                known = candidate in self._stems or part == word
                if known and candidate[0] == part[0] and _one_slip(candidate, part):
                    return f"{candidate}~" if candidate in self._stems else candidate
        return None


def _one_slip(one: str, other: str) -> bool:
    return DamerauLevenshtein.distance(one, other, score_cutoff=1) <= 1


def _stems(word: str) -> Iterator[str]:
    """What is left of a word without each ending, the longest first."""
    for length in range(min(LONGEST_ENDING, len(word) - 2) + 1):
        if word[len(word) - length :] in ENDINGS:
            yield word[: len(word) - length]


def _deletions(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))} | {word}
