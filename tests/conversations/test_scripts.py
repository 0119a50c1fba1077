"""Scripted conversations, played through the three real processes on every channel."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.answers.loading import load_knowledge
from services.answers.rendering import Renderer
from services.settings import ROOT
from tests.conversations.callers import caller_of
from tests.conversations.script import Script, Turn, load_scripts
from tests.conversations.stack import Stack, running_stack

SCRIPTS = load_scripts()
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with running_stack(tmp_path_factory.mktemp("scripts"), SCRIPTS[0].at) as running:
        yield running


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(load_knowledge(ROOT / "knowledge"))


def test_there_are_scripts_on_every_channel() -> None:
    assert {one.channel.value for one in SCRIPTS} == {"web", "sms", "voice"}
    assert len(SCRIPTS) >= 60


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda one: one.id)
async def test_a_scripted_conversation(script: Script, stack: Stack, renderer: Renderer) -> None:
    stack.set_time(script.at)
    caller = await caller_of(script.channel, stack)
    transcript = [f"# {script.persona} ({script.channel})"]
    faults: list[str] = []
    for number, turn in enumerate(script.turns, start=1):
        stack.pass_hours(turn.hours_later)
        said = await caller.send(turn.caller, turn.press)
        transcript += [f"> {turn.caller or f'[{turn.press}]'}", said]
        faults += [f"turn {number}: {one}" for one in _spoken_faults(turn, said)]
        faults += [
            f"turn {number}: {one}"
            for one in await _stored_faults(turn, stack, caller.conversation, renderer)
        ]
    tickets = await stack.tickets(caller.conversation)
    faults += _ticket_faults(script, tickets)
    await asyncio.to_thread(_keep, script, transcript)
    assert not faults, "\n".join([*faults, *transcript])


def _keep(script: Script, transcript: list[str]) -> None:
    """Write the transcript down, when somebody wants to read it."""
    if folder := os.environ.get("TRANSCRIPTS_DIR"):
        Path(folder, f"{script.id}.txt").write_text("\n\n".join(transcript), encoding="utf-8")


def _spoken_faults(turn: Turn, said: str) -> list[str]:
    plain = re.sub(r"\s+", " ", said)
    faults = [f"does not say {one!r}" for one in turn.says if not _has(one, plain)]
    faults += [f"says {one!r}" for one in turn.never if _has(one, plain)]
    if turn.first is not None and not re.match(turn.first, plain, re.IGNORECASE):
        faults.append(f"does not begin with {turn.first!r}")
    at = 0
    for one in turn.in_order:
        found = re.compile(one, re.IGNORECASE).search(plain, at)
        if found is None:
            faults.append(f"does not say {one!r} in its place")
        else:
            at = found.end()
    return faults


def _has(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


async def _stored_faults(
    turn: Turn, stack: Stack, conversation: Any, renderer: Renderer
) -> list[str]:
    faults = []
    urgency = await stack.last_urgency(conversation)
    if turn.urgency is not None and urgency is not turn.urgency:
        faults.append(f"urgency is {urgency}")
    reply = await stack.last_reply(conversation)
    shown, offered = renderer.contacts_shown(reply), [one.id for one in reply.choices]
    faults += [f"does not show {one}" for one in turn.contacts if one not in shown]
    faults += [f"shows {one}" for one in turn.no_contacts if one in shown]
    faults += [f"does not offer {one}" for one in turn.choices if one not in offered]
    faults += [f"offers {one}" for one in turn.no_choices if one in offered]
    if len(offered) > 4:
        faults.append(f"offers {len(offered)} things at once")
    if turn.slots:
        slots = await stack.slots(conversation)
        faults += [
            f"slot {name} is {slots.get(name)!r}"
            for name, expected in turn.slots.items()
            if not _fits(expected, slots.get(name))
        ]
    return faults


def _ticket_faults(script: Script, tickets: Any) -> list[str]:
    if len(tickets) != (script.ticket is not None):
        return [f"{len(tickets)} tickets"]
    faults = []
    for path, expected in (script.ticket or {}).items():
        value: Any = tickets[0].model_dump(mode="json")
        for part in path.split("."):
            value = value[int(part)] if part.isdigit() else value[part]
        if not _fits(expected, value):
            faults.append(f"ticket.{path} is {value!r}")
    return faults


def _fits(expected: Any, value: Any) -> bool:
    if isinstance(expected, str) and isinstance(value, str):
        return re.search(expected, value, re.IGNORECASE | re.DOTALL) is not None
    return bool(expected == value)
