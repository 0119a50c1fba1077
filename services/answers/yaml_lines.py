"""YAML that remembers its lines, so that a fault in a content file names file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

_HINTS: Final = {
    "mapping values are not allowed": (
        "sätt citattecken runt text som har kolon, eller rätta indraget"
    ),
    "found a tab": "använd mellanslag i början av raden, inte tabb",
    "found character that cannot start": "använd mellanslag, inte tabb, eller sätt citattecken",
    "unexpected end of stream": "ett citattecken eller en parentes saknas",
    "did not find expected": "citattecken, parentes eller indrag saknas, här eller raden före",
    "could not find expected ':'": "ett kolon eller ett indrag saknas",
}
"""What YAML's own words usually mean, for an editor."""

type Place = tuple[str | int, ...]
"""The way to a value: keys and list positions, such as ``("svar", "web")``."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something wrong in a content file. ``line`` counts from one."""

    file: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: its data, and the line of every value."""

    file: Path
    data: object
    lines: dict[Place, int]

    def fault(self, place: Place, what: str, *, below: int = 0) -> Fault:
        """A fault at a value, or at the nearest value around it.

        Args:
            place: Where the value is.
            what: What is wrong, in a sentence.
            below: Lines below the value's first line.
        """
        while place and place not in self.lines:
            place = place[:-1]
        return Fault(self.file, self.lines.get(place, 1) + below, what)


def parse_yaml(file: Path, text: str) -> Document | Fault:
    """Parse a file; a fault if it is not YAML or has a key twice."""
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return Fault(file, 1, "filen är tom")
        lines: dict[Place, int] = {}
        for place, line in _walk(node, ()):
            if place in lines:
                return Fault(file, line, f"{place[-1]} står två gånger")
            lines[place] = line
        return Document(file, loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = yaml_fault(error.problem or error.context or "")
        return Fault(file, mark.line + 1 if mark else 1, what)
    except (yaml.YAMLError, ValueError) as error:
        return Fault(file, 1, f"inte giltig YAML: {error}")
    finally:
        loader.dispose()


def yaml_fault(problem: str) -> str:
    """What is wrong with the form of a file, and what to do about it.

    Args:
        problem: As PyYAML says it.
    """
    hint = next((hint for words, hint in _HINTS.items() if words in problem), None)
    return f"inte giltig YAML: {hint} ({problem})" if hint else f"inte giltig YAML: {problem}"


def _walk(node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    # The words of a block ("|") begin on the line after its mark.
    is_block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    yield place, node.start_mark.line + (2 if is_block else 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _walk(value, (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            yield from _walk(value, (*place, position))
