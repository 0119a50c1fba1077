"""The messages between the service and Rasa's input channel in ``bot/channel.py``."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from services.triage.judgement import TopicGuess
from services.vocabulary import PhraseId, TopicId, Urgency


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True)


type SlotValue = str | int | bool | list[str] | None


class DialogueRequest(_Wire):
    """One turn for Rasa. The same request always gives the same reply."""

    message_id: UUID
    text: str
    intent: str | None = Field(None, description="Set when the caller pressed a button")
    urgency: Urgency | None = Field(
        None, description="As this message was judged; topics that seldom have it count for less"
    )
    slots: dict[str, SlotValue] = Field(
        default_factory=dict, description="What the service knows already; fills empty slots"
    )
    state: dict[str, Any] | None = Field(None, description="As the last reply gave it")


class AnswerDirective(_Wire):
    """Say a curated answer."""

    answer: TopicId


class PhraseDirective(_Wire):
    """Say a short fixed phrase, such as a question of the intake form."""

    phrase: PhraseId
    values: dict[str, str] = Field(default_factory=dict)
    choices: tuple[str, ...] = ()


class SummaryDirective(_Wire):
    """Read back what will be sent to the coordinator."""

    summary: dict[str, SlotValue]


class HandoverDirective(_Wire):
    """Make a ticket of the intake's slots and tell the caller its reference."""

    handover: dict[str, SlotValue]


class CorrectionDirective(_Wire):
    """Correct the ticket that has been made already, by the intake's slots."""

    correction: dict[str, SlotValue]


_KINDS = ("answer", "phrase", "summary", "handover", "correction")


def _kind(value: Any) -> str | None:
    names = value if isinstance(value, dict) else type(value).model_fields
    return next((kind for kind in _KINDS if kind in names), None)


Directive = Annotated[
    Annotated[AnswerDirective, Tag("answer")]
    | Annotated[PhraseDirective, Tag("phrase")]
    | Annotated[SummaryDirective, Tag("summary")]
    | Annotated[HandoverDirective, Tag("handover")]
    | Annotated[CorrectionDirective, Tag("correction")],
    Discriminator(_kind),
]


class DialogueReply(_Wire):
    """What Rasa picked: directives in order, never words."""

    topics: tuple[TopicGuess, ...]
    directives: tuple[Directive, ...]
    state: dict[str, Any]
    model: str = Field(description="Name of the trained model")
    in_form: bool = Field(description="The intake form is waiting for an answer")
