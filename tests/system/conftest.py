"""The whole thing: ``oroslotsen start`` with real Rasa, action server, service and Chromium."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from services.settings import ROOT


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Stack:
    """The running processes, as an operator sees them."""

    url: str
    state_dir: Path
    environment: dict[str, str]
    supervisor: subprocess.Popen[bytes]
    output: Path

    def command(self, *arguments: str) -> str:
        """What ``oroslotsen ARGUMENTS`` prints."""
        done = subprocess.run(
            [sys.executable, "-m", "services", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def child_pids(self, needle: str) -> list[int]:
        """Process ids of the supervisor's children whose command line holds ``needle``."""
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(status.read_text().rpartition(")")[2].split()[1])
                command = status.with_name("cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if parent == self.supervisor.pid and needle in command:
                found.append(int(status.parent.name))
        return found

    async def wait_until(self, path: str, status: int, seconds: float = 90) -> None:
        """Wait until an address answers with a status."""
        deadline = time.monotonic() + seconds
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < deadline:
                try:
                    async with session.get(self.url + path) as response:
                        if response.status == status:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)
        pytest.fail(f"{path} did not answer {status} within {seconds} s")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    port = free_port()
    environment = {
        **os.environ,
        # The second factor has tests of its own.
        "COORDINATOR_TOTP_REQUIRED": "false",
        "PORT": str(port),
        "RASA_PORT": str(free_port()),
        "ACTIONS_PORT": str(free_port()),
        "PUBLIC_URL": f"http://localhost:{port}",
        "STATE_DIR": str(folder / "state"),
    }
    output = folder / "output.txt"
    with output.open("wb") as file:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "services", "start"],
            env=environment,
            cwd=ROOT,
            stdout=file,
            stderr=file,
        )
    running = Stack(f"http://localhost:{port}", folder / "state", environment, supervisor, output)
    deadline = time.monotonic() + 240
    while "är igång" not in output.read_text():
        if supervisor.poll() is not None or time.monotonic() > deadline:
            supervisor.kill()
            pytest.fail(f"start failed:\n{output.read_text()}")
        time.sleep(0.1)
    yield running
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(timeout=30) == 0, output.read_text()


def one_time_password(printed: str) -> str:
    found = re.search(r"Engångslösenord: (\S+)", printed)
    assert found
    return found[1]
