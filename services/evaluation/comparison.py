"""The comparison of classifiers: how right each is, on which messages, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sklearn.metrics import f1_score

from services.evaluation.tables import Table
from services.evaluation.trial_results import Weight
from services.vocabulary import Urgency

_NOTHING: Final = "–"


@dataclass(frozen=True, slots=True)
class Score:
    """How right a contender is on one set of messages.

    Attributes:
        accuracy: Share of the messages whose label is right; None when it does not give them all.
        macro_f1: F1, its mean over the labels; None as above.
        acute_recall: Share of the acute messages that are taken for acute; None for topics.
        led_without_need: Share of the others that are taken for acute; None for topics.
    """

    accuracy: float | None = None
    macro_f1: float | None = None
    acute_recall: float | None = None
    led_without_need: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One contender. What was not measured is None, and ``missing`` says why."""

    judges: Literal["urgency", "topic"]
    contender: str
    held_out: Score | None = None
    open_set: Score | None = None
    massive_some: Score | None = None
    massive_all: Score | None = None
    weight: Weight | None = None
    training_seconds: float | None = None
    missing: str = ""


def score_urgency(
    expected: Sequence[str], guesses: Sequence[str], *, gives_all: bool = True
) -> Score:
    """The score of a judge of urgency; ``gives_all``: it can give each of the five."""
    acute = Urgency.AKUT.value
    taken = [guess == acute for guess in guesses]
    is_acute = [label == acute for label in expected]
    return Score(
        accuracy=_accuracy(expected, guesses) if gives_all else None,
        macro_f1=_macro_f1(expected, guesses) if gives_all else None,
        acute_recall=_share_taken(taken, is_acute, acute=True),
        led_without_need=_share_taken(taken, is_acute, acute=False),
    )


def score_labels(expected: Sequence[str], guesses: Sequence[str]) -> Score:
    """The score where one label is right for each message."""
    return Score(_accuracy(expected, guesses), _macro_f1(expected, guesses))


def score_accepted(accepted: Sequence[Sequence[str]], guesses: Sequence[str]) -> Score:
    """The score where several labels are acceptable: the best first, any of them counts as it."""
    counted = [
        labels[0] if guess in labels else guess
        for labels, guess in zip(accepted, guesses, strict=True)
    ]
    return score_labels([labels[0] for labels in accepted], counted)


def comparison_table(rows: Sequence[Row], note: str) -> Table:
    """Every contender on a line; below the note, why a cell is empty."""
    missing = [f"{row.contender}: {row.missing}." for row in rows if row.missing]
    return Table(
        "What was tried",
        (
            "judges",
            "contender",
            "held out: accuracy / macro F1",
            "acute recall / without need",
            "open set: accuracy / macro F1",
            "acute recall / without need",
            "MASSIVE, 20 an intent",
            "MASSIVE, all",
            "ms a message",
            "MB",
            "training, CPU s",
        ),
        tuple(_cells(row) for row in rows),
        "\n\n".join((note, *(["Not measured: " + " ".join(missing)] if missing else []))),
    )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.judges,
        row.contender,
        *_both(row.held_out),
        *_both(row.open_set),
        _right(row.massive_some),
        _right(row.massive_all),
        _number(row.weight.milliseconds if row.weight else None, 1),
        _number(row.weight.megabytes if row.weight else None, 0),
        _number(row.training_seconds, 0),
    )


def _both(score: Score | None) -> tuple[str, str]:
    if score is None:
        return _NOTHING, _NOTHING
    return _right(score), _pair(score.acute_recall, score.led_without_need)


def _right(score: Score | None) -> str:
    return _pair(score.accuracy, score.macro_f1) if score else _NOTHING


def _pair(one: float | None, other: float | None) -> str:
    return _NOTHING if one is None else f"{_number(one, 3)} / {_number(other, 3)}"


def _number(value: float | None, decimals: int) -> str:
    return _NOTHING if value is None else f"{value:.{decimals}f}"


def _accuracy(expected: Sequence[str], guesses: Sequence[str]) -> float:
    pairs = list(zip(expected, guesses, strict=True))
    return sum(right == guess for right, guess in pairs) / len(pairs)


def _macro_f1(expected: Sequence[str], guesses: Sequence[str]) -> float:
    labels = sorted(set(expected))
    return float(f1_score(expected, guesses, labels=labels, average="macro", zero_division=0))


def _share_taken(taken: Sequence[bool], is_acute: Sequence[bool], *, acute: bool) -> float | None:
    among = [one for one, right in zip(taken, is_acute, strict=True) if right is acute]
    return sum(among) / len(among) if among else None
