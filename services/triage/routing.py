"""Routing: who can help, from one readable table in ``knowledge/routing.yml``.

The table knows the person; the hour is the cards' business, which put first what is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.triage.judgement import Judgement, Situation, TopicGuess
from services.vocabulary import (
    AgeBand,
    ContactId,
    MunicipalityId,
    Setting,
    TopicId,
    Urgency,
)

_OFFERS_HUMAN: Final = frozenset({Urgency.AKUT, Urgency.HOG, Urgency.ORO})

_TOPIC_SITUATIONS: Final = {
    TopicId("lamna"): Situation.VILL_LAMNA,
    TopicId("hotad"): Situation.HOTAD,
    TopicId("tips_brott"): Situation.BROTT,
    TopicId("atervandare"): Situation.ATERVANDARE,
    TopicId("sjalvmord"): Situation.SJALVMORD,
}
_TOPIC_SURE: Final = 0.5


class RoutingError(Exception):
    """The table can't be used. ``line`` is where, counted from one; ``what`` is what is wrong."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"routing.yml:{line}: {what}")
        self.line = line
        self.what = what


@dataclass(frozen=True, slots=True)
class Route:
    """Who to show, in order, and what the reply must do besides."""

    contacts: tuple[ContactId, ...]
    leads_with_112: bool
    asks_danger: bool
    offers_human: bool


@dataclass(frozen=True, slots=True)
class Case:
    """What the table looks at."""

    urgency: Urgency
    topic: TopicId | None
    situations: frozenset[Situation]
    age: AgeBand
    municipality: MunicipalityId


class When(BaseModel):
    """The conditions of a row; what is not said does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    urgency: frozenset[Urgency] | None = Field(None, alias="brådska")
    topic: frozenset[TopicId] | None = Field(None, alias="ämne")
    situation: frozenset[Situation] | None = Field(None, alias="läge")
    also: frozenset[Situation] | None = Field(None, alias="också")
    age: frozenset[AgeBand] | None = Field(None, alias="ålder")
    municipality: frozenset[MunicipalityId] | None = Field(None, alias="kommun")

    def holds(self, case: Case) -> bool:
        """Whether the row is for this case."""
        return (
            (self.urgency is None or case.urgency in self.urgency)
            and (self.topic is None or case.topic in self.topic)
            and (self.situation is None or bool(case.situations & self.situation))
            and (self.also is None or bool(case.situations & self.also))
            and (self.age is None or case.age in self.age)
            and (self.municipality is None or case.municipality in self.municipality)
        )


class Row(BaseModel):
    """A row of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: When = Field(default_factory=When, alias="när")
    contacts: tuple[ContactId, ...] = Field(alias="kontakter")
    line: int = Field(description="Where the row stands in the file")


class RoutingTable:
    """The rows, from the top; the first that holds decides."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)

    @classmethod
    def load(cls, path: Path) -> RoutingTable:
        """Read the table. Raises ``RoutingError``."""
        try:
            text = path.read_text(encoding="utf-8")
            node = yaml.compose(text, yaml.CSafeLoader)
            content = yaml.load(text, yaml.CSafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise RoutingError(line, f"inte giltig YAML: {error.problem}") from error
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise RoutingError(1, f"går inte att läsa: {error}") from error
        groups, written = _parts(content)
        lines = list(_lines_of_rows(node))
        rows = [_row(one, groups, line) for one, line in zip(written, lines, strict=True)]
        if not rows or rows[-1].when != When():
            raise RoutingError(lines[-1] if lines else 1, "sista raden ska gälla alla: när: {}")
        return cls(rows)

    def route(self, judgement: Judgement, topics: Sequence[TopicGuess], setting: Setting) -> Route:
        """Who can help the caller, and what else the reply must do."""
        case = describe(judgement, topics, setting)
        return Route(
            contacts=self.contacts(case),
            leads_with_112=judgement.urgency is Urgency.AKUT,
            asks_danger=judgement.asks_danger and judgement.urgency is not Urgency.AKUT,
            offers_human=judgement.urgency in _OFFERS_HUMAN,
        )

    def contacts(self, case: Case) -> tuple[ContactId, ...]:
        """The contacts of the first row that holds."""
        return next(row.contacts for row in self.rows if row.when.holds(case))


def describe(judgement: Judgement, topics: Sequence[TopicGuess], setting: Setting) -> Case:
    """What the table looks at, from judgement, topics and setting."""
    facts = judgement.facts
    likeliest = max(topics, key=lambda topic: topic.confidence, default=None)
    situations = set(facts.situations)
    if judgement.suicide:
        situations.add(Situation.SJALVMORD)
    if likeliest is not None and likeliest.confidence >= _TOPIC_SURE:
        meant = _TOPIC_SITUATIONS.get(likeliest.id)
        situations |= {meant} if meant else set()
    return Case(
        urgency=judgement.urgency,
        topic=likeliest.id if likeliest else None,
        situations=frozenset(situations),
        age=facts.age_band,
        municipality=facts.municipality or setting.municipality,
    )


def _parts(content: Any) -> tuple[dict[str, list[str]], list[Any]]:
    if not isinstance(content, dict):
        raise RoutingError(1, "ska ha ämnesgrupper och rader")
    groups, rows = content.get("ämnesgrupper", {}), content.get("rader")
    if not isinstance(rows, list):
        raise RoutingError(1, "rader saknas, eller är ingen lista")
    if not isinstance(groups, dict) or not all(isinstance(one, list) for one in groups.values()):
        raise RoutingError(1, "ämnesgrupper ska vara listor av ämnen")
    return groups, rows


def _row(fields: Any, groups: dict[str, list[str]], line: int) -> Row:
    if not isinstance(fields, dict) or not isinstance(fields.get("när", {}), dict):
        raise RoutingError(line, "en rad har när och kontakter")
    when = dict(fields.get("när", {}))
    if isinstance(topics := when.get("ämne"), list):
        when["ämne"] = [topic for one in topics for topic in groups.get(one, [one])]
    try:
        return Row.model_validate({**fields, "när": when, "line": line})
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in faults)
        raise RoutingError(line, told) from error


def _lines_of_rows(node: yaml.Node | None) -> Iterator[int]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "rader":
                yield from (row.start_mark.line + 1 for row in value.value)
