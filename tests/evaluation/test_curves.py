"""The curves tell what more data gives and what each threshold costs, in numbers and drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.comparison import Score
from services.evaluation.curves import (
    HeldOut,
    LearningPoint,
    in_use,
    learning_table,
    threshold_table,
)
from services.evaluation.plots import draw_learning, draw_thresholds
from services.evaluation.tables import as_markdown
from services.settings import ROOT
from services.triage.classifier import CLASSES
from services.triage.thresholds import Thresholds
from services.vocabulary import Urgency

AKUT, HOG, ORO, INFO, UTANFOR = Urgency
THRESHOLDS = Thresholds.load(ROOT / "knowledge" / "thresholds.yml")
POINTS = (
    LearningPoint(100, Score(0.6, 0.5, 0.7, 0.1), Score(0.5, 0.4)),
    LearningPoint(200, Score(0.8, 0.7, 0.9, 0.05), Score(0.7, 0.6)),
)


def held_out(*messages: tuple[Urgency, float]) -> HeldOut:
    """Messages with their right urgency and how probable it was that they are acute."""
    others = len(CLASSES) - 1
    shares = [
        [acute if label is AKUT else (1 - acute) / others for label in CLASSES]
        for _, acute in messages
    ]
    return HeldOut(np.array(shares), np.array([CLASSES.index(right) for right, _ in messages]))


MESSAGES = held_out((AKUT, 0.9), (AKUT, 0.3), (ORO, 0.3), (ORO, 0.0), (INFO, 0.0), (HOG, 0.7))


def test_each_share_is_of_the_messages_of_its_urgency() -> None:
    assert MESSAGES.over(0.5, AKUT) == 0.5
    assert MESSAGES.over(0.3, AKUT) == 1.0
    assert MESSAGES.over(0.3, ORO) == 0.5
    assert MESSAGES.not_acute_over(0.5) == 0.25


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_never_lets_more_through(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert MESSAGES.over(low, ORO) >= MESSAGES.over(high, ORO)
    assert MESSAGES.not_acute_over(low) >= MESSAGES.not_acute_over(high)


def test_the_thresholds_in_use_lead_the_probable_and_ask_about_the_unsure() -> None:
    limit = THRESHOLDS.akut.visa_112
    unsure = (limit + max(THRESHOLDS.akut.fraga.values())) / 2
    found = held_out(
        (AKUT, limit),
        (AKUT, unsure),
        (ORO, unsure),
        (ORO, 0.0),
        (INFO, 1.0),
        (HOG, 0.0),
        (UTANFOR, 0.0),
    )
    chosen = in_use(found, THRESHOLDS)
    assert chosen.acute_led == 0.5
    assert chosen.acute_led_or_asked == 1.0
    assert chosen.led_without_need == pytest.approx(1 / 5)
    assert chosen.asked[ORO] == 0.5
    assert chosen.asked[INFO] == 0.0  # led, and so not asked


def everyone() -> HeldOut:
    return held_out(*((urgency, share) for urgency in Urgency for share in (0.01, 0.2, 0.8)))


def test_the_tables_tell_the_numbers_and_show_the_pictures() -> None:
    learning = as_markdown(learning_table(POINTS, "pictures/l.svg"))
    assert "| 200 | 0.800 | 0.900 | 0.050 | 0.700 |" in learning
    assert "![Learning curve](pictures/l.svg)" in learning
    threshold = as_markdown(threshold_table(everyone(), THRESHOLDS, "pictures/t.svg"))
    assert "| 0.5 | 0.333 | 0.333 | 0.333 | 0.333 |" in threshold
    assert f"112 leads from {THRESHOLDS.akut.visa_112:g}" in threshold


def test_the_same_numbers_give_the_same_pictures_without_a_date(tmp_path: Path) -> None:
    chosen = in_use(everyone(), THRESHOLDS)
    for folder in ("one", "other"):
        draw_learning(POINTS, tmp_path / folder / "l.svg")
        draw_thresholds(everyone(), THRESHOLDS, chosen, tmp_path / folder / "t.svg")
    for name in ("l.svg", "t.svg"):
        one, other = ((tmp_path / folder / name).read_bytes() for folder in ("one", "other"))
        assert one == other
        assert b"<svg" in one
        assert b"<dc:date>" not in one


def test_other_numbers_give_another_picture(tmp_path: Path) -> None:
    draw_learning(POINTS, tmp_path / "one.svg")
    draw_learning(POINTS[:1], tmp_path / "other.svg")
    assert (tmp_path / "one.svg").read_bytes() != (tmp_path / "other.svg").read_bytes()
