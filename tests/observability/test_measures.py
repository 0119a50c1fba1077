"""What is measured tells how the service fares, and nothing of those who write to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from services.conversations.core import Core
from services.conversations.inbox import Inbox, IncomingMessage
from services.observability.measures import REGISTRY, Standing, page
from services.settings import ROOT
from services.vocabulary import Channel, MunicipalityId
from tests.conftest import ScriptedRasa
from tests.turns import take_turn

ACUTE = "han har en pistol och är på väg till skolan nu"
CALM = "Vad är Toleransprojektet?"
STANDING = Standing(
    turns_running=1,
    turns_waiting=2,
    inbox_age=3.0,
    outbox_age=None,
    rasa_up=True,
    database_up=True,
    knowledge_fault=False,
)
OBSERVABILITY = ROOT / "deploy" / "observability"
_NAME = re.compile(r"\b(?:oroslotsen|process)_[a-z_]+\b")


def samples() -> list[Sample]:
    families = text_string_to_metric_families(page(STANDING).decode())
    return [sample for family in families for sample in family.samples]


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, f"{name} {labels} is not measured"
    return found


async def write(core: Core, text: str, *, is_probe: bool = False) -> None:
    inbox = Inbox(core)
    opened = await inbox.open_conversation(
        Channel.WEB, MunicipalityId("goteborg"), is_probe=is_probe
    )
    await inbox.receive(*opened, IncomingMessage(uuid4().hex, text), channel=Channel.WEB)
    await take_turn(core, opened[0])


def counted(kind: str) -> float:
    return value("oroslotsen_outcomes_total", kind=kind)


def seen(stage: str) -> float:
    return value("oroslotsen_stage_seconds_count", stage=stage)


async def test_each_stage_of_a_turn_is_measured_once(core: Core, rasa: ScriptedRasa) -> None:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    stages = ("judge", "dialogue", "render", "whole", "acute", "store")
    before = [seen(stage) for stage in stages]
    await write(core, CALM)
    after = [seen(stage) for stage in stages]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1, 1, 1, 0, 2]


async def test_how_a_message_got_its_outcome_is_counted(core: Core, rasa: ScriptedRasa) -> None:
    kinds = ("acute", "dialogue", "keywords", "fallback")
    before = [counted(kind) for kind in kinds]
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    for text in (ACUTE, CALM):
        await write(core, text)
    rasa.status = 500
    for text in (CALM, "Jag är orolig för min son"):
        await write(core, text)
    after = [counted(kind) for kind in kinds]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1, 1, 1]


async def test_urgency_is_counted_by_channel(core: Core) -> None:
    before = value("oroslotsen_messages_total", channel="web", urgency="akut")
    await write(core, ACUTE)
    assert value("oroslotsen_messages_total", channel="web", urgency="akut") == before + 1


async def test_a_test_message_is_counted_nowhere(core: Core, rasa: ScriptedRasa) -> None:
    def totals() -> float:
        names = {"oroslotsen_messages_total", "oroslotsen_outcomes_total"}
        return sum(one.value for one in samples() if one.name in names)

    before = totals(), seen("whole")
    await write(core, CALM, is_probe=True)
    assert (totals(), seen("whole")) == before


async def test_no_series_has_a_label_that_a_caller_could_fill(core: Core) -> None:
    before = {one.name: one.labels for one in samples()}
    series = {(one.name, *sorted(one.labels.items())) for one in samples()}
    await write(core, "Ring mig på 070-174 06 05, jag heter Vilgot och är orolig")
    assert {(one.name, *sorted(one.labels.items())) for one in samples()} == series
    labels = {label for one in before.values() for label in one}
    assert labels <= {"stage", "le", "kind", "channel", "urgency"}


def test_what_nobody_could_tell_is_not_a_number() -> None:
    [age] = [one.value for one in samples() if one.name == "oroslotsen_outbox_age_seconds"]
    assert age != age  # noqa: PLR0124 - that is what tells NaN


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression of the dashboard and of the alert rules, by its title."""
    dashboard = json.loads((OBSERVABILITY / "dashboard.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    rules = yaml.safe_load((OBSERVABILITY / "alerts.yml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


@pytest.mark.parametrize(("title", "expression"), list(expressions()), ids=lambda one: one[:30])
def test_what_dashboard_and_alerts_name_is_measured(title: str, expression: str) -> None:
    # NaN and a histogram's parts are samples too: what is there is what Prometheus would store.
    known = {one.name for one in samples()}
    named = set(_NAME.findall(expression)) - {"oroslotsen"}
    assert named or expression.startswith("up{"), title
    assert named <= known


@pytest.mark.parametrize(("title", "expression"), list(expressions()), ids=lambda one: one[:30])
def test_a_label_that_dashboard_and_alerts_ask_for_exists(title: str, expression: str) -> None:
    exist = {(label, text) for one in samples() for label, text in one.labels.items()}
    for label, text in re.findall(r'(stage|kind)="([a-z_]+)"', expression):
        assert (label, text) in exist, title


def test_every_alert_says_what_it_means_and_how_bad_it_is() -> None:
    rules = yaml.safe_load((OBSERVABILITY / "alerts.yml").read_text(encoding="utf-8"))
    [group] = rules["groups"]
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"])
    for rule in group["rules"]:
        assert rule["labels"]["severity"] in {"page", "warn"}
        assert set(rule["annotations"]) == {"summary", "description"}


def test_no_two_panels_lie_upon_each_other() -> None:
    dashboard = json.loads(Path(OBSERVABILITY / "dashboard.json").read_text(encoding="utf-8"))
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
