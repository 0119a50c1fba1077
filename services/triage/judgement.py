"""What a judge says of one message, and why."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from services.reading.age import band_of
from services.vocabulary import AgeBand, Milieu, MunicipalityId, TopicId, Urgency


class Frozen(BaseModel):
    """A value that crosses a room's border."""

    model_config = ConfigDict(frozen=True)


class Reason(Frozen):
    """One ground for a judgement: who says what, how surely."""

    by: str = Field(description="safety_net, classifier, topic or context")
    what: str = Field(description="A rule's name, a class or a topic")
    score: float = Field(ge=0, le=1)


class TopicGuess(Frozen):
    """A topic and how probable it is."""

    id: TopicId
    confidence: float = Field(ge=0, le=1)


class Situation(StrEnum):
    """What a message says of the caller's own position; routing looks at it."""

    BARN_SKRIVER = "barn_skriver"
    YRKESVERKSAM = "yrkesverksam"
    VILL_LAMNA = "vill_lamna"
    KONTROLLERAD = "kontrollerad"
    HOTAD = "hotad"
    ATERVANDARE = "atervandare"
    SJALVMORD = "sjalvmord"
    BROTT = "brott"


class Facts(Frozen):
    """What the message itself says of the person and the place; nothing is asked twice."""

    relation: str | None = None
    age: int | None = None
    municipality: MunicipalityId | None = None
    milieu: Milieu | None = None
    language: str | None = Field(None, description="ISO 639-1 code when it is not Swedish")
    situations: frozenset[Situation] = frozenset()

    @property
    def age_band(self) -> AgeBand:
        """The age as the ticket keeps it."""
        return AgeBand.OKAND if self.age is None else band_of(self.age)


class Judgement(Frozen):
    """The urgency of one message with its grounds, and whether to ask about danger."""

    urgency: Urgency
    asks_danger: bool = False
    suicide: bool = Field(False, description="The danger is to the person's own life")
    why: tuple[Reason, ...] = ()
    facts: Facts = Facts()
    model: str = Field("", description="Version of model and rules")
