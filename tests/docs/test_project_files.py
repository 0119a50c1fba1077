"""What is written about the project stays true: links lead somewhere, versions and lists agree."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.cli.settings import settings_page
from services.settings import ROOT

PROGRAMS = Path(sys.executable).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINK = re.compile(r"!?\[[^\]]*\]\((?!https?://|mailto:|#)([^)#\s]+)")


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CODE_OF_CONDUCT.md"]
)
def test_the_links_of_the_first_pages_lead_somewhere(page: str) -> None:
    broken = [link for link in LINK.findall(text_of(page)) if not (ROOT / link).exists()]
    assert broken == []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation, built as ``make docs`` does: strictly."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    built = subprocess.run(
        [PROGRAMS / "zensical", "build", "--strict"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"


class _Loaded(HTMLParser):
    """What a page makes the browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_link = tag == "link" and given.get("rel") not in {"canonical", "next", "prev"}
        if tag in {"script", "img", "iframe", "source"} or is_link:
            self.addresses |= {given.get("src") or "", given.get("href") or ""}


def test_the_documentation_asks_nobody_else_for_anything(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        loaded = _Loaded()
        loaded.feed(page.read_text(encoding="utf-8"))
        assert not {one for one in loaded.addresses if re.match(r"(https?:)?//", one)}, page.name
    assert "url(http" not in "".join(
        style.read_text(encoding="utf-8") for style in site.rglob("*.css")
    )


def test_every_page_in_the_contents_is_there_and_every_decision_is_listed(site: Path) -> None:
    contents = text_of("zensical.toml")
    named = set(re.findall(r'"([\w/-]+\.md)"', contents))
    assert {page for page in named if not (ROOT / "docs" / page).exists()} == set()
    decisions = {path.name for path in (ROOT / "docs" / "decisions").glob("0*.md")}
    assert {one for one in decisions if one not in text_of("docs/decisions/index.md")} == set()


def test_the_page_of_settings_is_that_of_the_settings() -> None:
    assert text_of("docs/settings.md") == settings_page(), (
        "oroslotsen settings --page > docs/settings.md"
    )


def test_the_version_and_the_licence_are_the_same_everywhere() -> None:
    public: dict[str, Any] = yaml.safe_load(text_of("publiccode.yml"))
    assert public["softwareVersion"] == PROJECT["version"]
    assert re.search(
        rf"^## \[{re.escape(PROJECT['version'])}\]", text_of("CHANGELOG.md"), re.MULTILINE
    )
    assert public["legal"]["license"] == PROJECT["license"] == "EUPL-1.2"
    assert text_of("LICENSE").startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")


def test_publiccode_has_what_the_standard_asks_for() -> None:
    """After https://yml.publiccode.tools/schema.core.html; PyPI and npm have no parser of it."""
    public: dict[str, Any] = yaml.safe_load(text_of("publiccode.yml"))
    asked = {
        "publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType",
        "description", "legal", "maintenance", "localisation",
    }  # fmt: skip
    assert asked <= public.keys()
    assert public["developmentStatus"] in {"concept", "development", "beta", "stable", "obsolete"}
    assert public["maintenance"]["contacts"]
    assert set(public["localisation"]["availableLanguages"]) == {"sv", "en"}
    for words in public["description"].values():
        assert len(words["shortDescription"]) <= 150
        assert 150 <= len(words["longDescription"]) <= 10_000
        for picture in words.get("screenshots", ()):
            assert (ROOT / picture).is_file()


def test_the_workflow_and_the_forms_are_valid() -> None:
    forms = [
        path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")
        if path.name != "config.yml"
    ]  # fmt: skip
    assert len(forms) == 4
    for schema, files in (
        ("vendor.github-workflows", [ROOT / ".github" / "workflows" / "ci.yml"]),
        ("vendor.github-issue-forms", forms),
    ):
        checked = subprocess.run(
            [PROGRAMS / "check-jsonschema", "--builtin-schema", schema, *files],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout
    assert ".ci/run" in text_of(".github/workflows/ci.yml")


def test_the_quick_checks_are_the_projects_own_tools() -> None:
    config = yaml.safe_load(text_of(".pre-commit-config.yaml"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    for hook in config["repos"][0]["hooks"]:
        assert (ROOT / hook["entry"].split()[0]).exists(), hook["entry"]
        assert hook["language"] == "system"
