"""The supervisor: starts the processes, waits until they are ready, restarts what dies or hangs.

Each child leads a process group of its own, so that Ctrl-C reaches the supervisor alone and the
children stop in order. On Linux a child ends if the supervisor is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.errors import OperatorError

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 10.0
_STEADY_SECONDS: Final = 60.0
"""After this long a child counts as well again, and its next restart comes at once."""
_STOP_SECONDS: Final = 15.0
"""Longer than the service takes to answer what is under way and finish its turns."""
_LOOK_SECONDS: Final = 2.0
_LONGEST_LOOK: Final = 5.0
"""What one look counts for at most: the whole machine may have slept in between."""
_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep running.

    ``log`` gets what it prints; ``is_ready`` says whether it does its work; ``ready_within`` is how
    many seconds it may take to get there, ``silent_after`` how many it may fail to do it later,
    before it is taken to hang.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    log: Path
    is_ready: Callable[[], Awaitable[bool]]
    ready_within: float
    silent_after: float = 20.0


class ChildNotReadyError(OperatorError):
    """A child did not get ready in time, or ended before."""


class Supervisor:
    """Runs children until told to stop. ``say`` prints one line to the operator."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self._children = children
        self._say = say
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    async def start(self) -> None:
        """Start every child and wait until all are ready.

        Raises:
            ChildNotReadyError: one did not come up; the others are stopped.
        """
        for child in self._children:
            self._processes[child.name] = await _spawn(child)
        try:
            async with asyncio.TaskGroup() as group:
                for child in self._children:
                    group.create_task(self._wait_until_ready(child))
        except* ChildNotReadyError as errors:
            await self.stop()
            raise ChildNotReadyError(*(str(error) for error in errors.exceptions)) from None

    def pid_of(self, name: str) -> int:
        """The process id of a child that has been started."""
        return self._processes[name].pid

    async def keep_running(self) -> None:
        """Restart each child that ends or hangs, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for child in self._children:
                group.create_task(self._keep(child))

    async def stop(self) -> None:
        """Stop the children, last started first; kill one that does not end in time."""
        for child in reversed(self._children):
            process = self._processes.get(child.name)
            if process is not None and process.returncode is None:
                await _stop(process)

    async def _keep(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE
        while True:
            since = loop.time()
            code = await self._end_of(child)
            if loop.time() - since > _STEADY_SECONDS:
                pause = _FIRST_PAUSE
            self._say(f"{child.name} slutade ({_describe(code)}). Startar om.")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            self._processes[child.name] = await _spawn(child)
            with contextlib.suppress(ChildNotReadyError):
                await self._wait_until_ready(child)
                self._say(f"{child.name} är igång igen.")

    async def _end_of(self, child: Child) -> int:
        """Wait until a child ends, by itself or because it hangs; give its exit code."""
        process = self._processes[child.name]
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._kill_when_silent(child, process))
            code = await process.wait()
            watching.cancel()
        return code

    async def _kill_when_silent(self, child: Child, process: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        silent, looked_at = 0.0, loop.time()
        while silent < child.silent_after:
            await asyncio.sleep(min(_LOOK_SECONDS, child.silent_after / 4))
            is_ready = await child.is_ready()
            since, looked_at = loop.time() - looked_at, loop.time()
            silent = 0.0 if is_ready else silent + min(since, _LONGEST_LOOK)
        self._say(f"{child.name} svarar inte sedan {silent:.0f} sekunder. Avbryter den.")
        _kill(process)

    async def _wait_until_ready(self, child: Child) -> None:
        process = self._processes[child.name]
        try:
            async with asyncio.timeout(child.ready_within):
                while not await child.is_ready():
                    if process.returncode is not None:
                        raise ChildNotReadyError(
                            f"{child.name} startade inte ({_describe(process.returncode)}). "
                            f"Varför står i {child.log}. Kör oroslotsen doctor."
                        )
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise ChildNotReadyError(
                f"{child.name} blev inte klar på {child.ready_within:.0f} sekunder. "
                f"Varför står i {child.log}. Kör oroslotsen doctor."
            ) from None


async def _spawn(child: Child) -> asyncio.subprocess.Process:
    child.log.parent.mkdir(parents=True, exist_ok=True)
    with child.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *child.command,
            cwd=child.directory,
            env=dict(child.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        _kill(process)
        await process.wait()


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _describe(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"kod {code}"
