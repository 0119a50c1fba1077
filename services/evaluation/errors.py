"""Errors by kind, the gravest first: the kinds are what a remedy is sought for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.evaluation.observed import Judged
from services.vocabulary import Urgency


class ErrorKind(StrEnum):
    """What went wrong with a message, from the gravest to the mildest."""

    ACUTE_MISSED = "acute, neither led nor asked"
    ACUTE_ONLY_ASKED = "acute, only asked about danger"
    LED_WITHOUT_NEED = "led with 112 without need"
    SERIOUS_UNSEEN = "serious, taken for a question or nothing"
    ASKED_WITHOUT_NEED = "asked about danger without need"
    WRONG_URGENCY = "wrong urgency"
    NO_RIGHT_CONTACT = "no right contact shown"
    WRONG_TOPIC = "wrong topic first"


_GRAVITY: Final = {kind: place for place, kind in enumerate(ErrorKind)}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A message and the gravest thing that went wrong with it."""

    kind: ErrorKind
    judged: Judged


def mistakes(judged: Sequence[Judged]) -> tuple[Mistake, ...]:
    """Every message with an error, the gravest first.

    Within a kind those that must not be missed come first, then those whose urgency is furthest
    from the expected.
    """
    found = [Mistake(kind, one) for one in judged if (kind := gravest_error(one)) is not None]
    return tuple(sorted(found, key=_order))


def gravest_error(one: Judged) -> ErrorKind | None:
    """The gravest thing that went wrong with a message, if any."""
    seen, expected = one.observed, one.case.expected
    if one.missed:
        return ErrorKind.ACUTE_ONLY_ASKED if seen.asks_danger else ErrorKind.ACUTE_MISSED
    if one.led_without_need:
        return ErrorKind.LED_WITHOUT_NEED
    if expected.urgency is Urgency.HOG and seen.urgency < Urgency.ORO and not seen.asks_danger:
        return ErrorKind.SERIOUS_UNSEEN
    if one.asked_without_need:
        return ErrorKind.ASKED_WITHOUT_NEED
    if not one.right_urgency:
        return ErrorKind.WRONG_URGENCY
    if seen.contacts is not None and not one.right_contact:
        return ErrorKind.NO_RIGHT_CONTACT
    if seen.topics is not None and not one.right_topic:
        return ErrorKind.WRONG_TOPIC
    return None


def _order(mistake: Mistake) -> tuple[int, bool, int, str]:
    case, seen = mistake.judged.case, mistake.judged.observed
    distance = abs(case.expected.urgency.rank - seen.urgency.rank)
    return _GRAVITY[mistake.kind], not case.must_not_miss, -distance, case.id
