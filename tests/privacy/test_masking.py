"""Personnummer never reach the store; other numbers do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.privacy.masking import mask_identifiers

# Made-up numbers with a right check digit, as Skatteverket publishes for tests.
VALID = ["811228-9874", "8112289874", "19811228-9874", "198112289874", "670919-9530"]


@pytest.mark.parametrize("number", VALID)
def test_a_personnummer_is_masked_wherever_it_stands(number: str) -> None:
    masked = mask_identifiers(f"han heter Test, {number}, och bor här")
    assert number not in masked
    assert "9874" not in masked
    assert "9530" not in masked
    assert masked.startswith("han heter Test")


@pytest.mark.parametrize(
    "text",
    ["ring 031-365 00 00", "020-100 200", "det hände 2018-05-01", "811228-9875", "6000 personer"],
)
def test_numbers_that_are_no_personnummer_are_left_alone(text: str) -> None:
    assert mask_identifiers(text) == text


@given(st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask_identifiers(text)
    assert mask_identifiers(once) == once
