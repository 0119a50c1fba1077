"""The safety net's rules see combinations of signs, and what takes the danger away."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.triage.concepts import ConceptReader
from services.triage.safety_net import SafetyNet, SafetyNetError, Verdict


def verdicts(net: SafetyNet, concepts: ConceptReader, text: str) -> set[Verdict]:
    return {rule.gives for rule in net.caught(concepts.read(text))}


@pytest.mark.parametrize(
    "text",
    [
        "han har en pistol och säger att han ska skjuta dem nu",
        "bomb i skolan",
        "blod överallt",
        "skjutning pågår vid torget",
        "jag vill dö",
        "han andas inte, hjälp",
        "de har låst in mig och jag är livrädd, de kommer ikväll",
        "hon ska giftas bort i natt, de kör till flygplatsen, snälla hjälp",
        "HAN TÄNKER DÖDA MIG",
        "han har tagit alla tabletterna och vaknar inte",
    ],
)
def test_danger_is_caught_by_rules_alone(
    safety_net: SafetyNet, concepts: ConceptReader, text: str
) -> None:
    assert Verdict.AKUT in verdicts(safety_net, concepts, text)


@pytest.mark.parametrize(
    "text",
    [
        "jag såg en film där de skjuter alla med pistol",
        "vi dödade bossen i spelet igår kväll",
        "jag dör av skratt",
        "vi ska skjuta upp mötet till ikväll",
        "han har inget vapen och tänker inte skada någon",
        "älgjakten börjar nu på måndag, geväret är putsat",
        "vad är straffet för att ha en pistol?",
        "jag skär lök med kniv i köket nu",
    ],
)
def test_alarming_words_in_a_harmless_sense_are_let_through(
    safety_net: SafetyNet, concepts: ConceptReader, text: str
) -> None:
    assert Verdict.AKUT not in verdicts(safety_net, concepts, text)


@pytest.mark.parametrize(
    "text",
    [
        "han har två gevär i källaren och en karta där simhallen är inringad",
        "jag hittade en k-pist i hennes förråd och en namnlista på lärare",
        "de har sprängdeg i garaget och bilder på synagogans nödutgångar",
    ],
)
def test_a_weapon_and_a_target_is_asked_about(
    safety_net: SafetyNet, concepts: ConceptReader, text: str
) -> None:
    assert verdicts(safety_net, concepts, text) & {Verdict.AKUT, Verdict.FRAGA}


def test_a_plan_for_later_is_serious_and_not_acute(
    safety_net: SafetyNet, concepts: ConceptReader
) -> None:
    text = "min bror säger att han ska åka till syrien i sommar och strida"
    assert verdicts(safety_net, concepts, text) == {Verdict.HOG}


def test_every_rule_says_in_swedish_what_it_sees(safety_net: SafetyNet) -> None:
    names = [rule.name for rule in safety_net.rules]
    assert len(names) == len(set(names))
    assert all(rule.meaning.endswith(".") for rule in safety_net.rules)


def test_a_rule_over_an_unknown_concept_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "safety_net.yml"
    path.write_text(
        "grupper: {}\nregler: [{namn: prov, mening: x., ger: akut, kräver: [saknas]}]",
        encoding="utf-8",
    )
    with pytest.raises(SafetyNetError, match="saknas"):
        SafetyNet.load(path, frozenset({"vapen"}))
