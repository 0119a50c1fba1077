"""What the trials found, read from where they wrote it, as the table and the curve."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from services.evaluation.comparison import (
    Row,
    Score,
    comparison_table,
    score_accepted,
    score_labels,
    score_urgency,
)
from services.evaluation.curves import LearningPoint
from services.evaluation.material import Material
from services.evaluation.tables import Table
from services.evaluation.trial_results import Guesses, find_guesses, find_weight, read_guesses
from services.evaluation.urgency_trials import JOINED, JUDGE, SAFETY_NET

LIMIT: Final = 600.0
"""Seconds of the processor after which the slow ones, Rasa's own, are broken off."""
_BROKEN_OFF: Final = f"broken off after {LIMIT / 60:.0f} minutes of the processor's time"

WORD_PIECE: Final = "word-piece"
RASA_REGRESSION: Final = "rasa-logistic-regression"
RASA_DIET: Final = "rasa-diet"
TOPIC_CONTENDERS: Final = {
    WORD_PIECE: "WordPieceClassifier (in use), in Rasa",
    RASA_REGRESSION: "Rasa's LogisticRegressionClassifier, words + char_wb 1-4",
    RASA_DIET: "Rasa's DIETClassifier, recommended pipeline, 30 epochs of 100",
    "linear-svc": "LinearSVC, same features, balanced classes",
    "complement-nb": "ComplementNB, same features",
    "words-only": "LinearSVC, words only",
}
URGENCY_TITLES: Final = {
    SAFETY_NET: "safety net alone",
    "naive-bayes": "complement naive Bayes alone",
    "svm": "SVM alone",
    "logistic-regression": "logistic regression, same features",
    JOINED: "joined classifier, likeliest class",
    JUDGE: "whole judge, at the thresholds in use",
}


def where_weighed(material: Material, name: str) -> Path | None:
    """Where the contender is asked message by message: the open set, if it was trained for it."""
    folders = (material.whole, material.smallest, material.massive_some)
    return next((folder for folder in folders if find_guesses(folder, name)), None)


def compared(material: Material, day: date) -> Table:
    """The table of all contenders, measured on a day."""
    rows = (
        *(_urgency_row(material, name) for name in URGENCY_TITLES),
        *(_topic_row(material, name) for name in TOPIC_CONTENDERS),
    )
    amounts = f"{len(material.examples)} training messages, {len(material.cases)} in the open set"
    if material.massive is not None:
        amounts += f", {len(material.massive)} of MASSIVE (Swedish, its dev part)"
    else:
        amounts += "; MASSIVE was not given"
    return comparison_table(rows, f"Measured {day}: {amounts}.")


def _urgency_row(material: Material, name: str) -> Row:
    whole = material.whole
    found = read_guesses(whole, name)
    held_out = found.unseen
    gives_all = name != SAFETY_NET
    return Row(
        "urgency",
        URGENCY_TITLES[name],
        held_out=score_urgency(held_out.expected, held_out.guesses, gives_all=gives_all)
        if held_out
        else None,
        open_set=score_urgency(_urgencies(material), found.guesses, gives_all=gives_all),
        weight=find_weight(whole, name),
        training_seconds=found.training_seconds,
        missing="" if gives_all else "accuracy, since it says akut, hog or nothing",
    )


def _topic_row(material: Material, name: str) -> Row:
    where = material.smallest if name == RASA_REGRESSION else material.whole
    found = find_guesses(where, name)
    some = find_guesses(material.massive_some, name)
    every = find_guesses(material.massive_all, name)
    weighed = where_weighed(material, name)
    return Row(
        "topic",
        TOPIC_CONTENDERS[name],
        held_out=_held_out_score(material, name),
        open_set=_open_topic_score(material, found) if found else None,
        massive_some=_massive_score(material, some),
        massive_all=_massive_score(material, every),
        weight=find_weight(weighed, name) if weighed else None,
        training_seconds=found.training_seconds if found else None,
        missing="; ".join(_why_missing(material, name, found, every)),
    )


def _why_missing(
    material: Material, name: str, found: Guesses | None, every: Guesses | None
) -> Iterator[str]:
    if name == RASA_DIET:
        yield (
            "held out, the open set and all of MASSIVE, since one epoch over so many messages "
            "takes minutes; its time and memory are of the model for 20 an intent"
        )
    if name == RASA_REGRESSION:
        yield "held out, since it takes too long"
        yield (
            "the open set with all of the training data: it learnt from an eighth "
            f"({material.parts[0]} messages; see the learning curve for the classifier in use)"
            if found
            else f"the open set, even with an eighth of the training data: {_BROKEN_OFF}"
        )
        if material.massive is not None and every is None:
            yield f"all of MASSIVE: {_BROKEN_OFF}"


def _held_out_score(material: Material, name: str) -> Score | None:
    found = [find_guesses(folder, name) for folder in material.fold_folders]
    guesses = [guess for one in found if one for guess in one.guesses]
    expected = [topic for topics in material.unseen for topic in topics]
    return score_labels(expected, guesses) if guesses else None


def _open_topic_score(material: Material, found: Guesses) -> Score:
    accepted = [[str(topic) for topic in case.expected.topics] for case in material.cases]
    return score_accepted(accepted, found.guesses)


def _massive_score(material: Material, found: Guesses | None) -> Score | None:
    if found is None or material.massive is None:
        return None
    return score_labels([one.label for one in material.massive], found.guesses)


def learning_points(material: Material) -> tuple[LearningPoint, ...]:
    """How right the judge and the topics are after each part of the data, and after all."""
    folders = [*material.part_folders, material.whole]
    amounts = [*material.parts, len(material.examples)]
    points = []
    for folder, amount in zip(folders, amounts, strict=True):
        judge, topics = read_guesses(folder, JUDGE), read_guesses(folder, WORD_PIECE)
        urgency = score_urgency(_urgencies(material), judge.guesses)
        points.append(LearningPoint(amount, urgency, _open_topic_score(material, topics)))
    return tuple(points)


def _urgencies(material: Material) -> list[str]:
    return [case.expected.urgency.value for case in material.cases]
