"""Concepts are found however they are written, and a denied one is told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.triage.concepts import ConceptReader
from services.triage.lexicon import LexiconError, load_lexicon
from services.triage.real_words import RealWords


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Han har en pistol", "vapen"),
        ("han har pistolerna hemma", "vapen"),
        ("han tog jaktgeväret", "vapen"),
        ("det ligger PISTOLEN i lådan!!!", "vapen"),
        ("han har en pisstol", "vapen"),
        ("han har explosion i koket", "brand_small"),
        ("hon ska giftas bort", "bortford"),
        ("hon svarar nt", "oanbar"),
        ("telefonen ar avstangd", "oanbar"),
        ("de kommer ikv", "idag"),
        ("vi ses i kväll", "idag"),
        ("vi ses ikväll", "idag"),
        ("klockan sjutton", "idag"),
        ("om tjugo minuter", "nu"),
        ("om 20 minuter", "nu"),
        ("hjäääälp", "radsla"),
        ("han åker om tre veckor", "senare"),
    ],
)
def test_a_concept_is_found_in_every_spelling(
    concepts: ConceptReader, text: str, concept: str
) -> None:
    assert concept in concepts.read(text).meant


@pytest.mark.parametrize(
    "text", ["han har inget vapen", "det finns ingen bomb", "aldrig slagit mig"]
)
def test_what_is_denied_is_not_meant(concepts: ConceptReader, text: str) -> None:
    reading = concepts.read(text)
    assert not reading.meant & {"vapen", "sprang_brand", "pagaende_vald"}


def test_a_negation_reaches_no_further_than_its_clause(concepts: ConceptReader) -> None:
    assert "vapen" in concepts.read("Han svarar inte, men han har en pistol").meant


def test_a_figure_of_speech_explains_its_words_away(concepts: ConceptReader) -> None:
    reading = concepts.read("vi måste skjuta upp mötet")
    assert "talesatt" in reading.meant
    assert "valdsord" not in reading.meant


def test_a_real_word_is_not_taken_for_a_misspelt_one(concepts: ConceptReader) -> None:
    assert "pagaende_vald" not in concepts.read("jag tycker om henne").meant


def test_thousands_of_forms_are_known(concepts: ConceptReader) -> None:
    assert len(concepts.concepts) > 50


@pytest.mark.parametrize(
    "content",
    [
        "vapen: {betyder: x, sort: okänd, ord: kniv}",
        "vapen: {sort: fara, ord: kniv}",
        "a: [b",
        "- x",
    ],
)
def test_a_broken_lexicon_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "fara.yml").write_text(content, encoding="utf-8")
    with pytest.raises(LexiconError, match=r"fara\.yml"):
        load_lexicon(tmp_path)


def test_an_empty_folder_of_lexicons_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LexiconError):
        load_lexicon(tmp_path)


def test_alternatives_numbers_and_endings_in_a_lexicon_are_spelt_out(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(
        "prov: {betyder: x, sort: fara, ord: 'tar/tog farväl, om # dag~'}", encoding="utf-8"
    )
    reader = ConceptReader.load(tmp_path, RealWords.of(["dagar"]))
    for text in ("hon tog farväl", "hon tar farval", "om tre dagar", "om 3 dagarna"):
        assert reader.read(text).meant == {"prov"}
    assert reader.read("farväl").meant == frozenset()
