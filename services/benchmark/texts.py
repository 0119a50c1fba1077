"""What the callers write: messages of the open evaluation set, which nothing is trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.evaluation.cases import DIRECT, read_cases
from services.vocabulary import Urgency

_ORDINARY: Final = frozenset({Urgency.INFO, Urgency.ORO})
_OTHER_LANGUAGE: Final = "sprak:"


@dataclass(frozen=True, slots=True)
class Texts:
    """Messages to send.

    Attributes:
        ordinary: Questions and worries in Swedish: what has to be asked of Rasa.
        acute: Plainly acute ones: what is answered without Rasa.
    """

    ordinary: tuple[str, ...]
    acute: tuple[str, ...]


def read_texts(evaluation_dir: Path) -> Texts:
    """The messages. Raises ``MalformedCaseError``."""
    cases = [filed.case for filed in read_cases(evaluation_dir)]
    swedish = [
        case for case in cases if not any(tag.startswith(_OTHER_LANGUAGE) for tag in case.tags)
    ]
    return Texts(
        ordinary=tuple(case.text for case in swedish if case.expected.urgency in _ORDINARY),
        acute=tuple(case.text for case in swedish if case.must_not_miss and DIRECT in case.tags),
    )
