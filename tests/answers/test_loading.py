import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from services.answers.knowledge import Knowledge
from services.answers.loading import KnowledgeError, load_knowledge
from services.answers.schemas import SCHEMAS_DIR, schemas
from services.answers.topics import TOPICS
from services.settings import ROOT

_ENGLISH = re.compile(r"\b(?:input|should|valid|field|value|must|extra|required)\b(?![^(]*\))")
TOLERANS = "answers/info/toleransprojektet.yml"


def faults_in(folder: Path) -> list[str]:
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    assert str(caught.value.faults[0]) in str(caught.value)
    return [
        f"{fault.file.relative_to(folder)}:{fault.line}: {fault.what}"
        for fault in caught.value.faults
    ]


def test_every_topic_has_an_answer_and_nothing_else_has(knowledge: Knowledge) -> None:
    assert set(knowledge.answers) == frozenset().union(*TOPICS.values())


def test_the_version_is_short_and_follows_the_content(
    knowledge: Knowledge, content: Path, replace_in: Callable[[str, str, str], int]
) -> None:
    assert load_knowledge(content).version == knowledge.version
    assert len(knowledge.version) == 12
    replace_in(TOLERANS, "fråga:", "fråga: ")
    assert load_knowledge(content).version != knowledge.version


@pytest.mark.parametrize(
    ("file", "old", "new", "below", "told"),
    [
        (
            TOLERANS,
            "följdfrågor: [",
            "följdfrågor: [finns_ej] # [",
            0,
            "det finns inget svar finns_ej",
        ),
        (TOLERANS, "kontakter: [", "kontakter: [finns_ej, ", 0, "det finns ingen kontakt finns_ej"),
        (TOLERANS, "granskad: ", "granskat: ", 0, "granskat: finns inte som fält här"),
        (TOLERANS, "  voice: |", "  röst: |", 1, "svar.röst: finns inte som fält här"),
        (TOLERANS, "id: toleransprojektet", "id: hittepå", 0, "hittepå är inget ämne"),
        (TOLERANS, "granskas_senast: 2027", "granskas_senast: 2025", -99, "senare än granskad"),
        (TOLERANS, "fråga:", "id: x\nfråga:", 0, "id står två gånger"),
        (TOLERANS, "fråga:", "fråga: [", None, "inte giltig YAML"),
        ("contacts/bris.yml", '"116 111"', '"116 11"', 0, "är inget svenskt telefonnummer"),
        ("contacts/cve.yml", "08-527 44 290", "08-527 44 29 00 11", 0, "inget svenskt telefon"),
        ("contacts/bris.yml", "id: bris", "id: 1177", 0, "ska vara text; sätt citattecken"),
        ("contacts/orostelefon.yml", '"12:00"', "12:00", 0, "en tid skrivs med citattecken"),
        (
            "contacts/exit.yml",
            "istället: [socialtjanst",
            "istället: [ingen",
            0,
            "ingen annan kontakt",
        ),
        (
            "contacts/bris.yml",
            "anmärkning: null",
            'anmärkning: "Ring 070-123 45 67"',
            0,
            "inte finns i någon kontakt",
        ),
        ("municipalities/malmo.yml", "    utan_nummer:", "    # utan_nummer:", None, "utan_nummer"),
        (
            "milieus/autonom.yml",
            "svar: autonoma",
            "svar: autonom",
            0,
            "det finns inget svar autonom",
        ),
        ("phrases/knappar.yml", "ja: {", "akut: {", 0, "akut finns redan i fraser.yml, rad"),
        ("phrases/knappar.yml", "nej: {", "nix: {", None, "frasen nej saknas"),
        ("phrases/fraser.yml", "Din referens är {referens}", "Din {referenz}", 0, "{referenz} i"),
    ],
)
def test_a_fault_stops_the_start_with_file_and_line(
    content: Path,
    replace_in: Callable[[str, str, str], int],
    file: str,
    old: str,
    new: str,
    below: int | None,
    told: str,
) -> None:
    line = replace_in(file, old, new)
    matching = [fault for fault in faults_in(content) if told in fault]
    assert matching
    if below is not None and below > -1:
        assert any(fault.startswith(f"{file}:{line + below}:") for fault in matching)


@pytest.mark.parametrize("form", ["web", "sms", "voice", "lättläst", "en", "en_kort"])
def test_an_answer_is_written_in_every_form(
    content: Path, replace_in: Callable[[str, str, str], int], form: str
) -> None:
    replace_in(TOLERANS, f"  {form}:", "  formen:")
    assert any(f"svar.{form}: saknas" in fault for fault in faults_in(content))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Ring 031-365 00 00.", "ett telefonnummer är utskrivet"),
        ("Ring 112.", "ett telefonnummer är utskrivet"),
        ("Läs mer på exempel.se.", "en adress är utskriven"),
        ("Skriv till a@exempel.se.", "en adress är utskriven"),
        ("Öppet 12.00-18.00.", "öppettider är utskrivna"),
        ("Ring {hittepå}.", "det finns ingen sådan kontakt"),
        ("Ring {exit}.", "skriv kolon före"),
        ("Ring socialtjänsten på {socialtjanst}.", "skriv kolon före"),
        ("Ring {avhoppartelefonen}.", "{avhoppartelefonen} i malmo: det finns ingen sådan kontakt"),
        ("Ring {112.", "en klammer saknar sin andra hälft"),
    ],
)
def test_a_text_that_can_not_be_said_is_told_with_its_line(
    content: Path, replace_in: Callable[[str, str, str], int], words: str, told: str
) -> None:
    line = replace_in(TOLERANS, "  sms: |\n", f"  sms: |\n    En rad.\n    {words}\n")
    assert any(
        fault.startswith(f"{TOLERANS}:{line + 2}:") and told in fault
        for fault in faults_in(content)
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (TOLERANS, "  sms: |", "  sms: Tolerans: ett projekt", "sätt citattecken runt text"),
        (TOLERANS, "kontakter:", "\tkontakter:", "använd mellanslag"),
        (TOLERANS, "granskad: 2026-11-21", "granskad: 21 november", "ska vara ett datum"),
        (TOLERANS, "    år: 2017", '    år: "2017"', "ska vara ett årtal utan citattecken"),
        (TOLERANS, "  lättläst: |", "  lattlast: |", "svar.lättläst: saknas"),
        (TOLERANS, "fråga_en:", "fråga_på_engelska:", "fråga_en: saknas"),
        (TOLERANS, '  en_kort: "', '  en_kort: "' + "Long. " * 60, "högst 2 går"),
        (TOLERANS, '  en_kort: "', '  en_kort: "Call 031-365 00 00. ', "är utskrivet"),
        ("contacts/exit.yml", "  för: For those", "  fö: For those", "en.för: saknas"),
        ("contacts/exit.yml", "  för: For", '  för: "070-123 45 67"\n  #', "i någon kontakt"),
        ("contacts/bris.yml", "  anmärkning: null", "  anmärkning: New.", "på båda språken"),
        (TOLERANS, "kontakter: []", "kontakter: socialtjanst", "ska vara en lista"),
        (TOLERANS, "kontakter: []", "kontakter: [cve]", "bara för yrkesverksamma"),
        (TOLERANS, "följdfrågor: [", "följdfrågor: [hej, ", "högst fyra får plats"),
        (
            TOLERANS,
            "  sms: |\n",
            "  sms: |\n" + "    Långt. " * 40 + "\n",
            "högst 2 går",
        ),
        (TOLERANS, "  sms: |\n", "  sms: |\n    Fint 😊.\n", "tecken som inte ryms"),
        ("contacts/bris.yml", "status: bekräftad", "status: säker", "ska vara ett av: 'bekräftad'"),
        ("contacts/bris.yml", 'nummer: "116 111"', "nummer: 116111", "sätt citattecken runt"),
        ("contacts/exit.yml", "utan_nummer: {", "# {", "behöver utan_nummer"),
        ("contacts/bris.yml", "epost: null", "allmän: true\nepost: null", "kan inte ha ett nummer"),
        ("contacts/bris.yml", "epost: null", "allmän: kanske\nepost: null", "true eller false"),
        ("routing.yml", "läge: [sjalvmord]", "läge: [självmord]", "när.läge: ska vara ett av:"),
        ("routing.yml", "läge: [sjalvmord]", "läge: sjalvmord", "när.läge: ska vara en lista"),
        ("routing.yml", "brådska: [info]", "bråska: [info]", "när.bråska: finns inte som fält"),
        ("routing.yml", 'ålder: ["<18"]', "ålder: [17]", "när.ålder: ska vara ett av: '<18'"),
        ("routing.yml", "ämne: [sjalvmord]", "ämne: [[sjalvmord]]", "när.ämne: ska vara text"),
        ("routing.yml", "ämne: [sjalvmord]", "ämne: sjalvmord", "när.ämne: ska vara en lista"),
        ("routing.yml", "kommun: [malmo]", "kommun: [lund]", "det finns ingen kommun lund"),
        ("routing.yml", '["112", sjalvmordslinjen]', "[112]", "ska vara text; sätt citattecken"),
        ("routing.yml", '["112", sjalvmordslinjen]', '"112"', "kontakter: ska vara en lista"),
        ("routing.yml", "    kontakter: [sjalvmordslinjen]", "", "kontakter: saknas"),
        ("routing.yml", "  - när: {}", "  - när: alla", "när: ska ha fält under sig"),
        (
            "routing.yml",
            "  - när: {}\n    kontakter: []",
            "  - alla",
            "raden: ska ha fält under sig",
        ),
        ("routing.yml", "fras: anmalningsplikt", "fras: plikt", "det finns ingen fras plikt"),
        ("routing.yml", "fras: anmalningsplikt", "frras: x", "fras: saknas"),
        ("routing.yml", "person: [oro_narstaende", "person: oro_narstaende #", "en lista av ämnen"),
        ("routing.yml", "person: [oro_narstaende", "person: [8, oro_narstaende", "lista av ämnen"),
        ("routing.yml", "ämnesgrupper:", "grupper:", "grupper: finns inte som fält här"),
        ("routing.yml", "\nrader:\n", "\nrad:\n", "rader: saknas"),
        ("routing.yml", "\nrader:\n", "\n\trader:\n", "använd mellanslag"),
        (
            "routing.yml",
            'kontakter: ["112", sjalvmordslinjen]',
            "kontakter: [ingen]",
            "ingen finns",
        ),
        ("routing.yml", "kontakter: [sjalvmordslinjen]", "kontakter: [cve]", "yrkesverksamma"),
        ("routing.yml", "  - när: {}", "  - när: {brådska: [info]}", "sista raden ska gälla alla"),
        ("routing.yml", "ämne: [sjalvmord]", "ämne: [hittepå]", "det finns inget ämne hittepå"),
    ],
)
def test_an_editors_common_mistakes_are_told_in_swedish_at_their_line(
    content: Path,
    replace_in: Callable[[str, str, str], int],
    file: str,
    old: str,
    new: str,
    told: str,
) -> None:
    line = replace_in(file, old, new)
    near = {f"{file}:{line + off}:" for off in (-12, -2, -1, 0, 1, 2)}
    matching = [fault for fault in faults_in(content) if told in fault]
    assert matching
    assert any(fault.startswith(tuple(near)) for fault in matching), matching
    assert not _ENGLISH.search(told_by := " ".join(matching)), told_by


def test_a_part_of_the_routing_table_that_stands_twice_is_told(
    content: Path, replace_in: Callable[[str, str, str], int]
) -> None:
    replace_in("routing.yml", "\nfraser:\n", "\nrader:\n")
    (fault,) = faults_in(content)
    assert "rader står två gånger" in fault


def test_a_missing_routing_table_is_told(content: Path) -> None:
    (content / "routing.yml").unlink()
    assert faults_in(content) == ["routing.yml:1: filen saknas"]


def test_the_version_follows_the_routing_table_too(
    knowledge: Knowledge, content: Path, replace_in: Callable[[str, str, str], int]
) -> None:
    replace_in("routing.yml", "# Vem", "# Vem då")
    assert load_knowledge(content).version != knowledge.version


def test_adding_a_municipality_is_a_file_and_nothing_else(content: Path) -> None:
    folder = content / "municipalities"
    text = (folder / "annan.yml").read_text(encoding="utf-8")
    head, _, contacts = text.replace("id: annan", "id: exempelby").partition("stadsdelar:")
    head = head.replace("namn: Annan kommun", "namn: Exempelby")
    own = f"{head}stadsdelar: [Exempelås]\nkontakter:{contacts.partition('kontakter:')[2]}"
    (folder / "exempelby.yml").write_text(own, encoding="utf-8")
    assert "exempelby" in load_knowledge(content).municipalities


def test_a_missing_answer_is_told(content: Path) -> None:
    (content / TOLERANS).unlink()
    faults = faults_in(content)
    assert any("svaret toleransprojektet saknas" in fault for fault in faults)


def test_an_answer_without_a_source_is_told(content: Path) -> None:
    path = content / TOLERANS
    words = path.read_text(encoding="utf-8")
    before, rest = words.split("källor:\n")
    path.write_text(f"{before}källor: []\ngranskad:{rest.split('granskad:')[1]}", encoding="utf-8")
    assert any("källor:" in fault and TOLERANS in fault for fault in faults_in(content))


def test_every_fault_is_told_at_once(
    content: Path, replace_in: Callable[[str, str, str], int]
) -> None:
    replace_in(TOLERANS, "granskad: ", "granskat: ")
    replace_in("contacts/bris.yml", "kort:", "kortt:")
    assert {fault.split(":")[0] for fault in faults_in(content)} == {TOLERANS, "contacts/bris.yml"}


def test_a_file_that_is_not_utf8_is_told(content: Path) -> None:
    path = content / TOLERANS
    path.write_bytes(path.read_bytes().replace(b"\xc3\xa5", b"\xe5", 1))
    assert any("inte UTF-8" in fault for fault in faults_in(content))


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    assert any("här finns inga filer" in fault for fault in faults_in(tmp_path))


@pytest.mark.parametrize(
    ("file", "text"), list(schemas()), ids=lambda value: getattr(value, "name", "")
)
def test_the_schemas_in_docs_are_the_models(file: Path, text: str) -> None:
    assert file.read_text(encoding="utf-8") == text, "run python -m services.answers.schemas"


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("answer", "answers/*/*.yml"),
        ("contact", "contacts/*.yml"),
        ("municipality", "municipalities/*.yml"),
        ("phrases", "phrases/*.yml"),
    ],
)
def test_the_content_follows_the_schemas(schema: str, pattern: str) -> None:
    text = (SCHEMAS_DIR / f"{schema}.schema.json").read_text(encoding="utf-8")
    validator = Draft202012Validator(json.loads(text))
    files = list((ROOT / "knowledge").glob(pattern))
    assert files
    for file in files:
        data = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - gives text alone
        validator.validate(_plain_values(data))


def _plain_values(value: object, key: str = "") -> object:
    """BaseLoader gives only text, as an editor's check sees dates; all else is made plain."""
    if isinstance(value, dict):
        return {name: _plain_values(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain_values(one) for one in value]
    if value in ("null", "true"):
        return {"null": None, "true": True}[str(value)]
    return int(str(value)) if key == "år" else value


def test_every_phrase_that_the_code_names_exists(knowledge: Knowledge) -> None:

    named = {
        name
        for file in (ROOT / "services").rglob("*.py")
        for name in re.findall(r'PhraseId\("(\w+)"\)', file.read_text(encoding="utf-8"))
    }
    assert "akut" in named
    assert named <= knowledge.phrases.keys()


def test_a_place_means_one_municipality(content: Path) -> None:
    folder = content / "municipalities"
    copied = (folder / "annan.yml").read_text(encoding="utf-8").replace("id: annan", "id: exempel")
    (folder / "exempel.yml").write_text(copied, encoding="utf-8")
    told = faults_in(content)
    assert "municipalities/exempel.yml:2: Annan kommun står redan i annan.yml; " in told[0]
    assert all("municipalities/exempel.yml" in one and "står redan i" in one for one in told)
