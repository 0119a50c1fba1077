"""Identifiers that nobody asked for never reach the store; other numbers do."""

from datetime import date
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.privacy.masking import (
    NO_CARD,
    NO_EMAIL,
    NO_PERSONNUMMER,
    NO_PHONE,
    mask_identifiers,
)
from services.reading.reach import tells_how_to_be_reached

# Made-up numbers with a right check digit, as Skatteverket publishes for tests.
VALID = [
    "811228-9874", "8112289874", "19811228-9874", "198112289874", "670919-9530",
    "811228 9874", "811228+9874", "81 12 28 98 74", "19 81 12 28 98 74", "1981-12-28-9874",
    "811228–9874", "1981 12 28 - 9874", "81.12.28-9874",
]  # fmt: skip
COORDINATION = ["811288-9871", "19811288 9871"]
CARDS = ["4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009", "4111111111111111"]
EMAILS = ["test@example.org", "Test.Testsson+mamma@sub.example.se", "test @ example.org",
          "test(at)example.org"]  # fmt: skip
PHONES = ["070-174 06 05", "0701740605", "+46 70 174 06 05", "0046701740605", "08-465 004 01",
          "070 - 174 06 05"]  # fmt: skip


def digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def check_digit(nine: str) -> str:
    """The last digit of a personnummer, as Skatteverket reckons it."""
    products = "".join(
        str(int(digit) * (2 if place % 2 == 0 else 1)) for place, digit in enumerate(nine)
    )
    return str(-sum(map(int, products)) % 10)


@pytest.mark.parametrize("number", [*VALID, *COORDINATION])
def test_a_personnummer_is_masked_wherever_it_stands(number: str) -> None:
    assert mask_identifiers(f"han heter Test, {number}, och bor här") == (
        f"han heter Test, {NO_PERSONNUMMER}, och bor här"
    )


@given(
    born=st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)),
    number=st.integers(0, 999),
    coordination=st.booleans(),
    century=st.booleans(),
    between=st.sampled_from(["-", "", " ", "+", " - ", "–", "\u00a0"]),
    within=st.sampled_from(["", "", "-", " "]),
)
def test_every_way_of_writing_every_personnummer_is_masked(
    born, number: int, coordination: bool, century: bool, between: str, within: str
) -> None:
    day = f"{born.day + 60 * coordination:02}"
    parts = f"{born.year % 100:02}", f"{born.month:02}", day
    last = f"{number:03}"
    last += check_digit("".join(parts) + last)
    written = f"{born.year // 100 if century else ''}{within.join(parts)}{between}{last}"
    assert last not in mask_identifiers(f"hon har {written} som nummer")


@pytest.mark.parametrize("card", CARDS)
def test_a_card_s_number_is_masked(card: str) -> None:
    assert mask_identifiers(f"kortet är {card}.") == f"kortet är {NO_CARD}."


@pytest.mark.parametrize("email", EMAILS)
def test_an_e_mail_address_is_masked(email: str) -> None:
    assert mask_identifiers(f"han har {email}, tror jag") == f"han har {NO_EMAIL}, tror jag"


@pytest.mark.parametrize("phone", PHONES)
def test_a_telephone_number_is_masked(phone: str) -> None:
    assert mask_identifiers(f"hans nummer: {phone}") == f"hans nummer: {NO_PHONE}"


@pytest.mark.parametrize("way", [*EMAILS, *PHONES])
def test_how_the_caller_is_reached_is_kept_and_nothing_else(way: str) -> None:
    text = f"nå mig på {way}, inte på 811228-9874 eller 4111 1111 1111 1111"
    masked = mask_identifiers(text, may_be_reached=True)
    assert way in masked
    assert NO_PERSONNUMMER in masked
    assert NO_CARD in masked


@pytest.mark.parametrize(
    "text",
    ["ring 020-100 200", "0771-50 50 50", "114 14", "det hände 2018-05-01", "811228-9875",
     "6000 personer", "klockan 12.30 den 3/4", "1234 5678 9012 3456", "@nazisterna på nätet",
     "mellan 2015 och 2019, 920 svar av 1 800"],
)  # fmt: skip
def test_what_identifies_nobody_is_left_alone(text: str) -> None:
    assert mask_identifiers(text) == text


@given(st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask_identifiers(text)
    assert mask_identifiers(once) == once


@given(st.text(alphabet="0123456789 -+.@abå\n", max_size=400))
def test_masking_takes_no_word_away(text: str) -> None:
    words = [word for word in text.split() if not any(map(str.isdigit, word)) and "@" not in word]
    masked = mask_identifiers(text)
    assert all(word in masked for word in words if word.isalpha() and "@" not in text)


@pytest.mark.parametrize(
    "long", ["1" * 8_000, "a" * 8_000, "a@" * 4_000, "1 " * 4_000, "a." * 4_000]
)
def test_a_long_message_costs_no_long_time(long: str) -> None:
    began = process_time()
    mask_identifiers(long)
    assert process_time() - began < 1.0


@pytest.mark.parametrize(
    "text",
    ["Ring mig på 070-174 06 05", "mitt nummer är 0701740605", "kan ni ringa mig? 0701740605",
     "jag nås på 0701740605", "min mejl: test@example.org", "call me on 0701740605",
     "0701740605 är mitt mobilnummer", "Skriv till mig: test@example.org"],
)  # fmt: skip
def test_who_tells_how_to_be_reached_is_understood(text: str) -> None:
    assert tells_how_to_be_reached(text)


@pytest.mark.parametrize(
    "text",
    ["hans nummer är 0701740605", "han ringer mig från 0701740605",
     "de skriver från test@example.org", "hon svarar inte på 0701740605"],
)  # fmt: skip
def test_another_s_number_is_no_way_to_reach_the_caller(text: str) -> None:
    assert not tells_how_to_be_reached(text)
