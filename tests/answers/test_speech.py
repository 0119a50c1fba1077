import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.answers.knowledge import Knowledge
from services.answers.speech import speak_number


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("112", "ett ett två"),
        ("114 14", "etthundrafjorton fjorton"),
        ("116 111", "etthundrasexton etthundraelva"),
        ("1177", "elva sjuttiosju"),
        ("90101", "nio noll ett noll ett"),
        ("031-365 00 00", "noll tre ett, tre sextiofem, noll noll, noll noll"),
        ("031-365 87 00", "noll tre ett, tre sextiofem, åttiosju, noll noll"),
        ("040-34 05 50", "noll fyra noll, trettiofyra, noll fem, femtio"),
        ("020-100 200", "noll två noll, etthundra, tvåhundra"),
        ("08-527 44 290", "noll åtta, fem tjugosju, fyrtiofyra, två nittio"),
    ],
)
def test_a_number_is_said_as_a_swede_says_it(number: str, words: str) -> None:
    assert speak_number(number) == words


def test_in_english_every_digit_is_said() -> None:
    assert speak_number("031-365 00 00", english=True) == (
        "zero three one, three six five, zero zero, zero zero"
    )


def test_no_two_contacts_sound_alike(knowledge: Knowledge) -> None:
    numbers = {contact.number for _, contact in knowledge.all_contacts() if contact.number}
    assert len({speak_number(number) for number in numbers}) == len(numbers)


@given(st.lists(st.from_regex(r"[0-9]{2,5}", fullmatch=True), min_size=1, max_size=4))
def test_any_number_can_be_said_without_digits(groups: list[str]) -> None:
    for number in (" ".join(groups), "0" + "-".join(groups)):
        assert speak_number(number)
        assert not any(sign.isdigit() for sign in speak_number(number))
