"""Reading how the caller knows the person: "min son", "jag är hans lärare", "granne"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Self

import yaml

from services.reading.words import fold

CONCERNED: Final = "den det gäller"
"""The caller is the one that it is about."""
_PARENT, _CHILD, _GRANDPARENT, _RELATIVE = "förälder", "barn", "mor- eller farförälder", "släkting"
_TURNED: Final = {_PARENT: _CHILD, _CHILD: _PARENT, _GRANDPARENT: _RELATIVE}
"""What the caller is when the noun names the caller, where that differs: a "mamma" is a parent."""
_CALLERS_OWN: Final = {_PARENT: ("förälder", "föräldern", "vårdnadshavare", "bonusmamma")}
_CLIENTS: Final = re.compile(r"elev\w*|klient\w*|mentorselev|\w*boendet?|hvb|familjehem")
"""Words of a profession that name whom one works with, not oneself."""

_QUALITIES: Final = (
    r"(?: (?:yngre|aldre|yngsta|aldsta|mellersta|lilla|egen|egna|vuxna?|tonariga?|kara|basta|gamla|"
    r"fore detta|\d+ ?-?ariga?))*"
)
_OWN: Final = rf"\b(?:min|mitt|mina|var|vart|vara){_QUALITIES} "
_OWN_OR_A: Final = rf"\b(?:min|mitt|mina|var|vart|vara|en|ens){_QUALITIES} "
"""One says "en elev" of one's own work; "en kompis" may be anybody's."""
_I_AM: Final = (
    r"\bjag (?:ar|jobbar som|arbetar som)"
    r"(?: (?:ju|alltsa|bara|till|en|han|hon|den|hans|hennes|hens|deras|pojkens|flickans))*"
    r" (?:\w+ ){0,2}?"
)
_OF_THE_PERSON: Final = r"\b(?:hans|hennes|hens|deras|pojkens|flickans|personens) (?:\w+ )?"
_MYSELF: Final = re.compile(r"\b(?:jag|mig) sjalv\b|\bgaller mig\b")

_Way = tuple[str, str, str]
"""What comes before the noun, the nouns as a pattern, and the relation that they mean."""


class Relations:
    """Knows the words for relations. Build it once with ``Relations.load``."""

    def __init__(
        self, relations: Mapping[str, Iterable[str]], professions: Mapping[str, Iterable[str]]
    ) -> None:
        """Prepare the search.

        Args:
            relations: What the caller is to "min ...", and the words that can follow "min".
            professions: The caller's profession, and the words that tell it.
        """
        self.professions = frozenset(professions)
        person = [(_OWN, _either(words), name) for name, words in relations.items()]
        caller = [(_either(words), _TURNED.get(name, name)) for name, words in relations.items()]
        caller += [(_either(words), name) for name, words in _CALLERS_OWN.items()]
        for name, words in professions.items():
            known = tuple(words)
            clients = [word for word in known if _CLIENTS.fullmatch(fold(word))]
            person.append((_OWN_OR_A, _either(clients), name))
            # A compound says the same: "fotbollstränare".
            caller.append((rf"\w*(?:{_either(set(known) - set(clients))})", name))
        self._person: tuple[_Way, ...] = tuple(person)
        self._caller = tuple(caller)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the words from ``knowledge/facts.yml``."""
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(content["relation"], content["yrke"])

    def read(self, text: str, *, asked: bool = False) -> str | None:
        """How the caller knows the person, in a word or two of plain Swedish.

        "Min" before a word makes it the other person's ("min mamma"); otherwise it is the caller's
        own ("mamma", "jag är hans mamma").

        Args:
            text: What the caller wrote.
            asked: Whether the text answers the question: then a bare word counts.

        Returns:
            Nothing if the text does not say.
        """
        said = fold(text)
        relation = _first(said, self._person) or self._of_the_caller(said, _I_AM)
        if relation is None and asked:
            relation = self._of_the_caller(said, _OF_THE_PERSON) or self._of_the_caller(said, r"\b")
            relation = relation or (CONCERNED if _MYSELF.search(said) else None)
        return relation

    def _of_the_caller(self, said: str, before: str) -> str | None:
        return _first(said, [(before, nouns, name) for nouns, name in self._caller])


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(fold(word)) for word in sorted(words, key=len, reverse=True))


def _first(said: str, ways: Iterable[_Way]) -> str | None:
    """The relation that is said first."""
    found = [
        (match.start(), relation)
        for before, nouns, relation in ways
        if nouns and (match := re.search(rf"{before}(?:{nouns})\b", said))
    ]
    return min(found)[1] if found else None
