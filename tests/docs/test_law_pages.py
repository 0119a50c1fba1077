"""The drafts for the municipality's lawyer say of the program what the program does."""

from __future__ import annotations

import re
import textwrap
from datetime import time
from pathlib import Path

import pytest
import yaml

from services.audit.record import Deed
from services.conversations.core import Core
from services.conversations.inbox import Inbox
from services.settings import ROOT, Settings
from services.store.tables import Base, Role
from services.vocabulary import Channel, MunicipalityId

FOLDER = ROOT / "docs" / "lag"
PAGES = sorted(FOLDER.glob("*.md"))
INDEX = FOLDER / "index.md"
STATUTE = re.compile(r"\b((?:18|19|20)\d\d:\d{2,4})\b")
BILLS = {"2025/26:12"}
SETTING = re.compile(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`")
VALUE = re.compile(
    r"(?P<number>\d+)(?::e)? (?:dag|dagar|minut|minuter|timmar)\b|\b(?P<word>på|av|tom)\b"
)
FILE = re.compile(r"`((?:services|knowledge|docs|tests)/[\w./-]+\.\w+)`")
STORED = re.compile(r"`(\w+)\.(\w+_sealed)`")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)


def lines(page: Path) -> list[str]:
    return page.read_text(encoding="utf-8").splitlines()


def claims() -> list[tuple[str, str, str]]:
    """Where a table or sentence tells a setting's value: page, setting, the line."""
    return [
        (page.stem, setting, line)
        for page in PAGES
        for line in lines(page)
        for setting in SETTING.findall(line)
        if VALUE.search(SETTING.sub("", line))
    ]


def said(line: str) -> set[str]:
    return {found["number"] or found["word"] for found in VALUE.finditer(SETTING.sub("", line))}


def written(value: object) -> str:
    if isinstance(value, bool):
        return "på" if value else "av"
    if value is None or value == "":
        return "tom"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return f"{value:g}" if isinstance(value, float) else str(value)


@every_page
def test_every_page_says_that_it_is_a_draft(page: Path) -> None:
    assert re.match(r"> \*\*UTKAST för kommunens jurist( och arkivarie)?\.\*\*", lines(page)[2])


@every_page
def test_no_statute_is_named_that_the_overview_does_not_tell_where_it_was_seen(page: Path) -> None:
    known = {
        number for line in lines(INDEX) if line.startswith("| ") for number in STATUTE.findall(line)
    }
    text = page.read_text(encoding="utf-8")
    assert set(STATUTE.findall(re.sub("|".join(BILLS), "", text))) <= known


@pytest.mark.parametrize(("page", "setting", "line"), claims())
def test_a_figure_is_the_settings_default(page: str, setting: str, line: str) -> None:
    default = Settings.model_fields[setting.lower()].default
    assert written(default) in said(line), f"{page}: {setting} is {default}"


@every_page
def test_every_setting_and_file_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    names = {name for name in SETTING.findall(text) if not name.endswith("_")}
    assert {name for name in names if name.lower() not in Settings.model_fields} == set()
    assert [name for name in FILE.findall(text) if not (ROOT / name).exists()] == []


@every_page
def test_every_link_leads_to_a_page(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [one for one in targets if not (page.parent / one).exists()] == []


def test_what_is_said_to_be_sealed_is_a_sealed_column() -> None:
    named = STORED.findall((FOLDER / "konsekvensbedomning.md").read_text(encoding="utf-8"))
    assert len(named) >= 4
    for table, column in named:
        assert column in Base.metadata.tables[table].columns


def test_the_roles_and_deeds_that_are_named_are_the_consoles() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert {role.value for role in Role} <= set(re.findall(r"`(\w+)`", text))
    deeds = re.search(r"skrevs ut eller hämtades \(`(\w+)`, `(\w+)`\)", text)
    assert deeds is not None
    assert {deeds[1], deeds[2]} == {Deed.PRINT.value, Deed.EXPORT.value}


async def test_keys_and_secrets_are_as_long_as_is_said(core: Core) -> None:
    text = (FOLDER / "konsekvensbedomning.md").read_text(encoding="utf-8")
    assert "| nyckel för varje samtal | 256 bitar" in text
    assert "| samtalets hemlighet hos den som hör av sig | 256 bitar" in text
    _, wrapped = core.keyring.new_key(conversation="x")
    nonce, tag, name_of_master_key = 12, 16, 8
    assert 0 <= len(wrapped) - nonce - tag - 256 // 8 <= name_of_master_key
    _, secret = await Inbox(core).open_conversation(Channel.WEB, MunicipalityId("goteborg"))
    assert len(secret) * 6 >= 256  # base64: six bits a character


def test_the_short_information_is_what_the_greeting_says() -> None:
    phrases = yaml.safe_load((ROOT / "knowledge/phrases/fraser.yml").read_text(encoding="utf-8"))
    short = (FOLDER / "information.md").read_text(encoding="utf-8").split("## Lång")[0]
    plain = " ".join(short.replace("\n>", "\n").split())
    greeting = " ".join(phrases["halsning"]["web"].split())
    kept = greeting.partition("Det du skriver")
    assert kept[1] + kept[2] in plain


def test_the_information_promises_no_more_than_the_answers() -> None:
    answers = {
        name: yaml.safe_load(
            (ROOT / f"knowledge/answers/service/{name}.yml").read_text(encoding="utf-8")
        )["svar"]["web"]
        for name in ("anonymitet", "vad_sparas", "radera_uppgifter")
    }
    page = " ".join((FOLDER / "information.md").read_text(encoding="utf-8").split())
    for both in ("allmän handling", "prövar kommunen om sekretess gäller"):
        assert both in page
        assert both in answers["vad_sparas"]
    assert "kan inte lova att du är anonym" in answers["anonymitet"]
    assert "kan ändå inte lova att du är anonym" in page
    assert "lova" in answers["radera_uppgifter"]
    assert "sparar tjänsten inte din adress på internet" in answers["anonymitet"]
    assert "sparar tjänsten inte din internetadress" in page
    assert "kan inte lova hur det blir" in page


def test_the_measured_figures_are_those_of_the_measurement() -> None:
    measured = dict(
        re.findall(
            r"^\| ([^|]+) \| (\d\.\d{3}) \|",
            (ROOT / "docs" / "understanding.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    told = re.findall(
        r"\| (\d+,\d) % \| `([^`]+)` \|",
        (FOLDER / "ai-transparens.md").read_text(encoding="utf-8"),
    )
    assert len(told) == 6
    for share, row in told:
        assert f"{float(measured[row]) * 100:.1f}".replace(".", ",") == share


def test_the_measured_pairs_are_those_of_the_measurement() -> None:
    understood = (ROOT / "docs" / "understanding.md").read_text(encoding="utf-8")
    found = re.search(r"Judged unlike: (\d+) of (\d+) pairs", understood)
    assert found is not None
    told = f"bedömdes {found[1]} av {found[2]} par olika"
    assert told in (FOLDER / "ai-transparens.md").read_text(encoding="utf-8")


def test_the_accessibility_page_says_what_the_published_statement_says() -> None:
    template = ROOT / "services" / "channels" / "templates" / "tillganglighet.html"
    published = " ".join(template.read_text(encoding="utf-8").split())
    faults = [
        line.removeprefix("- ")
        for line in textwrap.dedent("\n".join(lines(FOLDER / "tillganglighetsredogorelse.md")))
        .partition("Kända brister")[2]
        .partition("##")[0]
        .splitlines()
        if line.startswith("- ")
    ]
    assert len(faults) == published.partition("Det här vet vi brister")[2].partition("</ul>")[
        0
    ].count("<li>")
    assert [one for one in faults if one not in published] == []
    assert "delvis förenlig" in published
