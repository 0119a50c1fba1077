"""Routing: who can help, from one readable table in ``knowledge/routing.yml``.

``answers`` reads the file. The table knows the person; the hour is the cards' business, which put
first what is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from services.triage.judgement import Judgement, Situation, TopicGuess
from services.vocabulary import (
    AgeBand,
    ContactId,
    MunicipalityId,
    PhraseId,
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


@dataclass(frozen=True, slots=True)
class Route:
    """Who to show, in order, and what the reply must do besides."""

    contacts: tuple[ContactId, ...]
    leads_with_112: bool
    asks_danger: bool
    offers_human: bool
    phrase: PhraseId | None = None
    """What the person should hear before the contacts, once in a conversation."""


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
    other_topic: frozenset[TopicId] = Field(frozenset(), alias="utom_ämne")
    situation: frozenset[Situation] | None = Field(None, alias="läge")
    also: frozenset[Situation] | None = Field(None, alias="också")
    age: frozenset[AgeBand] | None = Field(None, alias="ålder")
    municipality: frozenset[MunicipalityId] | None = Field(None, alias="kommun")

    def holds(self, case: Case) -> bool:
        """Whether the row is for this case."""
        return (
            (self.urgency is None or case.urgency in self.urgency)
            and (self.topic is None or case.topic in self.topic)
            and case.topic not in self.other_topic
            and (self.situation is None or bool(case.situations & self.situation))
            and (self.also is None or bool(case.situations & self.also))
            and (self.age is None or case.age in self.age)
            and (self.municipality is None or case.municipality in self.municipality)
        )


class Row(BaseModel):
    """A row of the table of contacts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: When = Field(alias="när")
    contacts: tuple[ContactId, ...] = Field(alias="kontakter")


class PhraseRow(BaseModel):
    """A row of the table of what a person should hear first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: When = Field(alias="när")
    phrase: PhraseId = Field(alias="fras")


class RoutingTable:
    """The rows, from the top; the first that holds decides."""

    def __init__(self, rows: Sequence[Row], phrases: Sequence[PhraseRow] = ()) -> None:
        """Take the rows.

        Args:
            rows: Who helps; the last one is for everybody.
            phrases: What is said besides; none need hold.
        """
        self.rows, self.phrases = tuple(rows), tuple(phrases)

    def route(self, judgement: Judgement, topics: Sequence[TopicGuess], setting: Setting) -> Route:
        """Who can help the caller, and what else the reply must do."""
        case = describe(judgement, topics, setting)
        return Route(
            contacts=self.contacts(case),
            leads_with_112=judgement.urgency is Urgency.AKUT,
            asks_danger=judgement.asks_danger and judgement.urgency is not Urgency.AKUT,
            offers_human=judgement.urgency in _OFFERS_HUMAN,
            phrase=self.phrase(case),
        )

    def contacts(self, case: Case) -> tuple[ContactId, ...]:
        """The contacts of the first row that holds."""
        return next(row.contacts for row in self.rows if row.when.holds(case))

    def phrase(self, case: Case) -> PhraseId | None:
        """What the person should hear first, if anything."""
        return next((row.phrase for row in self.phrases if row.when.holds(case)), None)


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
