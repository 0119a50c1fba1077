"""Reading how the caller knows the person."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.relation import Relations

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def relations() -> Relations:
    return Relations.load(ROOT / "knowledge" / "facts.yml")


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


@given(st.text(max_size=200))
def test_any_text_can_be_read(relations: Relations, text: str) -> None:
    assert relations.read(text) in {None, relations.read(text, asked=True)}
