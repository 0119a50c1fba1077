"""Scripts of calls: what can be written, and how a mistake is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from services.cli.handset import (
    Act,
    CallFaultError,
    Handset,
    ScriptError,
    Who,
    read_script,
)


def test_a_script_says_what_the_caller_does_in_order(tmp_path: Path) -> None:
    file = tmp_path / "samtal.txt"
    file.write_text(
        "# ett samtal\n\nsäg: hej: du\nSäg 0.3: mummel\ntryck: 0\ntyst\nsamordnaren: upptagen\n"
    )
    assert read_script(file) == [
        Act(speech="hej: du", confidence="0.92"),
        Act(speech="mummel", confidence="0.3"),
        Act(digits="0"),
        Act(),
        Act(answers=False),
    ]


@pytest.mark.parametrize("line", ["hej", "säg", "säg:", "tryck", "samordnaren: kanske", "tyst!"])
def test_a_wrong_line_is_told_with_its_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / "samtal.txt"
    file.write_text(f"tyst\n{line}\n")
    with pytest.raises(ScriptError, match="rad 2"):
        read_script(file)


async def test_a_call_that_goes_in_circles_is_a_fault() -> None:
    async def post(path: str, fields: Mapping[str, str]) -> str:
        return "<Response><Redirect>again</Redirect></Response>"

    with pytest.raises(CallFaultError):
        await Handset(post, [], call_sid="CA1", number="+46").call("/voice")


async def test_the_caller_hangs_up_when_the_script_ends() -> None:
    async def post(path: str, fields: Mapping[str, str]) -> str:
        return '<Response><Gather action="next"><Say>Hej</Say></Gather></Response>'

    heard = await Handset(post, [], call_sid="CA1", number="+46").call("/voice")
    assert [(one.who, one.text) for one in heard] == [
        (Who.VOICE, "Hej"),
        (Who.CALLER, "(lägger på)"),
    ]
