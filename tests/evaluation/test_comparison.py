"""The comparison says how right each contender is, and why a number is not there."""

from __future__ import annotations

import pytest

from services.evaluation.comparison import (
    Row,
    Score,
    comparison_table,
    score_accepted,
    score_labels,
    score_urgency,
)
from services.evaluation.trial_results import Weight


def test_urgency_is_scored_by_what_is_right_and_by_what_is_taken_for_acute() -> None:
    expected = ["akut", "akut", "oro", "oro", "info", "info"]
    score = score_urgency(expected, ["akut", "oro", "oro", "akut", "info", "info"])
    assert score.accuracy == pytest.approx(4 / 6)
    assert score.macro_f1 == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert score.acute_recall == 0.5
    assert score.led_without_need == 0.25


def test_a_judge_that_cannot_give_every_urgency_has_no_accuracy() -> None:
    score = score_urgency(["akut", "oro"], ["akut", "utanfor"], gives_all=False)
    assert (score.accuracy, score.macro_f1) == (None, None)
    assert (score.acute_recall, score.led_without_need) == (1.0, 0.0)


def test_without_acute_messages_there_is_no_recall() -> None:
    assert score_urgency(["oro"], ["oro"]).acute_recall is None


def test_any_acceptable_topic_counts_as_the_best_one() -> None:
    accepted = [["lamna", "oro_elev"], ["hotad"], ["hotad"]]
    score = score_accepted(accepted, ["oro_elev", "hotad", "lamna"])
    assert score.accuracy == pytest.approx(2 / 3)
    assert score == score_labels(["lamna", "hotad", "hotad"], ["lamna", "hotad", "lamna"])


def test_labels_that_were_not_guessed_are_errors() -> None:
    with pytest.raises(ValueError, match="shorter"):
        score_labels(["a", "b"], ["a"])


def test_what_was_measured_stands_in_its_column_and_the_rest_is_a_dash_with_its_reason() -> None:
    score = Score(0.81234, 0.5, 0.9, 0.01)
    measured = Row("urgency", "judge", score, score, None, None, Weight(
        milliseconds=1.26, megabytes=200.4
    ), 61.7)  # fmt: skip
    table = comparison_table(
        (measured, Row("topic", "slow", missing="the open set, since it takes days")), "Note."
    )
    assert all(len(row) == len(table.columns) for row in table.rows)
    pairs = ("0.812 / 0.500", "0.900 / 0.010")
    assert table.rows[0] == ("urgency", "judge", *pairs, *pairs, "–", "–", "1.3", "200", "62")
    assert set(table.rows[1][2:]) == {"–"}
    assert table.note == "Note.\n\nNot measured: slow: the open set, since it takes days."
