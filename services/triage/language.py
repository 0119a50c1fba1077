"""Which language a message is in, and whether it cries for help in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from services.triage.words import normalise

_SWEDISH: Final = "sv"
_SURE: Final = 0.97
_LETTERS: Final = 14
"""Below this many letters a language is only told by its own script or its own danger words."""
_SAME: Final = {"hr": "bs", "sr": "bs", "am": "ti"}
"""Languages that are told apart poorly, or share their emergency words."""
_LATIN: Final = re.compile(r"[a-zåäöéüøæ]")
_ENDLESS: Final = 600
"""Letters that are enough to tell a language by."""


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """A message that is not in Swedish.

    ``danger``: it has an emergency word. ``perhaps_danger``: it has a word that is one at times.
    ``asks_language``: it asks for an interpreter, or whether one may write in the language.
    """

    code: str
    danger: bool
    perhaps_danger: bool
    asks_language: bool


@dataclass(frozen=True, slots=True)
class _Words:
    danger: re.Pattern[str]
    perhaps: re.Pattern[str] | None
    language: re.Pattern[str]
    common: frozenset[str]


class LanguageReader:
    """Tells the language of a message. Pure after it is built."""

    def __init__(self, words: dict[str, _Words]) -> None:
        self._words = words
        self._common = {code: one.common for code, one in words.items() if one.common}
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        known = set(self._identifier.labels)
        self._identifier.set_languages(sorted(known & {*words, _SWEDISH, "ar", "de", "fr", "sq"}))

    @classmethod
    def load(cls, path: Path) -> LanguageReader:
        """Read the emergency phrases. Raises ``OSError``, ``yaml.YAMLError``, ``KeyError``."""
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        lists = {
            code: content[one] if isinstance(one, str) else one for code, one in content.items()
        }
        return cls(
            {
                code: _Words(
                    danger=_any_of(fields["fara"]),
                    perhaps=_any_of(fields["kanske"]) if "kanske" in fields else None,
                    language=_any_of(fields["språk"]),
                    common=frozenset(fields.get("känns igen", ())),
                )
                for code, fields in lists.items()
            }
        )

    def read(self, text: str) -> OtherLanguage | None:
        """The language if it is not Swedish, else nothing."""
        text = normalise(text)[:_ENDLESS]
        code = self._code(text)
        if code is None:
            return None
        words = self._words.get(code)
        if words is None:
            return OtherLanguage(code, danger=False, perhaps_danger=False, asks_language=False)
        dangers = {found.group() for found in words.danger.finditer(text)}
        return OtherLanguage(
            code,
            danger=bool(dangers),
            perhaps_danger=words.perhaps is not None and words.perhaps.search(text) is not None,
            # Who tells of more than one danger excuses their Swedish, and asks for no interpreter.
            asks_language=len(dangers) < 2 and words.language.search(text) is not None,
        )

    def _code(self, text: str) -> str | None:
        letters = sum(character.isalpha() for character in text)
        if letters == 0:
            return None
        tokens = [token.strip(".,!?") for token in text.split()]
        for code, common in self._common.items():
            if sum(token in common for token in tokens) >= max(2, len(tokens) // 4):
                return code
        own_script = len(_LATIN.findall(text)) * 2 < letters
        if not own_script and letters < _LETTERS:
            return None
        sureness: Counter[str] = Counter()
        for code, share in self._identifier.rank(text):
            sureness[_SAME.get(code, code)] += share
        code, share = max(sureness.items(), key=lambda item: item[1])
        if code == _SWEDISH or not (own_script or share >= _SURE):
            return None
        return code


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern for whole words; ``*`` at the end lets the word go on."""
    parts = sorted((normalise(str(word)) for word in words), key=len, reverse=True)
    either = "|".join(
        re.escape(p.removesuffix("*")) + (r"\w*" if p.endswith("*") else "") for p in parts
    )
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)")
