"""What the message itself says of person and place, so that nobody is asked what they said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from services.triage.judgement import Facts, Situation
from services.triage.words import fold, normalise
from services.vocabulary import Milieu, MunicipalityId

_AGES: Final = range(4, 100)
_NUMBERS_FROM_FOUR: Final = (
    "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva", "tolv", "tretton", "fjorton",
    "femton", "sexton", "sjutton", "arton", "nitton", "tjugo", "tjugoett", "tjugotvå",
    "tjugotre", "tjugofyra", "tjugofem", "tjugosex", "tjugosju", "tjugoåtta", "tjugonio",
    "trettio",
)  # fmt: skip
_NUMBER_WORDS: Final = {word: number for number, word in enumerate(_NUMBERS_FROM_FOUR, start=4)}
_NUMBER: Final = rf"(\d{{1,2}}|{'|'.join(sorted(_NUMBER_WORDS, key=len, reverse=True))})"
_NO_AGE: Final = r"(?! (?:meter|minut|timm|gång|dag|veck|månad|vänner|stycken))"
_PERSON: Final = (
    r"(?:kille|tjej|pojke|flicka|grabb|son|dotter|elev|bror|syster|lillebror|lillasyster|kusin"
    r"|sonen|dottern|eleven|pojken|flickan)"
)
_AGE_PATTERNS: Final = (
    re.compile(
        rf"(?<!för )(?<!om )(?<!i )(?<!på )\b{_NUMBER}[- ]?år(?:ing|ig)?(?:en|ens|s|a|e)?\b"
        r"(?! sen| sedan| tillsammans| ihop| i )"
    ),
    re.compile(
        rf"\b(?:hon|han|hen|{_PERSON}) (?:är|e|fyllde|fyller|har fyllt|blir) {_NUMBER}\b{_NO_AGE}"
    ),
    re.compile(rf"\b{_PERSON}(?: på|,)? {_NUMBER}\b{_NO_AGE}"),
)
_OWN_AGE: Final = re.compile(rf"\bjag (?:är|e|fyller|har fyllt) {_NUMBER}\b{_NO_AGE}")
_MINE: Final = r"(?:min|mitt|mina|vår|vårt|våra)"
_STANDS_ALONE: Final = re.compile(r"\w{3,}(?:en|an|ern|rn|et|ens|erns)$")
"""Forms that mean the caller's own without "min": sonen, brorsan, dottern."""
_PARENT: Final = re.compile(r"\b(?:mamma|pappa|morsan|farsan)\b")
_IN_CLASS: Final = r"(?:går i|gå i|i årskurs|börjat|i) "
_UNDER_AGE: Final = 18


class FactsError(Exception):
    """The words for facts can't be used; says why."""


@dataclass(frozen=True, slots=True)
class _Place:
    municipality: MunicipalityId
    pattern: re.Pattern[str]


class FactsReader:
    """Reads facts from messages. Pure after it is built."""

    def __init__(
        self,
        relations: Mapping[str, re.Pattern[str]],
        professions: Mapping[str, re.Pattern[str]],
        concerned: re.Pattern[str],
        classes: Mapping[str, int],
        situations: Mapping[Situation, re.Pattern[str]],
        places: tuple[_Place, ...],
        milieus: Mapping[Milieu, re.Pattern[str]],
    ) -> None:
        self._relations = relations
        self._professions = professions
        self._concerned = concerned
        self._classes = classes
        self._in_class = re.compile(rf"\b{_IN_CLASS}({'|'.join(classes)})\b")
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
                classes=content["skolklass"],
                situations={
                    Situation(name): _words(words) for name, words in content["situation"].items()
                },
                places=tuple(_places(knowledge_dir / "municipalities")),
                milieus={Milieu(name): _words(words) for name, words in content["miljö"].items()},
            )
        except (OSError, yaml.YAMLError, KeyError, ValueError, AttributeError) as error:
            raise FactsError(f"facts: {error}") from error

    def read(self, text: str, *, language: str | None) -> Facts:
        """The facts of a message; what is not said is left out.

        Args:
            text: The message.
            language: ISO 639-1 code when it is not Swedish.
        """
        plain = re.sub(r"\s+", " ", normalise(text))
        profession = _first(self._professions, plain)
        own_age = _age_of(_OWN_AGE, plain)
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
            age=own_age if concerned and own_age is not None else self._age(plain),
            municipality=self._municipality(plain),
            milieu=self._milieu(plain),
            language=language,
            situations=frozenset(situations),
        )

    def _age(self, text: str) -> int | None:
        for pattern in _AGE_PATTERNS:
            age = _age_of(pattern, text)
            if age is not None:
                return age
        grade = self._in_class.search(text)
        return self._classes[grade.group(1)] if grade else None

    def _municipality(self, text: str) -> MunicipalityId | None:
        folded = fold(text)
        found = [
            (m.start(), place) for place in self._places if (m := place.pattern.search(folded))
        ]
        return min(found, key=lambda one: one[0])[1].municipality if found else None

    def _milieu(self, text: str) -> Milieu | None:
        named = [milieu for milieu, words in self._milieus.items() if words.search(text)]
        return named[0] if len(named) == 1 else None


def _age_of(pattern: re.Pattern[str], text: str) -> int | None:
    for match in pattern.finditer(text):
        number = match.group(1)
        age = int(number) if number.isdigit() else _NUMBER_WORDS[number]
        if age in _AGES:
            return age
    return None


def _first(patterns: Mapping[str, re.Pattern[str]], text: str) -> str | None:
    found = [(match.start(), name) for name, one in patterns.items() if (match := one.search(text))]
    return min(found)[1] if found else None


def _places(folder: Path) -> Iterable[_Place]:
    for path in sorted(folder.glob("*.yml")):
        content = _yaml(path)
        names = [fold(normalise(str(name))) for name in content["stadsdelar"]]
        if names:
            pattern = re.compile(rf"\b(?:{_either(names)})s?\b")
            yield _Place(MunicipalityId(content["id"]), pattern)


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
