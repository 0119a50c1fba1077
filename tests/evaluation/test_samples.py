"""Samples: near-duplicates are never on both sides, and what is drawn is drawn alike each time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.samples import (
    FOLDS,
    Labelled,
    folds,
    part_of,
    read_texts,
    some_of_each,
    write_sample,
    write_training_data,
)
from services.triage.examples import Example, load_examples
from services.vocabulary import TopicId, Urgency


def example(number: int, urgency: Urgency = Urgency.ORO) -> Example:
    return Example(f"meddelande {number}", urgency, TopicId("lamna"), "a.yml")


GROUPED = st.lists(st.integers(0, 9), min_size=30, max_size=80).map(
    lambda groups: np.array([*groups, *range(10)], dtype=np.int32)
)


@given(GROUPED)
def test_a_group_is_held_out_as_a_whole_and_each_message_once(groups: np.ndarray) -> None:
    labels = [str(group % 2) for group in groups]
    split = folds(labels, groups)
    assert len(split) == FOLDS
    for seen, unseen in split:
        assert set(groups[seen]).isdisjoint(groups[unseen])
    assert sorted(place for _, unseen in split for place in unseen) == list(range(len(groups)))


@given(GROUPED, st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_a_smaller_part_is_inside_a_larger_and_holds_whole_groups(
    groups: np.ndarray, one: float, other: float
) -> None:
    examples = [example(number) for number in range(len(groups))]
    smaller, larger = (part_of(examples, groups, share) for share in sorted((one, other)))
    assert set(smaller) <= set(larger)
    assert len(smaller) >= min(one, other) * len(examples)
    place = {found.text: int(group) for found, group in zip(examples, groups, strict=True)}
    taken = Counter(place[found.text] for found in smaller)
    whole = Counter(groups.tolist())
    assert all(whole[group] == count for group, count in taken.items())


def test_the_same_number_of_each_label_is_drawn_and_the_same_ones_again() -> None:
    messages = [Labelled(f"{label}{number}", label) for label in "ab" for number in range(9)]
    messages.append(Labelled("c0", "c"))
    drawn = some_of_each(messages, 4)
    assert Counter(one.label for one in drawn) == {"a": 4, "b": 4, "c": 1}
    assert drawn == some_of_each(messages, 4)


def test_training_data_that_is_written_is_read_as_it_was(tmp_path: Path) -> None:
    odd = Example('"å": [x', Urgency.AKUT, TopicId("hotad"), "b.yml")
    examples = [example(1), example(2, Urgency.AKUT), odd]
    write_training_data(tmp_path, examples)
    read = {(one.text, one.urgency, one.topic) for one in load_examples(tmp_path)}
    assert read == {(one.text, one.urgency, one.topic) for one in examples}


def test_what_is_asked_about_is_read_as_it_was_written(tmp_path: Path) -> None:
    texts = ['rad\nett "citat"', "åäö"]
    write_sample(tmp_path / "new", [], texts)
    assert read_texts(tmp_path / "new" / "test.jsonl") == texts
