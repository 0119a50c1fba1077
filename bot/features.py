"""What the classifier looks at in a text: its words and pairs of words, and pieces of its words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer


def fold(text: str) -> str:
    """Lower case without diacritics, so that "är", "ar" and "ÄR" are the same word."""
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(part for part in parts if not unicodedata.combining(part))


class Features:
    """TF-IDF of words (1-2) and of characters within words (2-5)."""

    NAMES = ("words", "characters")

    def __init__(self) -> None:
        self._vectorizers = {
            "words": TfidfVectorizer(
                preprocessor=fold,
                token_pattern=r"(?u)\b\w+\b",  # noqa: S106 - a pattern of words, no password
                ngram_range=(1, 2),
                sublinear_tf=True,
                dtype=np.float32,
            ),
            "characters": TfidfVectorizer(
                preprocessor=fold,
                analyzer="char_wb",
                ngram_range=(2, 5),
                # Twice at least: halves the model and changes no result.
                min_df=2,
                sublinear_tf=True,
                dtype=np.float32,
            ),
        }

    def fit(self, texts: Sequence[str]) -> csr_matrix:
        """Learn the vocabulary from texts; gives their features."""
        return hstack([v.fit_transform(texts) for v in self._vectorizers.values()], format="csr")

    def of(self, texts: Sequence[str]) -> csr_matrix:
        """The features of texts, one row a text."""
        return hstack([v.transform(texts) for v in self._vectorizers.values()], format="csr")

    def vocabulary(self, name: str) -> list[str]:
        """The terms of one part, in the order of their columns."""
        return [str(term) for term in self._vectorizers[name].get_feature_names_out()]

    def weights(self, name: str) -> np.ndarray:
        """The inverse document frequencies of one part, in the order of its columns."""
        return self._vectorizers[name].idf_

    def restore(self, name: str, vocabulary: Sequence[str], weights: np.ndarray) -> None:
        """Take up what ``vocabulary`` and ``weights`` gave."""
        vectorizer = self._vectorizers[name]
        vectorizer.vocabulary = {term: column for column, term in enumerate(vocabulary)}
        vectorizer.idf_ = weights
