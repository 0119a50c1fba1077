"""Routing: who can help, from one readable table in ``knowledge/routing.yml``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import holidays
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

_STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
_OFFICE_OPENS: Final = time(8, 0)
_OFFICE_CLOSES: Final = time(16, 30)
_SWEDISH_HOLIDAYS: Final = holidays.country_holidays("SE")
_OFFERS_HUMAN: Final = frozenset({Urgency.AKUT, Urgency.HOG, Urgency.ORO})

_TOPIC_SITUATIONS: Final = {
    TopicId("lamna"): Situation.VILL_LAMNA,
    TopicId("hotad"): Situation.HOTAD,
    TopicId("tips_brott"): Situation.BROTT,
    TopicId("atervandare"): Situation.ATERVANDARE,
    TopicId("sjalvmord"): Situation.SJALVMORD,
}
_TOPIC_SURE: Final = 0.5


class Hours(StrEnum):
    """Whether the offices of the municipality are open."""

    KONTORSTID = "kontorstid"
    JOURTID = "jourtid"


class RoutingError(Exception):
    """The table can't be used; says which row and why."""


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
    hours: Hours


class When(BaseModel):
    """The conditions of a row; what is not said does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    urgency: frozenset[Urgency] | None = Field(None, alias="brådska")
    topic: frozenset[TopicId] | None = Field(None, alias="ämne")
    situation: frozenset[Situation] | None = Field(None, alias="läge")
    age: frozenset[AgeBand] | None = Field(None, alias="ålder")
    municipality: frozenset[MunicipalityId] | None = Field(None, alias="kommun")
    hours: frozenset[Hours] | None = Field(None, alias="tid")

    def holds(self, case: Case) -> bool:
        """Whether the row is for this case."""
        return (
            (self.urgency is None or case.urgency in self.urgency)
            and (self.topic is None or case.topic in self.topic)
            and (self.situation is None or bool(case.situations & self.situation))
            and (self.age is None or case.age in self.age)
            and (self.municipality is None or case.municipality in self.municipality)
            and (self.hours is None or case.hours in self.hours)
        )


class Row(BaseModel):
    """A row of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: When = Field(default_factory=When, alias="när")
    contacts: tuple[ContactId, ...] = Field(alias="kontakter")


class RoutingTable:
    """The rows, from the top; the first that holds decides."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)

    @classmethod
    def load(cls, path: Path) -> RoutingTable:
        """Read the table. Raises ``RoutingError``."""
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        groups: dict[str, list[str]] = content["ämnesgrupper"]
        rows = []
        for number, fields in enumerate(content["rader"], start=1):
            when = dict(fields.get("när", {}))
            if "ämne" in when:
                when["ämne"] = [topic for one in when["ämne"] for topic in groups.get(one, [one])]
            try:
                rows.append(Row.model_validate({**fields, "när": when}))
            except ValidationError as error:
                raise RoutingError(f"{path.name}, row {number}: {error}") from error
        if not rows or rows[-1].when != When():
            raise RoutingError(f"{path.name}: the last row must be for everybody")
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
        hours=office_hours(setting.at),
    )


def office_hours(at: datetime) -> Hours:
    """Whether a municipal office is open: a working day 8.00-16.30 in Stockholm.

    Args:
        at: An aware time.
    """
    local = at.astimezone(_STOCKHOLM)
    working_day = local.weekday() < 5 and local.date() not in _SWEDISH_HOLIDAYS
    opened = working_day and _OFFICE_OPENS <= local.time() < _OFFICE_CLOSES
    return Hours.KONTORSTID if opened else Hours.JOURTID
