"""The tables say all that was measured, and none of the callers' words."""

from __future__ import annotations

from datetime import date

import pytest

from services.evaluation.document import MarkersMissingError, replace_section
from services.evaluation.near_duplicates import NearDuplicates, SimilarPair
from services.evaluation.report import (
    Circumstances,
    circumstances_table,
    duplicates_table,
    latency_table,
    measured_tables,
    overview,
)
from services.evaluation.tables import Table, as_markdown
from services.vocabulary import Urgency

AKUT, HOG, ORO, INFO, UTANFOR = Urgency


@pytest.fixture
def everything(judged) -> tuple[Table, ...]:
    messages = [
        judged("a1", AKUT, tags=("indirekt", "vit_makt")),
        judged("a2", AKUT, ORO, must_not_miss=True),
        judged("o1", ORO, tags=("par:01", "vit_makt")),
        judged("o2", ORO, HOG, tags=("par:01", "islamistisk")),
        judged("i1", INFO, AKUT, tags=("falskt_larm",)),
    ]
    duplicates = NearDuplicates(
        inside=(SimilarPair("a.yml:1", "a.yml:2", 0.9),),
        leaks=(SimilarPair("a.yml:3", "fil: i1", 0.7),),
    )
    circumstances = Circumstances(date(2026, 11, 18), {"knowledge": "k1"}, 100)
    return (
        circumstances_table(circumstances, messages),
        *measured_tables(messages),
        duplicates_table(duplicates),
    )


def titled(tables: tuple[Table, ...], title: str) -> Table:
    (table,) = (table for table in tables if table.title == title)
    return table


def test_every_row_has_a_cell_for_each_column(everything) -> None:
    for table in everything:
        assert {len(row) for row in table.rows} <= {len(table.columns)}


def test_the_callers_words_are_in_no_table(everything) -> None:
    words = "\n".join(as_markdown(table) for table in everything)
    assert "ord som bara meddelandet har" not in words


def test_a_share_stands_beside_its_interval_its_messages_and_its_goal(everything) -> None:
    row = titled(everything, "The whole set").rows[0]
    assert row == ("Acute led with 112", "0.500", "0.095–0.905", "1/2", "≥ 0.95", "no")


def test_direct_and_indirect_acute_stand_side_by_side(everything) -> None:
    table = titled(everything, "Acute, direct and indirect")
    assert table.columns == ("measure", "direkt", "indirekt")
    assert [cell.split(", ")[-1] for cell in table.rows[0][1:]] == ["0/1", "1/1"]


def test_missed_messages_and_unlike_pairs_are_told_by_id(everything) -> None:
    note = titled(everything, "Must not be missed").note
    assert note == "Of 1, 1 (a2) got no 112 in the reply; 0 got it with a question."
    assert [row[:2] for row in titled(everything, "Paired messages").rows] == [
        ("par:01", "o1"),
        ("par:01", "o2"),
    ]


def test_the_worst_errors_give_id_kind_and_grounds(everything) -> None:
    first = titled(everything, "The ten worst errors").rows[0]
    assert first[0].startswith("a2")
    assert first[1] == "acute, neither led nor asked"
    assert first[-1] == "classifier: oro 0.90"


def test_what_was_not_measured_has_no_row(judged) -> None:
    alone = overview([judged("1", ORO, got_topics=None, got_contacts=None)])
    titles = [row[0] for row in alone.rows]
    assert "Right urgency" in titles
    assert not [title for title in titles if "topic" in title or "contact" in title]


def test_latency_is_told_by_percentile(judged) -> None:
    times = [judged(str(ms), ORO, milliseconds=float(ms)) for ms in range(101)]
    assert latency_table(times).rows == (("50.0", "95.0", "99.0", "100.0"),)
    assert latency_table(times[7:8]).rows == (("7.0", "7.0", "7.0", "7.0"),)


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    document = "före\n<!-- table:start -->\ngammalt\n<!-- table:end -->\nefter\n"
    table = Table("Nytt", ("a", "b"), (("1", "x|y"),), "Not.")
    new = replace_section(document, "table", [table])
    assert new == (
        "före\n<!-- table:start -->\n\n### Nytt\n\nNot.\n\n"
        "| a | b |\n| --- | --- |\n| 1 | x\\|y |\n\n<!-- table:end -->\nefter\n"
    )
    assert replace_section(new, "table", [table]) == new


@pytest.mark.parametrize("document", ["", "<!-- table:end --> <!-- table:start -->"])
def test_a_document_without_the_markers_is_left_alone(document: str) -> None:
    with pytest.raises(MarkersMissingError, match="table:start"):
        replace_section(document, "table", [])
