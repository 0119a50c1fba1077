"""The threat model names what stops each threat and what guards it: both must be there."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from services.settings import ROOT

PAGE = ROOT / "docs" / "threat-model.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
FILE = re.compile(
    r"`((?:services|bot|actions|web|deploy|docs|knowledge|tests)/[\w./-]+\.\w+|\w*/?uv\.lock)`"
)
SOON = "soon: "
ARROWS = (
    "Caller and web chat",
    "The municipality's page that embeds the chat",
    "Caller, Twilio and SMS",
    "Caller and voice",
    "Service and Rasa",
    "Rasa and the actions",
    "Service and database",
    "Service and Redis",
    "Coordinator and console",
    "Console and the municipality's sign-in (OIDC)",
    "Service, mail server and webhooks",
    "Backup and keys",
    "Operator and host",
    "Supply chain",
)


@dataclass(frozen=True)
class Threat:
    """A row of the page."""

    arrow: str
    id: str
    what: str
    kinds: str
    stops: str
    guard: str

    @property
    def guards_now(self) -> str:
        return self.guard.split(SOON)[0]

    @property
    def guards_soon(self) -> str:
        return self.guard.partition(SOON)[2]


def read_threats() -> list[Threat]:
    found, arrow = [], ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            arrow = line.removeprefix("## ")
        elif re.match(r"\| [A-Z]\d+ \|", line):
            found.append(Threat(arrow, *(cell.strip() for cell in line.strip("|").split("|"))))
    return found


THREATS = read_threats()
every_threat = pytest.mark.parametrize("threat", THREATS, ids=lambda one: one.id)


def exists(test: tuple[str, str]) -> bool:
    path = ROOT / test[0]
    return path.is_file() and f"def {test[1]}(" in path.read_text(encoding="utf-8")


def test_every_arrow_has_threats_and_no_id_is_used_twice() -> None:
    assert tuple(dict.fromkeys(one.arrow for one in THREATS)) == ARROWS
    ids = [one.id for one in THREATS]
    assert len(set(ids)) == len(ids)


@every_threat
def test_a_threat_says_its_kind_and_what_guards_it(threat: Threat) -> None:
    assert threat.kinds
    assert set(threat.kinds.split()) <= set("STRIDE")
    assert threat.stops
    assert TEST.search(threat.guards_now) or re.search(r"unguarded|operator's: ", threat.guards_now)


@every_threat
def test_what_a_threat_names_exists(threat: Threat) -> None:
    assert [one for one in TEST.findall(threat.guards_now) if not exists(one)] == []
    named = FILE.findall(TEST.sub("", threat.stops + threat.guards_now))
    assert [name for name in named if not (ROOT / name).exists()] == []


@every_threat
def test_what_was_to_come_is_not_called_missing_when_it_is_here(threat: Threat) -> None:
    here = [one for one in TEST.findall(threat.guards_soon) if exists(one)]
    assert here == [], "it guards now: take away 'unguarded now; soon: ' before it"
