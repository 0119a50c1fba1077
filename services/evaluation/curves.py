"""The curves: what more training data gives, and what each threshold costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from services.evaluation.comparison import Score
from services.evaluation.tables import Table
from services.triage.classifier import CLASSES
from services.triage.thresholds import Thresholds
from services.vocabulary import Urgency

type Shares = npt.NDArray[np.float64]

STEPS: Final = np.concatenate([np.geomspace(0.002, 0.1, 40), np.linspace(0.11, 0.99, 89)])
"""The thresholds that are drawn: close together where questions about danger are decided."""
_TOLD: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_LIKELIEST_BELOW: Final = (Urgency.HOG, Urgency.ORO, Urgency.INFO, Urgency.UTANFOR)


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """How right the judge and the topics are on the open set, after so much training data."""

    messages: int
    urgency: Score
    topic: Score


def learning_table(points: Sequence[LearningPoint], picture: str) -> Table:
    """The learning curve in numbers."""
    return Table(
        "Learning curve",
        ("training messages", "right urgency", "acute recall", "led without need", "right topic"),
        tuple(
            (
                str(point.messages),
                *(
                    "–" if value is None else f"{value:.3f}"
                    for value in (
                        point.urgency.accuracy,
                        point.urgency.acute_recall,
                        point.urgency.led_without_need,
                        point.topic.accuracy,
                    )
                ),
            )
            for point in points
        ),
        "The open set, judged by the whole judge at the thresholds in use and by the topic "
        "classifier in use, each trained on a part of the data. A smaller part is inside a larger.",
        picture,
    )


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Probabilities of training messages while held out.

    Attributes:
        shares: A row a message, a column a class in the order of ``CLASSES``.
        right: The place of the right class of each message.
    """

    shares: Shares
    right: npt.NDArray[np.intp]

    @property
    def acute(self) -> Shares:
        """How probable it was for each message that it is acute."""
        column: Shares = self.shares[:, CLASSES.index(Urgency.AKUT)]
        return column

    def over(self, threshold: float, urgency: Urgency) -> float:
        """Share of the messages of an urgency that are acute with at least this probability."""
        of_it = self.acute[self.right == CLASSES.index(urgency)]
        return float((of_it >= threshold).mean())

    def not_acute_over(self, threshold: float) -> float:
        """Share of all messages that are not acute, and yet seem so."""
        others = self.acute[self.right != CLASSES.index(Urgency.AKUT)]
        return float((others >= threshold).mean())


@dataclass(frozen=True, slots=True)
class InUse:
    """What the thresholds in use give on held-out messages."""

    acute_led: float
    led_without_need: float
    acute_led_or_asked: float
    asked: dict[Urgency, float]


def in_use(held_out: HeldOut, thresholds: Thresholds) -> InUse:
    """Led and asked shares at the thresholds in use, by the classifier alone."""
    led = held_out.acute >= thresholds.akut.visa_112
    limits = np.array(
        [
            thresholds.akut.fraga[
                thresholds.cheapest(dict(zip(CLASSES, map(float, row), strict=True)))
            ]
            for row in held_out.shares
        ]
    )
    asked = ~led & (held_out.acute >= limits)
    acute = held_out.right == CLASSES.index(Urgency.AKUT)
    return InUse(
        acute_led=float(led[acute].mean()),
        led_without_need=float(led[~acute].mean()),
        acute_led_or_asked=float((led | asked)[acute].mean()),
        asked={
            urgency: float(asked[held_out.right == CLASSES.index(urgency)].mean())
            for urgency in _LIKELIEST_BELOW
        },
    )


def threshold_table(held_out: HeldOut, thresholds: Thresholds, picture: str) -> Table:
    """The threshold curve in numbers, and what the thresholds in use give."""
    chosen = in_use(held_out, thresholds)
    limits = ", ".join(f"{limit:g} ({name})" for name, limit in thresholds.akut.fraga.items())
    asked = ", ".join(f"{share:.3f} of {urgency}" for urgency, share in chosen.asked.items())
    return Table(
        "Threshold curve",
        ("acute at least", "of akut", "of all not acute", "of oro", "of info"),
        tuple(
            (
                f"{threshold:g}",
                *(
                    f"{share:.3f}"
                    for share in (
                        held_out.over(threshold, Urgency.AKUT),
                        held_out.not_acute_over(threshold),
                        held_out.over(threshold, Urgency.ORO),
                        held_out.over(threshold, Urgency.INFO),
                    )
                ),
            )
            for threshold in _TOLD
        ),
        "The share of messages that the classifier, which had seen neither them nor their "
        "near-duplicates, calls acute with at least this probability. "
        f"In use (`knowledge/thresholds.yml`): 112 leads from {thresholds.akut.visa_112:g}; the "
        f"question is asked from {limits}, by the likeliest urgency below. That leads "
        f"{chosen.acute_led:.3f} of the acute and {chosen.led_without_need:.3f} of the others, "
        f"leads or asks {chosen.acute_led_or_asked:.3f} of the acute, and asks {asked}.",
        picture,
    )
