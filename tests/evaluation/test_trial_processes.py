"""Trials run as processes of their own, two at a time, and none outlives its time."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest

from services.cli.trials import Trial, TrialError, run_trials

SAYS_DONE = "print('done a', flush=True); print('done b', flush=True)"
NEVER_ENDS = "import signal; print('done a', flush=True); signal.pause()"
WORKS_ON = "print('done a', flush=True)\nwhile True: pass"
FAILS = "import sys; print('the reason'); sys.exit(3)"


def trial(script: str, **more: object) -> Trial:
    made = Trial("t", (sys.executable, "-c", script), dict(os.environ), seconds=60.0, pieces=2)
    return replace(made, **more)


async def run(*trials: Trial) -> tuple[list[str], int]:
    begun: list[str] = []
    pieces: list[None] = []
    await run_trials(trials, begun.append, lambda: pieces.append(None))
    return begun, len(pieces)


async def test_each_piece_is_told_as_it_is_done() -> None:
    begun, pieces = await run(*(trial(SAYS_DONE, title=str(number)) for number in range(3)))
    assert begun == ["0", "1", "2"]
    assert pieces == 6


async def test_one_that_fails_is_named_with_its_last_words() -> None:
    with pytest.raises(TrialError, match=r"(?s)^t: misslyckades\..*the reason"):
        await run(trial(FAILS), trial(NEVER_ENDS))


@pytest.mark.parametrize("script", [WORKS_ON, NEVER_ENDS])
async def test_one_that_may_be_broken_off_is_ended_and_its_pieces_are_counted(script: str) -> None:
    _, pieces = await run(trial(script, seconds=1.0, may_be_broken_off=True))
    assert pieces == 2


async def test_one_that_may_not_is_an_error() -> None:
    with pytest.raises(TrialError, match="tog mer än 1 s"):
        await run(trial(WORKS_ON, seconds=1.0))
