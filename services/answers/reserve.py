"""The reserve: plain questions told by their words alone, for when Rasa is away. Pure.

``knowledge/reserv.yml`` says which words mean which topic, and how they are written.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.reading.words import MOST_WORDS_OF_A_QUESTION, fold, is_question
from services.triage.lexicon import ENDINGS
from services.vocabulary import TopicId

_MOST_WORDS_OF_A_HINT: Final = 4
"""Of "öppettider?" without the question mark, and the like."""
_GREETINGS: Final = frozenset({TopicId("hej"), TopicId("tack"), TopicId("hejda")})
"""Said beside anything; an answer only when nothing else is said."""
_MOST_WORDS_OF_A_GREETING: Final = 3
_ENDINGS: Final = frozenset(fold(ending) for ending in ENDINGS)

type _Pattern = tuple[str, ...]
"""Words in a row, folded; one that ends in ``~`` is a stem."""


@dataclass(frozen=True)
class Reserve:
    """Words and the topics they mean."""

    words: Mapping[TopicId, Sequence[str]]
    _patterns: tuple[tuple[_Pattern, TopicId], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the words for looking up, the longest first."""
        found = [
            (pattern, topic)
            for topic, phrases in self.words.items()
            for phrase in phrases
            for pattern in _patterns(phrase)
        ]
        found.sort(key=lambda one: -len(one[0]))
        object.__setattr__(self, "_patterns", tuple(found))

    def topic_of(self, choice: str | None, text: str) -> TopicId | None:
        """What a plain question is about.

        Args:
            choice: The button that was pressed, if one was.
            text: What the caller wrote.

        Returns:
            Nothing when it is no short question, or its words mean no topic or several.
        """
        if choice is not None:
            return TopicId(choice) if choice in self.words else None
        said = fold(text).split()
        if len(said) > MOST_WORDS_OF_A_QUESTION:
            return None
        if len(said) > _MOST_WORDS_OF_A_HINT and not is_question(text):
            return None
        topics = self._longest(said)
        return topics.pop() if len(topics) == 1 else None

    def _longest(self, said: Sequence[str]) -> set[TopicId]:
        length, topics = 0, set[TopicId]()
        for pattern, topic in self._patterns:
            if len(pattern) < length:
                break
            if topic in _GREETINGS and len(said) > _MOST_WORDS_OF_A_GREETING:
                continue
            if _stands_in(pattern, said):
                length = len(pattern)
                topics.add(topic)
        return topics


def _patterns(phrase: str) -> Iterator[_Pattern]:
    slots = []
    for slot in phrase.split():
        stem = "~" if slot.endswith("~") else ""
        slots.append([fold(word) + stem for word in slot.removesuffix("~").split("/")])
    return itertools.product(*slots)


def _stands_in(pattern: _Pattern, said: Sequence[str]) -> bool:
    last = len(said) - len(pattern)
    return any(
        all(map(_is_form, pattern, said[start : start + len(pattern)])) for start in range(last + 1)
    )


def _is_form(word: str, said: str) -> bool:
    if not word.endswith("~"):
        return word == said
    stem = word.removesuffix("~")
    return said.startswith(stem) and said[len(stem) :] in _ENDINGS
