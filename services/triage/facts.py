"""What the message itself says of person and place, so that nobody is asked what they said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from services.reading.age import read_age, read_own_age
from services.reading.place import Places
from services.triage.judgement import Facts, Situation
from services.triage.words import normalise
from services.vocabulary import Milieu

_MINE: Final = r"(?:min|mitt|mina|vår|vårt|våra)"
_STANDS_ALONE: Final = re.compile(r"\w{3,}(?:en|an|ern|rn|et|ens|erns)$")
"""Forms that mean the caller's own without "min": sonen, brorsan, dottern."""
_PARENT: Final = re.compile(r"\b(?:mamma|pappa|morsan|farsan)\b")
_UNDER_AGE: Final = 18


class FactsError(Exception):
    """The words for facts can't be used; says why."""


class FactsReader:
    """Reads facts from messages. Pure after it is built."""

    def __init__(
        self,
        relations: Mapping[str, re.Pattern[str]],
        professions: Mapping[str, re.Pattern[str]],
        concerned: re.Pattern[str],
        situations: Mapping[Situation, re.Pattern[str]],
        places: Places,
        milieus: Mapping[Milieu, re.Pattern[str]],
    ) -> None:
        self._relations = relations
        self._professions = professions
        self._concerned = concerned
        self._situations = situations
        self._places = places
        self._milieus = milieus

    @classmethod
    def load(cls, knowledge_dir: Path) -> FactsReader:
        """Read the words, the municipalities and the milieus. Raises ``FactsError``."""
        try:
            content = _yaml(knowledge_dir / "facts.yml")
            relations = {name: _relation(words) for name, words in content["relation"].items()}
            return cls(
                relations=relations,
                professions={name: _words(words) for name, words in content["yrke"].items()},
                concerned=_words(content["den det gäller"]),
                situations={
                    Situation(name): _words(words) for name, words in content["situation"].items()
                },
                places=Places.load(knowledge_dir / "municipalities"),
                milieus={Milieu(name): _words(words) for name, words in content["miljö"].items()},
            )
        except (OSError, yaml.YAMLError, KeyError, ValueError, AttributeError) as error:
            raise FactsError(f"facts: {error}") from error

    def with_places(self, places: Places) -> FactsReader:
        """The same reader with other names of places."""
        return FactsReader(
            relations=self._relations,
            professions=self._professions,
            concerned=self._concerned,
            situations=self._situations,
            places=places,
            milieus=self._milieus,
        )

    def read(self, text: str, *, language: str | None) -> Facts:
        """The facts of a message; what is not said is left out.

        Args:
            text: The message.
            language: ISO 639-1 code when it is not Swedish.
        """
        plain = re.sub(r"\s+", " ", normalise(text))
        profession = _first(self._professions, plain)
        own_age = read_own_age(plain)
        concerned = self._concerned.search(plain) is not None
        situations = {one for one, words in self._situations.items() if words.search(plain)}
        relative = _first(self._relations, plain)
        if profession and relative is None:
            # Who names a relative of their own is never taken for a professional.
            situations.add(Situation.YRKESVERKSAM)
        if own_age is not None and own_age < _UNDER_AGE:
            situations.add(Situation.BARN_SKRIVER)
        relation = "den det gäller" if concerned else relative or profession
        if relation is None and _PARENT.search(plain):
            relation = "barn"
        return Facts(
            relation=relation,
            age=own_age if concerned and own_age is not None else read_age(plain),
            municipality=self._places.read_mentioned(plain),
            milieu=self._milieu(plain),
            language=language,
            situations=frozenset(situations),
        )

    def _milieu(self, text: str) -> Milieu | None:
        named = [milieu for milieu, words in self._milieus.items() if words.search(text)]
        return named[0] if len(named) == 1 else None


def _first(patterns: Mapping[str, re.Pattern[str]], text: str) -> str | None:
    found = [(match.start(), name) for name, one in patterns.items() if (match := one.search(text))]
    return min(found)[1] if found else None


def _relation(words: Iterable[str]) -> re.Pattern[str]:
    listed = [str(word) for word in words]
    alone = [word for word in listed if _STANDS_ALONE.match(word)]
    return re.compile(
        rf"\b(?:{_MINE} (?:\w+ )?(?:{_either(listed)})|{_either(alone or listed)})s?\b"
    )


def _words(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_either(words)})\b")


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(str(word)) for word in sorted(words, key=len, reverse=True))


def _yaml(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
