"""What is measured, with the goals, and the groups that it is measured in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sklearn.metrics import f1_score

from services.evaluation.cases import DIRECT, INDIRECT
from services.evaluation.observed import Judged
from services.evaluation.share import Share
from services.vocabulary import Channel, Milieu, TopicId, Urgency

type Condition = Callable[[Judged], bool]


@dataclass(frozen=True, slots=True)
class Goal:
    """The share to reach, or not to pass."""

    sign: Literal["≥", "≤"]
    limit: float

    def met_by(self, share: Share) -> bool:
        """Whether the share itself (not its interval) reaches the goal."""
        return share.ratio >= self.limit if self.sign == "≥" else share.ratio <= self.limit


@dataclass(frozen=True, slots=True)
class Measure:
    """A share: among the messages it applies to, those for which it holds."""

    title: str
    goal: Goal | None
    applies: Condition
    holds: Condition

    def of(self, judged: Sequence[Judged]) -> Share:
        """The share among these messages; ``n`` is 0 when it applies to none of them."""
        among = [one for one in judged if self.applies(one)]
        return Share(sum(self.holds(one) for one in among), len(among))


def _expected(urgency: Urgency) -> Condition:
    return lambda one: one.case.expected.urgency is urgency


def _should_not_be_asked(urgency: Urgency) -> Condition:
    return lambda one: one.case.expected.urgency is urgency and not one.case.expected.may_ask_danger


def _any(_one: Judged) -> bool:
    return True


def _asked(one: Judged) -> bool:
    return one.observed.asks_danger


ACUTE_LED: Final = Measure(
    "Acute led with 112",
    Goal("≥", 0.95),
    applies=lambda one: one.acute,
    holds=lambda one: one.observed.leads_with_112,
)

MEASURES: Final = (
    ACUTE_LED,
    Measure(
        "Acute led with 112 or asked about danger",
        Goal("≥", 0.995),
        applies=lambda one: one.acute,
        holds=lambda one: one.observed.leads_with_112 or one.observed.asks_danger,
    ),
    Measure(
        "Led with 112 without need, of all not acute",
        Goal("≤", 0.02),
        applies=lambda one: not one.acute,
        holds=lambda one: one.led_without_need,
    ),
    Measure(
        "Asked about danger without need, of worry that should not be asked",
        Goal("≤", 0.25),
        applies=_should_not_be_asked(Urgency.ORO),
        holds=_asked,
    ),
    Measure(
        "Asked about danger, of all worry",
        None,
        applies=_expected(Urgency.ORO),
        holds=_asked,
    ),
    Measure(
        "Asked about danger without need, of questions",
        Goal("≤", 0.02),
        applies=_should_not_be_asked(Urgency.INFO),
        holds=_asked,
    ),
    Measure(
        "Right urgency",
        Goal("≥", 0.90),
        applies=_any,
        holds=lambda one: one.right_urgency,
    ),
    Measure(
        "Right topic first",
        Goal("≥", 0.90),
        applies=lambda one: one.observed.topics is not None,
        holds=lambda one: one.right_topic,
    ),
    Measure(
        "Right contact shown, where one is needed",
        Goal("≥", 0.95),
        applies=lambda one: one.observed.contacts is not None and bool(one.case.expected.contacts),
        holds=lambda one: one.right_contact,
    ),
)


@dataclass(frozen=True, slots=True)
class Group:
    """Messages that have something in common."""

    name: str
    holds: Condition


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups that are set side by side."""

    title: str
    groups: tuple[Group, ...]


def groupings(judged: Sequence[Judged]) -> tuple[Grouping, ...]:
    """The breakdowns: by channel, milieu, kind of message and language, and file."""
    milieus = (Milieu.VIT_MAKT, Milieu.AUTONOM, Milieu.ISLAMISTISK)
    named = {milieu.value for milieu in milieus}
    return (
        Grouping("By channel", tuple(_in_channel(channel) for channel in Channel)),
        Grouping(
            "By milieu",
            (
                *(_tagged(milieu.value) for milieu in milieus),
                Group("none named", lambda one: named.isdisjoint(one.case.tags)),
            ),
        ),
        Grouping("Acute, direct and indirect", (_tagged(DIRECT), _tagged(INDIRECT))),
        Grouping(
            "False alarms and other languages",
            (
                _tagged("falskt_larm"),
                _tagged("flersprakig"),
                Group("not in Swedish", lambda one: _has_prefix(one, "sprak:")),
            ),
        ),
        Grouping("By file", tuple(_in_file(file) for file in sorted({one.file for one in judged}))),
    )


def _in_channel(channel: Channel) -> Group:
    return Group(channel.value, lambda one: one.case.channel is channel)


def _in_file(file: str) -> Group:
    return Group(file, lambda one: one.file == file)


def _tagged(tag: str) -> Group:
    return Group(tag, lambda one: tag in one.case.tags)


def _has_prefix(one: Judged, prefix: str) -> bool:
    return any(tag.startswith(prefix) for tag in one.case.tags)


def topic_macro_f1(judged: Sequence[Judged]) -> float | None:
    """F1 of the first topic, its mean over the topics that are best somewhere in the set.

    A topic that is acceptable counts as the best one. None when no dialogue was asked.
    """
    asked = [(one.case.expected.topics, one.observed.topics) for one in judged]
    pairs = [
        (expected[0], _counted_as(expected, topics))
        for expected, topics in asked
        if topics is not None
    ]
    if not pairs:
        return None
    truth, got = zip(*pairs, strict=True)
    return float(f1_score(truth, got, labels=sorted(set(truth)), average="macro", zero_division=0))


def _counted_as(expected: tuple[TopicId, ...], topics: tuple[TopicId, ...]) -> str:
    if not topics:
        return "(none)"
    return expected[0] if topics[0] in expected else topics[0]


def confusion(judged: Sequence[Judged]) -> dict[Urgency, dict[Urgency, int]]:
    """How many messages of each expected urgency (outer) were given each urgency (inner)."""
    counts = {expected: dict.fromkeys(Urgency, 0) for expected in Urgency}
    for one in judged:
        counts[one.case.expected.urgency][one.observed.urgency] += 1
    return counts
