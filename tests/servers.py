"""A real PostgreSQL and a real Redis, from Debian's packages, for the tests to use and to kill.

They end with the process that started them, however that ends.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser import missing

_START_SECONDS = 30.0
_NUMBERS = itertools.count(1)


@dataclass
class Postgres:
    """A PostgreSQL that can be stopped and started, with nothing that outlives the tests."""

    folder: Path
    programs: Path
    durable: bool = False
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, the first time with an empty folder, and wait until it answers."""
        as_nobody, data = _as_nobody(self.folder), self.folder / "data"
        if not data.exists():
            subprocess.run(
                [
                    *as_nobody, str(self.programs / "initdb"), "--pgdata", str(data),
                    "--username=oroslotsen", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                    "--no-sync",
                ],
                check=True,
                stdout=subprocess.DEVNULL,
                cwd=self.folder,
            )  # fmt: skip
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "100",
            "shared_buffers": "32MB",
        }
        if not self.durable:
            # What a test stores need not survive a power cut.
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        self.process = subprocess.Popen(
            [
                *as_nobody, str(self.programs / "postgres"), "-D", str(data),
                *(f"--{name}={value}" for name, value in options.items()),
            ],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log.txt").open("ab"),
        )  # fmt: skip
        ready = [str(self.programs / "pg_isready"), "--quiet", "--host", str(self.folder)]
        _wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, self.process)

    @contextlib.contextmanager
    def database(self, *, copy_of: str = "template0") -> Iterator[str]:
        """The address of a new database, empty or a copy of another."""
        name = f"test_{next(_NUMBERS)}"
        self.create(name, copy_of=copy_of)
        yield self.url(name)
        self._run("dropdb", "--force", name)

    def create(self, name: str, *, copy_of: str = "template0") -> None:
        self._run("createdb", "--template", copy_of, name)

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://oroslotsen@/{database}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        at = ["--host", str(self.folder), "--username", "oroslotsen"]
        subprocess.run([self.programs / program, *at, *arguments], check=True)

    def stop(self) -> None:
        """End it at once, as a crash would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()


@dataclass
class RedisServer:
    """A Redis that a test can kill and start again, always at the same address."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        program = shutil.which("redis-server")
        assert program is not None
        self.process = subprocess.Popen(
            [
                "setpriv", "--pdeathsig=KILL", program,
                "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                "--dir", tempfile.gettempdir(),
            ],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        _wait_until(self._answers, self.process)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1.0)
            if probe.connect_ex(("127.0.0.1", self.port)) != 0:
                return False
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")

    def kill(self) -> None:
        """Let it be gone, as after a crash."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """A PostgreSQL with a folder of its own.

    Args:
        durable: Whether what it has acknowledged survives a crash of its processes.
    """
    programs = max(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda found: int(found.parts[-3]),
        default=None,
    )
    if programs is None:
        missing("PostgreSQL (Debian's package postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="oroslotsen-"))
    try:
        running = Postgres(folder, programs.parent, durable)
        running.start()
        yield running
        running.stop()
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def running_redis() -> Iterator[RedisServer]:
    """A Redis at a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = RedisServer(probe.getsockname()[1])
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this test session's own."""
    with running_postgres() as running:
        yield running


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis of this test's own."""
    if shutil.which("redis-server") is None:
        missing("redis-server (Debian's package redis-server)")
    with running_redis() as server:
        yield server


def _as_nobody(folder: Path) -> list[str]:
    """How to start PostgreSQL, which refuses to run as root."""
    started = ["setpriv", "--pdeathsig=INT"]
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
        started += ["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    return started


def _wait_until(holds: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not holds():
        assert process.poll() is None, f"ended with code {process.returncode}"
        assert time.monotonic() < deadline, "did not answer in time"
        time.sleep(0.02)
