"""From text to words: lower case, short forms spelt out, clauses and sentences counted.

The words are cut by a pattern of our own and not by spaCy's tokenizer, because spaCy keeps every
new word that it reads in its string store: callers' words would stay in memory.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"[^\W_]+(?:[-'’][^\W_]+)*|[.!?…;,:\n]+|[\U0001F300-\U0001FAFF\u2600-\u27BF]", re.UNICODE
)
_CLAUSE_WORDS: Final = frozenset({"men", "fast", "dock", "däremot", "förutom"})
_FOLD: Final = str.maketrans("åäöéèüáàâæøñç", "aaoeeuaaaaonc")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")


class Word(NamedTuple):
    """One word of a message, and which clause and sentence of it the word stands in."""

    text: str
    clause: int
    sentence: int


def fold(text: str) -> str:
    """The text without dots and rings: "på väg" -> "pa vag"."""
    return text if text.isascii() else text.translate(_FOLD)


def normalise(text: str) -> str:
    """Lower case, composed letters, plain apostrophes, "hjäääälp" as "hjälp"."""
    composed = unicodedata.normalize("NFKC", text).lower()
    for apostrophe in "’`´":
        composed = composed.replace(apostrophe, "'")
    return _STRETCHED.sub(r"\1", composed)


def split_words(text: str, short_forms: Mapping[str, str]) -> tuple[Word, ...]:
    """The words of a message in order.

    Args:
        text: What the caller wrote.
        short_forms: What is written and what it is read as; several words are allowed.
    """
    words: list[Word] = []
    clause = sentence = 0
    for match in _TOKEN.finditer(normalise(text)):
        token = match.group()
        if token[0] in ".!?…;,:\n":
            clause += 1
            sentence += token[0] not in ",:;"
            continue
        clause += token in _CLAUSE_WORDS
        parts = short_forms.get(token, token).split()
        words.extend(Word(part, clause, sentence) for part in parts)
    return tuple(words)
