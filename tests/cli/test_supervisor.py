"""The supervisor keeps its children running, says so when one dies, and leaves none behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from services.cli.processes import answers
from services.cli.running import free_port
from services.cli.supervisor import Child, ChildNotReadyError, Supervisor

STEADY = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"


SERVER = """
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def serving_child(tmp_path: Path, silent_after: float) -> Child:
    """A real process that answers requests."""
    port = free_port()
    return Child(
        name="Servern",
        command=(sys.executable, "-c", SERVER, str(port)),
        environment=dict(os.environ),
        directory=tmp_path,
        log=tmp_path / "server.log",
        is_ready=answers(f"http://127.0.0.1:{port}/", within=0.5),
        ready_within=20,
        silent_after=silent_after,
    )


def child(tmp_path: Path, program: str, name: str = "Barnet", within: float = 20) -> Child:
    flag = tmp_path / f"{name}.ready"

    async def is_ready() -> bool:
        return flag.exists()

    return Child(
        name=name,
        command=(sys.executable, "-c", program, str(flag)),
        environment=dict(os.environ),
        directory=tmp_path,
        log=tmp_path / f"{name}.log",
        is_ready=is_ready,
        ready_within=within,
    )


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_child_that_dies_is_restarted_and_the_operator_told(tmp_path: Path) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    supervisor = Supervisor([child(tmp_path, STEADY)], said.put_nowait)
    await supervisor.start()
    keeping = asyncio.create_task(supervisor.keep_running())
    first = supervisor.pid_of("Barnet")
    os.kill(first, signal.SIGKILL)
    assert "SIGKILL" in await asyncio.wait_for(said.get(), 20)
    assert "igång igen" in await asyncio.wait_for(said.get(), 20)
    second = supervisor.pid_of("Barnet")
    assert second != first
    keeping.cancel()
    await supervisor.stop()
    assert not is_running(second)


async def test_a_child_that_does_not_come_up_stops_the_start_and_the_others(
    tmp_path: Path,
) -> None:
    steady = child(tmp_path, STEADY, "Stadig")
    broken = child(tmp_path, "raise SystemExit(3)", "Trasig")
    supervisor = Supervisor([steady, broken], lambda line: None)
    with pytest.raises(ChildNotReadyError, match=r"Trasig startade inte \(kod 3\)"):
        await supervisor.start()
    assert not is_running(supervisor.pid_of("Stadig"))


async def test_a_child_that_is_never_ready_is_named(tmp_path: Path) -> None:
    slow = child(tmp_path, "import time; time.sleep(60)", "Sen", within=0.5)
    with pytest.raises(ChildNotReadyError, match="Sen blev inte klar"):
        await Supervisor([slow], lambda line: None).start()


async def test_what_a_child_prints_goes_to_its_log(tmp_path: Path) -> None:
    talking = child(tmp_path, "print('hej', flush=True); " + STEADY)
    supervisor = Supervisor([talking], lambda line: None)
    await supervisor.start()
    await supervisor.stop()
    assert talking.log.read_text() == "hej\n"


async def test_a_child_that_is_alive_and_does_not_answer_is_killed_and_restarted(
    tmp_path: Path,
) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    server = serving_child(tmp_path, silent_after=1.0)
    supervisor = Supervisor([server], said.put_nowait)
    await supervisor.start()
    keeping = asyncio.create_task(supervisor.keep_running())
    first = supervisor.pid_of("Servern")
    os.kill(first, signal.SIGSTOP)
    assert "svarar inte" in await asyncio.wait_for(said.get(), 20)
    assert "SIGKILL" in await asyncio.wait_for(said.get(), 20)
    assert "igång igen" in await asyncio.wait_for(said.get(), 20)
    assert not is_running(first)
    assert supervisor.pid_of("Servern") != first
    assert await server.is_ready()
    keeping.cancel()
    await supervisor.stop()


async def test_a_child_that_is_slow_for_a_moment_is_left_alone(tmp_path: Path) -> None:
    said: list[str] = []
    missed: list[bool] = []
    server = serving_child(tmp_path, silent_after=2.0)
    enough = asyncio.Event()

    async def now_and_then() -> bool:
        missed.append(True)
        if len(missed) > 6:
            enough.set()
        return len(missed) % 2 == 0

    supervisor = Supervisor([replace(server, is_ready=now_and_then)], said.append)
    await supervisor.start()
    keeping = asyncio.create_task(supervisor.keep_running())
    await asyncio.wait_for(enough.wait(), 30)
    keeping.cancel()
    await supervisor.stop()
    assert said == []
