"""Texts with placeholders: ``"Ring {112} nu"``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_PLACEHOLDER: Final = re.compile(r"\{([^{}\n]*)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A text cut at its placeholders: words at even places, names at odd ones."""

    pieces: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders' names, in order."""
        return self.pieces[1::2]

    def filled(self, value: Callable[[str], str]) -> str:
        """The text with each placeholder replaced by ``value(name)``."""
        return "".join(
            value(piece) if place % 2 else piece for place, piece in enumerate(self.pieces)
        )


@lru_cache(maxsize=4096)
def parse_template(text: str) -> Template:
    """Cut a text at its placeholders; cached, for the same texts are said again and again."""
    return Template(tuple(_PLACEHOLDER.split(text)))
