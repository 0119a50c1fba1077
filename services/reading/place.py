"""Reading the municipality, by its names and districts in ``knowledge/municipalities``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import yaml

from services.reading.words import fold, word_count
from services.vocabulary import MunicipalityId

OTHER: Final = MunicipalityId("annan")
_LIVES: Final = re.compile(r"\b(?:bor|bodde|bott|bosatt|kommer fran|vi ar fran|ar fran)\b")
_NEAR: Final = 40
"""Characters after "bor" in which the place is looked for."""
_DENIED: Final = r"\b(?:inte|ej|i stallet for|istallet for)(?: (?:i|pa))? "
_INSTEAD: Final = re.compile(r"\b(?:utan|menade|menar|i stallet|istallet|bor inte|bor ej)\b")
_MOST_WORDS_OF_A_PLACE: Final = 6


class Places:
    """Knows the names of places. Build it once with ``Places.load``."""

    def __init__(self, names: Mapping[MunicipalityId, Sequence[str]]) -> None:
        """Prepare the search.

        Args:
            names: What each municipality and its districts are called.
        """
        self._owner = {fold(name): owner for owner, known in names.items() for name in known}
        longest_first = sorted(self._owner, key=len, reverse=True)
        self._pattern = re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})s?\b")
        self._denied = re.compile(_DENIED + rf"(?:{self._pattern.pattern})")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the names from ``knowledge/municipalities``."""
        files = (
            yaml.safe_load(path.read_text(encoding="utf-8"))
            for path in sorted(folder.glob("*.yml"))
        )
        return cls({MunicipalityId(one["id"]): [one["namn"], *one["stadsdelar"]] for one in files})

    def read(self, text: str, *, asked: bool = False) -> MunicipalityId | None:
        """The municipality that the person lives in.

        Args:
            text: What the caller wrote.
            asked: Whether the text answers (or corrects) where: then any known place in it counts.
                Otherwise only where somebody is said to live; a place may be named for much else.

        Returns:
            Nothing if the text does not say.
        """
        said = self._affirmed(text, asked=asked)
        if not asked:
            lives = _LIVES.search(said)
            if lives is None:
                return None
            said = said[lives.end() : lives.end() + _NEAR]
        return self._first(said)

    def read_mentioned(self, text: str) -> MunicipalityId | None:
        """Where a text is about: where somebody lives if it says so, else the first place in it."""
        lived_in = self.read(text)
        return lived_in if lived_in is not None else self._first(self._affirmed(text, asked=False))

    def read_answer(self, text: str) -> MunicipalityId | None:
        """The municipality that answers the question; a short name we don't know is another one."""
        known = self.read(text, asked=True)
        if known is not None:
            return known
        return OTHER if word_count(fold(text)) <= _MOST_WORDS_OF_A_PLACE else None

    def _affirmed(self, text: str, *, asked: bool) -> str:
        """The text without the places that it takes back: "inte Göteborg utan Malmö"."""
        said = fold(text)
        takes_back = asked or _INSTEAD.search(said)
        return self._denied.sub(" ", said) if takes_back else said

    def _first(self, said: str) -> MunicipalityId | None:
        found = self._pattern.search(said)
        return self._owner[found[1]] if found else None
