"""The service as an operator runs it, in a folder that is thrown away, and what it depends on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import aiohttp

from services.cli.running import free_port
from services.settings import ROOT, Settings
from tests.chaos.checker import Absence
from tests.chaos.texters import Network, running_network
from tests.servers import Postgres, RedisServer, running_postgres, running_redis
from tests.twilio.stand_in import NUMBER, PUBLIC_URL, SID, TOKEN

START_SECONDS = 300.0
"""A start takes a quarter of a minute, and minutes on a machine that does much else."""
SMALL_DISK = "64m"
_STOP_SECONDS = 40.0
_LOOK_SECONDS = 0.1
_LIBRARY = "libfaketimeMT.so.1"
_PASSWORD = re.compile(r"Engångslösenord: (\S+)")
_OUTSIDE = ("ticket_webhook_url", "alarm_webhook_url", "smtp_url", "oidc_issuer")


class HouseKind(StrEnum):
    """What the service stands on."""

    FILE = "SQLite"
    SMALL_DISK = "SQLite on a small disk"
    SERVERS = "PostgreSQL and Redis, two services"
    OWN_CLOCK = "SQLite, a clock of its own"


class CannotRunError(Exception):
    """This machine lacks something that a fault needs; says what."""


@dataclass
class House:
    """The running processes, as somebody who wants to harm them sees them."""

    kind: HouseKind
    folder: Path
    urls: list[str]
    environment: dict[str, str]
    database_url: str
    network: Network
    supervisor: subprocess.Popen[bytes]
    postgres: Postgres | None = None
    redis: RedisServer | None = None
    has_small_disk: bool = False
    absences: list[Absence] = field(default_factory=list)

    @property
    def state_dir(self) -> Path:
        """Where database, key and logs are."""
        return Path(self.environment["STATE_DIR"])

    @property
    def clock_file(self) -> Path:
        """What the clock of the service is moved by, if it has one of its own."""
        return self.folder / "clock"

    def pid(self, words: tuple[str, str]) -> int:
        """The process of the supervisor's child in whose command line ``words`` follow each other.

        Raises:
            LookupError: there is none just now.
        """
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(status.read_text().rpartition(")")[2].split()[1])
                command = status.with_name("cmdline").read_text(errors="replace").split("\0")
            except OSError:
                continue
            if parent == self.supervisor.pid and words in pairwise(command):
                return int(status.parent.name)
        raise LookupError(words)

    async def wait_until_ready(self) -> None:
        """Wait until every service says that it can do its whole work."""
        for url in self.urls:
            await until(lambda url=url: _answers(f"{url}/health/ready"))

    def add_coordinator(self, name: str) -> str:
        """Make an account; give its one-time password."""
        done = subprocess.run(
            [sys.executable, "-m", "services", "coordinator", "add", name],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        found = _PASSWORD.search(done.stdout)
        assert found
        return found[1]

    async def watch_ports(self) -> None:
        """Note when a port refuses connections, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for url in self.urls:
                group.create_task(self._watch_port(int(url.rpartition(":")[2])))

    async def _watch_port(self, port: int) -> None:
        away_since: float | None = None
        try:
            while True:
                here = await _accepts(port)
                now = time.monotonic()
                if here and away_since is not None:
                    self.absences.append(Absence(away_since, now))
                    away_since = None
                elif not here and away_since is None:
                    away_since = now
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            if away_since is not None:
                self.absences.append(Absence(away_since, time.monotonic()))


@asynccontextmanager
async def open_house(kind: HouseKind, say: Callable[[str], None]) -> AsyncIterator[House]:
    """Start the service and what it stands on; everything ends, and is removed, at the end.

    Raises:
        CannotRunError: the machine lacks what the kind needs.
    """
    settings = Settings()
    if set_outside := [one for one in _OUTSIDE if getattr(settings, one)]:
        raise CannotRunError(f"a run must reach nobody: unset {', '.join(set_outside).upper()}")
    async with contextlib.AsyncExitStack() as things:
        folder = Path(tempfile.mkdtemp(prefix="oroslotsen-chaos-"))
        things.callback(shutil.rmtree, folder)
        state = folder / "state"
        state.mkdir()
        has_small_disk = False
        if kind is HouseKind.SMALL_DISK:
            has_small_disk = things.enter_context(_small_disk(state))
        network = await things.enter_async_context(running_network())
        port = free_port()
        environment = _environment(state, port, network)
        database_url = f"sqlite+aiosqlite:///{state / 'oroslotsen.db'}"
        postgres, redis = None, None
        if kind is HouseKind.SERVERS:
            _need("redis-server", shutil.which("redis-server"))
            postgres = things.enter_context(running_postgres(durable=True))
            redis = things.enter_context(running_redis())
            database_url = things.enter_context(postgres.database())
            environment |= {"DATABASE_URL": database_url, "REDIS_URL": redis.url}
        if kind is HouseKind.OWN_CLOCK:
            environment |= _own_clock(folder / "clock")
        say(f"starting the service: {kind}")
        supervisor = await things.enter_async_context(
            _process("start", environment, folder / "start.log")
        )
        house = House(
            kind, folder, [f"http://127.0.0.1:{port}"], environment, database_url, network,
            supervisor, postgres, redis, has_small_disk,
        )  # fmt: skip
        network.twilio.service = house.urls[0]
        await until(lambda: _is_up(supervisor, folder / "start.log"))
        if kind is HouseKind.SERVERS:
            beside = environment | {"PORT": str(free_port())}
            house.urls.append(f"http://127.0.0.1:{beside['PORT']}")
            await things.enter_async_context(_process("serve", beside, folder / "serve.log"))
        await house.wait_until_ready()
        yield house


async def until(holds: Callable[[], object], seconds: float = START_SECONDS) -> None:
    """Wait until a condition holds. Raises ``TimeoutError``."""
    async with asyncio.timeout(seconds):
        while True:
            found = holds()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(_LOOK_SECONDS)


def _environment(state: Path, port: int, network: Network) -> dict[str, str]:
    return {
        **os.environ,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_URL": PUBLIC_URL,
        "RASA_PORT": str(free_port()),
        "RASA_WORKERS": "1",
        "ACTIONS_PORT": str(free_port()),
        "RASA_TOKEN": secrets.token_urlsafe(24),
        "STATE_DIR": str(state),
        "DATABASE_URL": f"sqlite+aiosqlite:///{state / 'oroslotsen.db'}",
        "MASTER_KEY_FILE": str(state / "master.key"),
        "METRICS_PORT": "0",
        "PROBE_MINUTES": "0",
        "TWILIO_ACCOUNT_SID": SID,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_NUMBER": NUMBER,
        "TWILIO_API_URL": network.twilio.url,
        # The second factor, and the hours when nobody is woken, have tests of their own.
        "COORDINATOR_TOTP_REQUIRED": "false",
        "SMS_QUIET_FROM": "00:00",
        "SMS_QUIET_UNTIL": "00:00",
    }


@asynccontextmanager
async def _process(
    command: str, environment: Mapping[str, str], log: Path
) -> AsyncIterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(  # noqa: ASYNC220 - it starts in an instant, and is kept
            # Killed with us, whatever happens; the supervisor takes its children with it.
            ["setpriv", "--pdeathsig=TERM", sys.executable, "-m", "services", command],
            env=dict(environment),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,  # Ctrl-C stops the run, and the run stops this in order
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """A disk of ``SMALL_DISK``, in memory; false where nobody may mount one."""
    options = ["-t", "tmpfs", "-o", f"size={SMALL_DISK},mode=0700", "chaos", str(folder)]
    done = subprocess.run(["mount", *options], capture_output=True, check=False)
    yield done.returncode == 0
    if done.returncode == 0:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _own_clock(file: Path) -> dict[str, str]:
    """The environment of a process whose time of day is moved by what stands in a file.

    Only the time of day: what is measured since the start of the machine goes on as it does.
    """
    library = next(Path("/usr/lib").glob(f"*/faketime/{_LIBRARY}"), None)
    _need("faketime (Debian's package faketime)", library)
    file.write_text("+0\n")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def _need(what: str, found: object) -> None:
    if not found:
        raise CannotRunError(f"missing: {what}")


def _is_up(process: subprocess.Popen[bytes], log: Path) -> bool:
    printed = log.read_text(encoding="utf-8", errors="replace")
    if process.poll() is not None:
        raise CannotRunError(f"the service did not start:\n{printed}")
    return "är igång" in printed


async def _accepts(port: int) -> bool:
    try:
        async with asyncio.timeout(1.0):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except TimeoutError:
        return True  # it is there, and slow
    except OSError:
        return False
    writer.close()
    return True


async def _answers(url: str) -> bool:
    timeout = aiohttp.ClientTimeout(total=6.0)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as response:
            return response.status == 200
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False
