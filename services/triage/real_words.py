"""Which words are real Swedish words, so that a rare word is not taken for a misspelt common one.

Kept as hashes: 700,000 word forms in three megabytes, read in a few milliseconds.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import spacy_lookups_data

_TABLE = "lemma_lookup"


class RealWords:
    """A set of words that answers yes to all its words, and to one in 6,000 others."""

    def __init__(self, hashes: npt.NDArray[np.uint32]) -> None:
        self._hashes = hashes

    def __contains__(self, word: str) -> bool:
        code = np.uint32(zlib.crc32(word.encode()))
        place = int(np.searchsorted(self._hashes, code))
        return place < len(self._hashes) and bool(self._hashes[place] == code)

    @property
    def hashes(self) -> npt.NDArray[np.uint32]:
        """The sorted hashes, to be stored."""
        return self._hashes

    @classmethod
    def of(cls, words: Iterable[str]) -> RealWords:
        """The set of these words."""
        codes = {zlib.crc32(word.lower().encode()) for word in words}
        return cls(np.array(sorted(codes), dtype=np.uint32))

    @classmethod
    def swedish(cls) -> RealWords:
        """All word forms in spaCy's Swedish lemma table. Takes seconds: for training."""
        with gzip.open(f"{spacy_lookups_data.sv[_TABLE]}.gz", "rt", encoding="utf-8") as file:
            lemmas: dict[str, str] = json.load(file)
        return cls.of({*lemmas, *lemmas.values()})

    @classmethod
    def load(cls, path: Path) -> RealWords:
        """Read what training stored."""
        return cls(np.load(path, allow_pickle=False))
