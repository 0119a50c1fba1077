"""Reading Swedish as people write it: age, place, time and the words that answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.reading.age import band_of, read_age, read_age_band, read_own_age
from services.reading.place import Places
from services.reading.wishes import is_start_over, is_stop
from services.reading.words import (
    is_correction,
    is_no,
    is_question,
    is_skip,
    is_yes,
    read_time,
)
from services.vocabulary import AgeBand

ROOT = Path(__file__).resolve().parents[2]
YEAR = 2026


@pytest.fixture(scope="module")
def places() -> Places:
    return Places.load(ROOT / "knowledge" / "municipalities")


def examples(intent: str) -> list[str]:
    """The training messages of a dialogue intent: an independent list of how people say it."""
    path = ROOT / "data" / "nlu" / "dialog" / f"{intent}.yml"
    return re.findall(
        r"^- (.+)$", yaml.safe_load(path.read_text("utf-8"))["nlu"][0]["examples"], re.MULTILINE
    )


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("15", "<18"),
        ("femton", "<18"),
        ("han är 15 år", "<18"),
        ("typ sjutton och ett halvt", "<18"),
        ("under arton", "<18"),
        ("hon går i åttan", "<18"),
        ("åk 9", "<18"),
        ("mellanstadiet", "<18"),
        ("inte fyllt 18", "<18"),
        ("född 2009", "<18"),
        ("18", "18-20"),
        ("nitton", "18-20"),
        ("Han fyller nitton i april.", "18-20"),
        ("18-20", "18-20"),
        ("i trean på gymnasiet", "18-20"),
        ("tjugoett", "21+"),
        ("kanske 30", "21+"),
        ("21 och äldre", "21+"),
        ("över 20", "21+"),
        ("medelålders", "21+"),
        ("pensionär", "21+"),
        ("trettioårsåldern", "21+"),
        ("inte 14 utan 19", "18-20"),
        ("nej hon är 16", "<18"),
        ("det var inte tjugo han är nitton", "18-20"),
    ],
)
def test_an_age_is_read_from_an_answer(text: str, band: str) -> None:
    assert read_age_band(text, year=YEAR, asked=True) == band


@pytest.mark.parametrize(
    "text",
    [
        "han har varit borta i 15 år",
        "för 3 år sedan flyttade de hit",
        "de var 15 stycken på torget",
        "vi ses klockan 17",
        "han har slutat äta",
        "",
    ],
)
def test_a_number_that_is_no_age_is_not_read_as_one(text: str) -> None:
    assert read_age_band(text, year=YEAR) is None


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("Min son är 15 och har börjat följa med till torget", "<18"),
        ("min 19-åriga bror", "18-20"),
        ("en sextonåring i min klass", "<18"),
        ("hon fyllde 22 i fredags", "21+"),
    ],
)
def test_an_age_is_read_from_an_account(text: str, band: str) -> None:
    assert read_age_band(text, year=YEAR) == band


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("Barnbarnet, 16, har fått pengar", 16),
        ("snart fyller han arton", 18),
        ("en bror på 34", 34),
        ("hon går i åttan", 14),
        ("jag är 16 och orolig för min syster", None),
        ("sonen har två pass", None),
        ("han ska dit den 4 mars", None),
        ("de senaste sju åren", None),
        ("ett barn på förskolan", None),
        ("klockan är 8", None),
    ],
)
def test_an_age_in_an_account_is_somebodys(text: str, age: int | None) -> None:
    assert read_age(text) == age


def test_the_callers_own_age_is_told_from_the_persons() -> None:
    assert read_own_age("kan jag som är 16 anmäla") == 16
    assert read_own_age("jag är två hållplatser bort") is None
    assert read_own_age("min bror är 16") is None


@given(st.integers(min_value=1, max_value=110))
def test_every_age_has_its_band(age: int) -> None:
    expected = AgeBand.UNDER_18 if age < 18 else AgeBand.OVER_20 if age > 20 else "18-20"
    assert band_of(age) == expected
    assert read_age_band(f"hon är {age} år", year=YEAR) == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Malmö", "malmo"),
        ("malmo", "malmo"),
        ("i Angered", "goteborg"),
        ("rosengård", "malmo"),
        ("vi bor i Trollhättan", "annan"),
        ("inte Göteborg utan Malmö", "malmo"),
        ("Hultsfred", "annan"),
    ],
)
def test_a_municipality_is_read_from_an_answer(places: Places, text: str, place: str) -> None:
    assert places.read_answer(text) == place


def test_a_place_in_an_account_counts_only_where_somebody_lives(places: Places) -> None:
    assert places.read("han bor med sin pappa i Hammarkullen") == "goteborg"
    assert places.read("han åkte till Malmö i lördags för att träffa dem") is None


def test_a_text_is_about_where_somebody_lives_before_a_place_it_mentions(places: Places) -> None:
    assert places.read_mentioned("jag såg dem på Möllan") == "malmo"
    assert places.read_mentioned("Kan jag ringa Malmös nummer om jag bor i Burlöv?") == "annan"
    assert places.read_mentioned("Varför har inte Göteborg någon verksamhet?") == "goteborg"
    assert places.read_mentioned("Malmö, jag bor inte i Göteborg") == "malmo"


@pytest.mark.parametrize("intent", ["nej", "hoppa_over", "avbryt", "ratta", "borja_om"])
def test_nothing_but_a_yes_is_taken_for_a_yes(intent: str) -> None:
    assert [text for text in examples(intent) if is_yes(text)] == []


def test_most_ways_to_say_yes_no_and_skip_are_known() -> None:
    for known, intent in ((is_yes, "ja"), (is_no, "nej"), (is_skip, "hoppa_over")):
        said = examples(intent)
        share = sum(map(known, said)) / len(said)
        assert share > 0.55, (intent, share)


@pytest.mark.parametrize(
    "text",
    [
        "ja men ändra åldern",
        "ja fast inte nu",
        "jag vet inte",
        "nej",
        "👍 men inte nu",
        "ja, vi börjar om",
    ],
)
def test_a_yes_with_a_doubt_in_it_is_no_yes(text: str) -> None:
    assert not is_yes(text)


@pytest.mark.parametrize("text", ["avbryt", "sluta fråga", "Stopp!", "nej sluta", "glöm det"])
def test_stop_is_heard(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize(
    "text", ["han ska sluta skolan", "de sa stopp till honom", "jag vill att det slutar"]
)
def test_an_account_of_stopping_is_not_a_stop(text: str) -> None:
    assert not is_stop(text)


def test_starting_over_is_heard() -> None:
    assert is_start_over("kan vi börja om")
    assert not is_start_over("han vill börja om i en ny stad")


@pytest.mark.parametrize(
    "text",
    ["nej hon är 16", "jag menade Malmö", "inte 14 utan 15", "skrev fel, det är min bror"],
)
def test_a_correction_is_heard(text: str) -> None:
    assert is_correction(text)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Vad händer sen?", True),
        ("sparar ni det jag skriver", True),
        ("kan jag vara anonym", True),
        ("hur länge sparas det", True),
        ("när öppnar ni", True),
        ("När han kom hem i går hade han en ny jacka", False),
        ("hur han pratar om andra", False),
        ("Han sa att sekretess inte gäller honom och att de ska ses på torget", False),
        ("Vi har sett honom där " + "och så har han bytt vänner " * 5 + "vad ska man tro?", False),
    ],
)
def test_a_question_is_told_from_an_account(text: str, asks: bool) -> None:
    assert is_question(text) is asks


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("I måndags såg jag honom på torget.", "I måndags"),
        ("Han började för två veckor sedan, tror jag", "för två veckor sedan"),
        ("det var förra helgen", "förra helgen"),
        ("Jag hörde det - igår - av en granne", "igår"),
        ("han säger konstiga saker", None),
    ],
)
def test_the_time_is_kept_in_the_callers_words(text: str, when: str | None) -> None:
    assert read_time(text) == when


@given(st.text(max_size=200))
def test_any_text_can_be_read(places: Places, text: str) -> None:
    read_age_band(text, year=YEAR, asked=True)
    places.read_answer(text)
    when = read_time(text)
    assert when is None or when in text
    assert not (is_yes(text) and is_stop(text))
