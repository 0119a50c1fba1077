"""SECURITY.md leads to what there is, and invents no address."""

from __future__ import annotations

import re

from services.settings import ROOT

POLICY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_what_it_links_to_exists() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", POLICY)
    assert len(targets) >= 3
    assert [one for one in targets if not (ROOT / one).exists()] == []


def test_the_commands_it_names_are_in_the_makefile() -> None:
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z-]+)", POLICY))
    assert {"test", "audit", "sbom"} <= named
    assert [one for one in named if f"\n{one}:" not in made] == []


def test_it_gives_no_address_that_nobody_has() -> None:
    assert not re.search(r"\S+@\S+\.\w|https?://", POLICY)
