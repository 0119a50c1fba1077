"""Messages in almost the same words are found, and none is in both training and evaluation."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.cases import read_cases
from services.evaluation.near_duplicates import NEAR, PlacedText, find_near_duplicates
from services.evaluation.training_messages import read_training_messages
from services.settings import ROOT

WORDS = st.sampled_from(
    ["orolig", "för", "min", "son", "dotter", "bror", "han", "hon", "har", "slutat", "skratta"]
)
sentences = st.lists(WORDS, max_size=8).map(" ".join)


def placed(*texts: str) -> list[PlacedText]:
    return [PlacedText(str(place), text) for place, text in enumerate(texts)]


def fours(text: str) -> set[str]:
    letters = f" {text.replace(' ', '')} ".translate(str.maketrans("åäö", "aao"))
    return {letters[start : start + 4] for start in range(len(letters) - 3)}


def similarity(one: str, other: str) -> float:
    either = fours(one) | fours(other)
    return len(fours(one) & fours(other)) / len(either) if either else 0.0


@given(st.lists(sentences, min_size=2, max_size=12).filter(lambda texts: any(map(fours, texts))))
def test_every_near_pair_is_found_once_with_its_similarity(texts: list[str]) -> None:
    found = find_near_duplicates(placed(*texts), [])
    expected = {
        (str(first), str(second)): similarity(texts[first], texts[second])
        for first, second in combinations(range(len(texts)), 2)
        if similarity(texts[first], texts[second]) >= NEAR
    }
    assert {(pair.first, pair.second): pair.similarity for pair in found.inside} == pytest.approx(
        expected
    )
    assert len(found.inside) == len(expected)
    assert found.leaks == ()


def test_case_rings_spaces_and_punctuation_make_no_difference() -> None:
    training = [PlacedText("t", "God kväll på er!")]
    (leak,) = find_near_duplicates(training, [PlacedText("e", "godkvall pa er")]).leaks
    assert (leak.first, leak.second, leak.similarity) == ("t", "e", 1.0)


def test_one_exchanged_word_does_not_hide_a_copy() -> None:
    training = [PlacedText("t", "min granne har börjat sätta upp klistermärken i vår trapp")]
    evaluation = [
        PlacedText("kopia", "min kollega har börjat sätta upp klistermärken i vår trapp"),
        PlacedText("egen", "kollegan klistrar symboler på dörrarna här i huset, varje natt"),
    ]
    assert [leak.second for leak in find_near_duplicates(training, evaluation).leaks] == ["kopia"]


def test_pairs_inside_the_evaluation_set_are_meant() -> None:
    alike = placed("hon har slutat skratta åt allt", "han har slutat skratta åt allt")
    found = find_near_duplicates([PlacedText("t", "vad gör en samordnare")], alike)
    assert found.inside == found.leaks == ()


def test_a_training_message_is_told_by_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "oro" / "fil.yml"
    file.parent.mkdir()
    file.write_text(
        'version: "3.1"\nnlu:\n# om någon\n- intent: tecken\n  metadata:\n    urgency: oro\n'
        "  examples: |\n    - första\n\n    - andra: med kolon\n"
        "- intent: hej\n  examples: |\n    - tredje\n",
        encoding="utf-8",
    )
    assert read_training_messages(tmp_path) == (
        PlacedText("oro/fil.yml:8", "första"),
        PlacedText("oro/fil.yml:10", "andra: med kolon"),
        PlacedText("oro/fil.yml:13", "tredje"),
    )


def test_no_training_message_is_a_near_duplicate_of_an_evaluation_message() -> None:
    training = read_training_messages(ROOT / "data" / "nlu")
    evaluation = [
        PlacedText(filed.case.id, filed.case.text)
        for filed in read_cases(ROOT / "data" / "evaluation")
    ]
    leaks = find_near_duplicates(training, evaluation).leaks
    assert [(leak.first, leak.second, round(leak.similarity, 2)) for leak in leaks] == []
