"""Noise for training: the same message as typed in haste or printed by a speech recogniser."""

from __future__ import annotations

import random
import re
from typing import Final

from services.triage.words import fold

_PUNCTUATION: Final = re.compile(r"[.,!?:;\"…–-]+")
_SLIPS_PER_LETTER: Final = 0.03
_SHORT: Final = {
    "inte": "nt", "någon": "ngn", "något": "ngt", "och": "o", "är": "e", "med": "m", "de": "dom",
    "mycket": "mkt", "ikväll": "ikv", "dig": "dej", "mig": "mej", "sig": "sej", "också": "oxå",
    "alltså": "asså", "jag": "ja", "eller": "lr",
}  # fmt: skip
_JOINED: Final = ("i dag", "i kväll", "i natt", "i morgon", "så att", "på väg", "till exempel")


def noisy(text: str, chance: random.Random) -> str:
    """One of: without dots and rings, misspelt, in short forms, words joined, as spoken."""
    ways = (_undotted, _misspelt, _shortened, _joined, _as_spoken)
    return chance.choice(ways)(text, chance)


def _undotted(text: str, chance: random.Random) -> str:
    return fold(text.lower()) if chance.random() < 0.5 else fold(text)


def _misspelt(text: str, chance: random.Random) -> str:
    letters = list(text)
    for place in range(1, len(letters) - 1):
        if not letters[place].isalpha() or chance.random() >= _SLIPS_PER_LETTER:
            continue
        slip = chance.randrange(3)
        if slip == 0:
            letters[place] = ""
        elif slip == 1:
            letters[place] *= 2
        else:
            letters[place - 1], letters[place] = letters[place], letters[place - 1]
    return "".join(letters)


def _shortened(text: str, chance: random.Random) -> str:
    words = text.lower().split(" ")
    return " ".join(_SHORT.get(word, word) if chance.random() < 0.7 else word for word in words)


def _joined(text: str, chance: random.Random) -> str:
    for phrase in _JOINED:
        text = text.replace(phrase, phrase.replace(" ", ""))
    words = text.split(" ")
    if len(words) > 3:
        place = chance.randrange(len(words) - 1)
        words[place : place + 2] = ["".join(words[place : place + 2])]
    return " ".join(words)


def _as_spoken(text: str, chance: random.Random) -> str:
    spoken = " ".join(_PUNCTUATION.sub(" ", text.lower()).split())
    return f"{chance.choice(('eh', 'ja', 'alltså', 'hej', 'jo'))} {spoken}"
