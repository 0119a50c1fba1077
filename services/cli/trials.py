"""Trials as processes of their own: two at a time, each with one core, all with a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from services.cli.processes import RASA_PYTHON, rasa_environment
from services.errors import OperatorError
from services.settings import ROOT, Settings

_AT_ONCE: Final = 2
_ONE_CORE: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
_KEPT_LINES: Final = 15
_PATIENCE: Final = 6
"""How many times its processor seconds a trial may take by the clock; after that it hangs."""


class TrialError(OperatorError):
    """A trial ended with a fault; the message has its last words."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A process to run.

    Attributes:
        title: What a person sees.
        command: The program and its arguments.
        environment: All of its environment.
        seconds: How long it may take, of the processor: a busy machine does not count.
        pieces: How many times it says that something is done.
        may_be_broken_off: Whether the rest goes on when the time is out.
    """

    title: str
    command: tuple[str, ...]
    environment: dict[str, str]
    seconds: float
    pieces: int = 1
    may_be_broken_off: bool = False


def rasa_trial(
    settings: Settings,
    what: str,
    contender: str,
    folders: Sequence[Path],
    *,
    seconds: float,
    may_be_broken_off: bool = False,
) -> Trial:
    """A trial in Rasa's environment (``bot.trials``): ``measure`` or ``weigh``, in each folder."""
    return Trial(
        title=f"{contender}: {', '.join(folder.name for folder in folders)}",
        command=(str(RASA_PYTHON), "-m", "bot.trials", what, contender, *map(str, folders)),
        # Without Rasa's cache: every training is a whole one.
        environment=rasa_environment(settings, SecretStr("trial"))
        | _ONE_CORE
        | {"RASA_MAX_CACHE_SIZE": "0", "RASA_CACHE_DIRECTORY": str(folders[0] / "cache")},
        seconds=seconds,
        pieces=len(folders),
        may_be_broken_off=may_be_broken_off,
    )


def urgency_trial(what: str, folder: Path, *, seconds: float, pieces: int = 1) -> Trial:
    """A trial of what judges urgency (``services.evaluation.urgency_trials``)."""
    module = "services.evaluation.urgency_trials"
    return Trial(
        title=f"brådska, {what}: {folder.name}",
        command=(sys.executable, "-m", module, what, str(folder)),
        environment=dict(os.environ) | _ONE_CORE,
        seconds=seconds,
        pieces=pieces,
    )


async def run_trials(
    trials: Sequence[Trial], started: Callable[[str], None], piece_done: Callable[[], None]
) -> None:
    """Run all, the first ones first. One that was broken off leaves no result.

    Args:
        trials: What to run.
        started: Called with a trial's title when it begins.
        piece_done: Called for each piece; as often as there are pieces, also of one broken off.

    Raises:
        TrialError: one failed, or took longer than it may; the others are ended.
    """
    places = asyncio.Semaphore(_AT_ONCE)

    async def run(trial: Trial) -> None:
        async with places:
            started(trial.title)
            await _run(trial, piece_done)

    try:
        async with asyncio.TaskGroup() as group:
            for trial in trials:
                group.create_task(run(trial))
    except* TrialError as failed:
        raise failed.exceptions[0] from None


async def _run(trial: Trial, piece_done: Callable[[], None]) -> None:
    process = await asyncio.create_subprocess_exec(
        *trial.command,
        cwd=ROOT,
        env=trial.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    lines: deque[str] = deque(maxlen=_KEPT_LINES)
    left = trial.pieces
    try:
        limit = round(trial.seconds)
        with contextlib.suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (limit, limit + 1))
        async with asyncio.timeout(trial.seconds * _PATIENCE):
            assert process.stdout is not None
            async for line in process.stdout:
                lines.append(line.decode(errors="replace").rstrip())
                if lines[-1].startswith("done "):
                    left -= 1
                    piece_done()
            status = await process.wait()
    except TimeoutError:
        status = -signal.SIGXCPU
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if status == -signal.SIGXCPU:
        if not trial.may_be_broken_off:
            raise TrialError(f"{trial.title}: tog mer än {trial.seconds:.0f} s.")
        for _ in range(left):
            piece_done()
    elif status != 0:
        raise TrialError("\n".join((f"{trial.title}: misslyckades.", *lines)))
