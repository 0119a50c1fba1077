"""Reading Swedish as people write it: age, relation, place, time and the words that steer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from actions.age import band_of, read_age_band
from actions.place import Places
from actions.relation import Relations
from actions.words import (
    is_correction,
    is_no,
    is_question,
    is_skip,
    is_start_over,
    is_stop,
    is_yes,
    read_time,
)
from services.vocabulary import AgeBand

ROOT = Path(__file__).resolve().parents[2]
YEAR = 2026


@pytest.fixture(scope="module")
def places() -> Places:
    return Places.load(ROOT / "knowledge" / "municipalities")


@pytest.fixture(scope="module")
def relations() -> Relations:
    return Relations.load(ROOT / "knowledge" / "facts.yml")


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


@given(st.integers(min_value=1, max_value=110))
def test_every_age_has_its_band(age: int) -> None:
    expected = AgeBand.UNDER_18 if age < 18 else AgeBand.OVER_20 if age > 20 else "18-20"
    assert band_of(age) == expected
    assert read_age_band(f"hon är {age} år", year=YEAR) == expected


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("mamma", "förälder"),
        ("Jag är hans mamma", "förälder"),
        ("det är min son", "förälder"),
        ("min lillebror", "syskon"),
        ("Jag är hennes storasyster.", "syskon"),
        ("min mamma", "barn"),
        ("hans lärare", "lärare eller skolpersonal"),
        ("Jag jobbar som kurator på skolan", "lärare eller skolpersonal"),
        ("det är en elev", "lärare eller skolpersonal"),
        ("eh jag är fotbollstränare åt henne", "annan yrkesroll"),
        ("farmor till pojken", "släkting"),
        ("granne", "granne"),
        ("pojkvän", "partner"),
        ("klasskompis", "vän"),
        ("det gäller mig själv", "den det gäller"),
    ],
)
def test_a_relation_is_read_from_an_answer(relations: Relations, text: str, relation: str) -> None:
    assert relations.read(text, asked=True) == relation


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("Jag är orolig för min son, han hänger med en kompis från torget", "förälder"),
        ("min bror har slutat prata med oss", "syskon"),
        ("Jag såg honom med en kompis", None),
        ("hans pappa vet inget", None),
        ("de stod utanför skolan", None),
    ],
)
def test_an_account_tells_the_relation_only_when_it_says_so(
    relations: Relations, text: str, relation: str
) -> None:
    assert relations.read(text) == relation


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


@pytest.mark.parametrize("intent", ["nej", "hoppa_over", "avbryt", "ratta", "borja_om"])
def test_nothing_but_a_yes_is_taken_for_a_yes(intent: str) -> None:
    assert [text for text in examples(intent) if is_yes(text)] == []


def test_most_ways_to_say_yes_no_and_skip_are_known() -> None:
    for known, intent in ((is_yes, "ja"), (is_no, "nej"), (is_skip, "hoppa_over")):
        said = examples(intent)
        share = sum(map(known, said)) / len(said)
        assert share > 0.5, (intent, share)


@pytest.mark.parametrize("text", ["ja men ändra åldern", "ja fast inte nu", "jag vet inte", "nej"])
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
def test_any_text_can_be_read(places: Places, relations: Relations, text: str) -> None:
    read_age_band(text, year=YEAR, asked=True)
    relations.read(text, asked=True)
    places.read_answer(text)
    when = read_time(text)
    assert when is None or when in text
    assert not (is_yes(text) and is_stop(text))
