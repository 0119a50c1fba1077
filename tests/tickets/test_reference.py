"""References can be read aloud and do not collide in practice."""

import re

from services.tickets.reference import ALPHABET, new_reference


def test_a_reference_is_two_groups_of_three_without_lookalikes() -> None:
    assert re.fullmatch(r"[A-Z0-9]{3}-[A-Z0-9]{3}", new_reference())
    assert not set(ALPHABET) & set("BDGILOQSZ01258")


def test_ten_thousand_references_hardly_repeat() -> None:
    # 10,000 draws of 113 million: 0.44 repeats are expected, six or more once in a million runs.
    assert len({new_reference() for _ in range(10_000)}) >= 9_995
