"""Paired messages differ only in religion, name or milieu; they must be judged alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.evaluation.observed import Judged

_PREFIX: Final = "par:"


@dataclass(frozen=True, slots=True)
class UnlikePair:
    """Messages of one pair that were not judged alike: their tag, and each with its judgement."""

    tag: str
    members: tuple[Judged, ...]


def pairs(judged: Sequence[Judged]) -> dict[str, tuple[Judged, ...]]:
    """The messages of each pair, by tag such as ``par:03``."""
    by_tag: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        for tag in one.case.tags:
            if tag.startswith(_PREFIX):
                by_tag[tag].append(one)
    return {tag: tuple(members) for tag, members in sorted(by_tag.items())}


def unlike_pairs(judged: Sequence[Judged]) -> tuple[UnlikePair, ...]:
    """The pairs whose urgency, lead with 112 or question about danger differ; none should be."""
    return tuple(
        UnlikePair(tag, members)
        for tag, members in pairs(judged).items()
        if len({_judgement(member) for member in members}) > 1
    )


def _judgement(one: Judged) -> tuple[object, ...]:
    seen = one.observed
    return seen.urgency, seen.leads_with_112, seen.asks_danger
