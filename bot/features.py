"""What the classifier looks at in a text: its words and pairs of words, and pieces of its words."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

PARTS = {
    "words": {"token_pattern": r"(?u)\b\w+\b", "ngram_range": (1, 2)},
    # Pieces seen once are left out: half the size, the same results.
    "pieces": {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2},
}


def fold(text: str) -> str:
    """Lower case without diacritics, so that "är", "ar" and "ÄR" are the same word."""
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(part for part in parts if not unicodedata.combining(part))


@dataclass(frozen=True)
class Vocabulary:
    """The terms of one part, and the weight (inverse document frequency) of each."""

    part: str
    terms: tuple[str, ...]
    weights: np.ndarray


class Features:
    """TF-IDF of words (1-2) and of characters within words (2-5), each part of length one.

    scikit-learn learns the vocabularies. Reading one text is done here: its own way multiplies
    matrices as wide as the vocabulary, which takes thirty times as long.
    """

    def __init__(self, vocabularies: Sequence[Vocabulary]) -> None:
        self.vocabularies = tuple(vocabularies)
        self._readers = []
        first = 0
        for one in self.vocabularies:
            columns = {term: first + place for place, term in enumerate(one.terms)}
            self._readers.append((_vectorizer(one.part).build_analyzer(), columns))
            first += len(columns)
        self._weights = np.concatenate([one.weights for one in self.vocabularies])

    @classmethod
    def learnt_from(cls, texts: Sequence[str]) -> tuple[Features, csr_matrix]:
        """The features of texts, and the matrix of them, one row a text."""
        vocabularies, matrices = [], []
        for part in PARTS:
            vectorizer = _vectorizer(part)
            matrices.append(vectorizer.fit_transform(texts))
            terms = tuple(str(term) for term in vectorizer.get_feature_names_out())
            vocabularies.append(Vocabulary(part, terms, vectorizer.idf_.astype(np.float32)))
        return cls(vocabularies), hstack(matrices, format="csr")

    def of(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """The columns of the terms that a text has, and the value of each."""
        columns, values = [np.empty(0, dtype=np.intp)], [np.empty(0, dtype=np.float32)]
        for analyze, known in self._readers:
            counts = Counter(known[term] for term in analyze(text) if term in known)
            places = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
            often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
            part = (1.0 + np.log(often)) * self._weights[places]
            columns.append(places)
            values.append(part / (np.linalg.norm(part) or 1.0))
        return np.concatenate(columns), np.concatenate(values)


def _vectorizer(part: str) -> TfidfVectorizer:
    return TfidfVectorizer(preprocessor=fold, sublinear_tf=True, dtype=np.float32, **PARTS[part])
