"""What a message says of person and place is read, and what it does not say is left out."""

from __future__ import annotations

import pytest

from services.triage.facts import FactsReader
from services.triage.judgement import Facts, Situation
from services.vocabulary import AgeBand, Milieu


def read(facts: FactsReader, text: str) -> Facts:
    return facts.read(text, language=None)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("min son är 15 år", 15),
        ("han är femton", 15),
        ("hon går i åttan", 14),
        ("en kille på 17 hänger där", 17),
        ("min 16-åring", 16),
        ("min sextonåriga dotter", 16),
        ("min bror fyllde arton", 18),
        ("jag är 13 och vill hoppa av, jag vill ut ur gruppen", 13),
        ("för 15 år sedan", None),
        ("vi har bott här i 20 år", None),
        ("han är 2 meter lång", None),
        ("han kom för tio minuter sedan", None),
    ],
)
def test_an_age_is_read_in_figures_words_and_school_years(
    facts: FactsReader, text: str, age: int | None
) -> None:
    assert read(facts, text).age == age


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("jag är orolig för min son", "förälder"),
        ("min brorsa har ändrats", "syskon"),
        ("min mamma säger konstiga saker", "barn"),
        ("min granne samlar flaggor", "granne"),
        ("jag är lärare och undrar över en kille", "lärare eller skolpersonal"),
        ("jag vill lämna gruppen", "den det gäller"),
        ("sonen är aldrig hemma", "förälder"),
        ("brorsan har ändrats", "syskon"),
        ("vad är extremism", None),
    ],
)
def test_the_relation_is_what_the_caller_is_to_the_person(
    facts: FactsReader, text: str, relation: str | None
) -> None:
    assert read(facts, text).relation == relation


@pytest.mark.parametrize(
    ("text", "municipality"),
    [
        ("vi bor i Angered", "goteborg"),
        ("han är i hammarkullen", "goteborg"),
        ("på Möllan", "malmo"),
        ("i rosengard", "malmo"),
        ("vi bor i Borås", "annan"),
        ("vi bor på landet", None),
    ],
)
def test_the_municipality_is_read_from_its_districts(
    facts: FactsReader, text: str, municipality: str | None
) -> None:
    assert read(facts, text).municipality == municipality


def test_a_milieu_is_read_only_when_it_alone_is_named(facts: FactsReader) -> None:
    assert read(facts, "han hänger med nazister").milieu is Milieu.VIT_MAKT
    assert read(facts, "han har skägg och ber i moskén").milieu is None
    assert read(facts, "nazister eller islamister").milieu is None


@pytest.mark.parametrize(
    ("text", "situation"),
    [
        ("en elev hos mig", Situation.YRKESVERKSAM),
        ("jag vill hoppa av", Situation.VILL_LAMNA),
        ("de har hotat mig", Situation.HOTAD),
        ("min man slår mig", Situation.KONTROLLERAD),
        ("jag är 14 år", Situation.BARN_SKRIVER),
        ("han är återvändare", Situation.ATERVANDARE),
    ],
)
def test_the_callers_situation_is_read(facts: FactsReader, text: str, situation: Situation) -> None:
    assert situation in read(facts, text).situations


def test_age_bands_follow_the_ticket() -> None:
    bands = [Facts(age=age).age_band for age in (None, 17, 18, 20, 21)]
    assert bands == [
        AgeBand.OKAND,
        AgeBand.UNDER_18,
        AgeBand.AGE_18_20,
        AgeBand.AGE_18_20,
        AgeBand.OVER_20,
    ]


@pytest.mark.parametrize(
    "text",
    ["en elev slår min son", "min dotters lärare säger att hon har ändrats", "sonens rektor"],
)
def test_a_relative_is_never_taken_for_a_professional(facts: FactsReader, text: str) -> None:
    assert Situation.YRKESVERKSAM not in read(facts, text).situations


def test_a_stranger_is_not_a_partner(facts: FactsReader) -> None:
    assert read(facts, "en man delar ut flygblad på torget").relation is None
