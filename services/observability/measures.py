"""What is measured, under the names that Prometheus reads (https://prometheus.io/docs/practices).

Labels are few and fixed, so that a series never tells of a caller.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from services.vocabulary import Channel, Urgency

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
REGISTRY: Final = CollectorRegistry()
_BUCKETS: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0
)  # fmt: skip
"""From a judgement (a few milliseconds) over an acute reply (50) to Rasa's time-out (6 s)."""


class Stage(StrEnum):
    """A part of a message's way."""

    JUDGE = "judge"
    """Both judges on one message."""
    STORE = "store"
    """One transaction that stores a message or an outcome, the wait for the writer included."""
    DIALOGUE = "dialogue"
    """Rasa's part of a turn."""
    RENDER = "render"
    """From directives to words."""
    ACUTE = "acute"
    """An acute message from its arrival to its reply in the acknowledgement."""
    WHOLE = "whole"
    """Any other message from its arrival to its stored reply, the wait for its turn included."""


class ReplyKind(StrEnum):
    """How a message got its one outcome."""

    ACUTE = "acute"
    """In the acknowledgement, without Rasa."""
    ACUTE_BY_TOPIC = "acute_by_topic"
    """Rasa's topic made it acute, where both judges had not."""
    DIALOGUE = "dialogue"
    KEYWORDS = "keywords"
    """Rasa was away, and a plain question was answered by its words."""
    ASIDE = "aside"
    """The channel's own words, such as that pictures are not opened."""
    FALLBACK = "fallback"
    """Rasa was away: the safe reply."""
    GIVEN_UP = "given_up"
    """The turn failed again and again: the safe reply, and a coordinator."""
    HUMAN = "human"
    """It went to a coordinator, without a reply of ours."""


_stage_seconds = Histogram(
    "oroslotsen_stage_seconds",
    "Seconds that a part of a message's way took.",
    ["stage"],
    buckets=_BUCKETS,
    registry=REGISTRY,
)
_messages = Counter(
    "oroslotsen_messages",
    "Messages acknowledged, as they were judged then.",
    ["channel", "urgency"],
    registry=REGISTRY,
)
_outcomes = Counter(
    "oroslotsen_outcomes", "Messages that got their outcome.", ["kind"], registry=REGISTRY
)
_refused = Counter(
    "oroslotsen_messages_refused",
    "Messages not taken because too many turns waited.",
    registry=REGISTRY,
)
_failed = Counter(
    "oroslotsen_turns_failed", "Turns that failed and are taken again.", registry=REGISTRY
)
_turns_running = Gauge(
    "oroslotsen_turns_running", "Turns in work in this process.", registry=REGISTRY
)
_turns_waiting = Gauge(
    "oroslotsen_turns_waiting", "Messages without an outcome, in all processes.", registry=REGISTRY
)
_inbox_age = Gauge(
    "oroslotsen_inbox_age_seconds",
    "Age of the oldest message without an outcome; NaN with the database away.",
    registry=REGISTRY,
)
_outbox_age = Gauge(
    "oroslotsen_outbox_age_seconds",
    "How late the latest text message is; NaN with the database away.",
    registry=REGISTRY,
)
_rasa_up = Gauge("oroslotsen_rasa_up", "1 if Rasa answers and has a model.", registry=REGISTRY)
_database_up = Gauge("oroslotsen_database_up", "1 if the database answers.", registry=REGISTRY)
_knowledge_fault = Gauge(
    "oroslotsen_knowledge_fault",
    "1 if newer content files are refused and older ones are in use.",
    registry=REGISTRY,
)
_probe_seconds = Gauge(
    "oroslotsen_probe_seconds", "Seconds that the last test message took.", registry=REGISTRY
)
_probe_answered = Gauge(
    "oroslotsen_probe_last_success_timestamp_seconds",
    "When a test message was last answered by the dialogue; 0 before the first.",
    registry=REGISTRY,
)
ProcessCollector(registry=REGISTRY)

# Every series is there from the start: a rate from 0 is seen at the first message.
_STAGES: Final = {stage: _stage_seconds.labels(stage.value) for stage in Stage}
_KINDS: Final = {kind: _outcomes.labels(kind.value) for kind in ReplyKind}
_MESSAGES: Final = {
    (channel, urgency): _messages.labels(channel.value, urgency.value)
    for channel in Channel
    for urgency in Urgency
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How the service stands at one moment. An age is nothing when nobody could tell it."""

    turns_running: int
    turns_waiting: int
    inbox_age: float | None
    outbox_age: float | None
    rasa_up: bool
    database_up: bool
    knowledge_fault: bool


def timed(stage: Stage) -> AbstractContextManager[object]:
    """Measure what is done inside, also when it raises."""
    return _STAGES[stage].time()


def observe(stage: Stage, seconds: float) -> None:
    """Count a duration. One below zero, which a changed clock gives, counts as zero."""
    _STAGES[stage].observe(max(seconds, 0.0))


def count_message(channel: Channel, urgency: Urgency) -> None:
    """Count a message that is taken."""
    _MESSAGES[channel, urgency].inc()


def count_outcome(kind: ReplyKind) -> None:
    """Count a message's one outcome."""
    _KINDS[kind].inc()


def count_refused() -> None:
    """Count a message that is not taken because too many turns wait."""
    _refused.inc()


def count_failed_turn() -> None:
    """Count a turn that failed."""
    _failed.inc()


def note_probe(seconds: float, *, answered_at: float | None) -> None:
    """Note how the last test message fared.

    Args:
        seconds: From sending to seeing the reply.
        answered_at: The time in seconds since 1970, if the dialogue answered it.
    """
    _probe_seconds.set(seconds)
    if answered_at is not None:
        _probe_answered.set(answered_at)


def page(standing: Standing) -> bytes:
    """Everything as Prometheus reads it, with how the service stands now."""
    _turns_running.set(standing.turns_running)
    _turns_waiting.set(standing.turns_waiting)
    _inbox_age.set(_known(standing.inbox_age))
    _outbox_age.set(_known(standing.outbox_age))
    _rasa_up.set(standing.rasa_up)
    _database_up.set(standing.database_up)
    _knowledge_fault.set(standing.knowledge_fault)
    return generate_latest(REGISTRY)


def _known(age: float | None) -> float:
    return float("nan") if age is None else age
