"""Reading the municipality, by its names and districts in ``knowledge/municipalities``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import yaml

from actions.words import fold, word_count
from services.vocabulary import MunicipalityId

OTHER: Final = MunicipalityId("annan")
_LIVES: Final = re.compile(r"\b(?:bor|bodde|bott|bosatt|kommer fran|vi ar fran|ar fran)\b")
_NEAR: Final = 40
"""Characters after "bor" in which the place is looked for."""
_DENIED: Final = r"\b(?:inte|ej|i stallet for|istallet for)(?: (?:i|pa))? "
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
        said = fold(text)
        said = re.sub(_DENIED + rf"(?:{self._pattern.pattern})", " ", said)
        if not asked:
            lives = _LIVES.search(said)
            if lives is None:
                return None
            said = said[lives.end() : lives.end() + _NEAR]
        found = self._pattern.search(said)
        return self._owner[found[1]] if found else None

    def read_answer(self, text: str) -> MunicipalityId | None:
        """The municipality that answers the question; a short name we don't know is another one."""
        known = self.read(text, asked=True)
        if known is not None:
            return known
        return OTHER if word_count(fold(text)) <= _MOST_WORDS_OF_A_PLACE else None
