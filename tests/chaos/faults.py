"""The faults: each is done to a running house, and over when the house is whole again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import resource
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.house import House, HouseKind, until
from tests.twilio.stand_in import CUT, HANG

SERVICE, RASA, ACTIONS = (("services", "serve"), ("rasa", "run"), ("-m", "actions"))
"""What follows each other in the command lines of the processes."""
_HOUR = "+1h"
_BLOCK = 64 * 1024
_GONE_SECONDS = 120.0
_LOCKING = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""
"""A process of its own that holds the database's lock, as a careless copy of the file would."""

type Strike = Callable[[House, random.Random], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault; ``times`` is how often it is done while callers write."""

    name: str
    what: str
    kind: HouseKind
    strike: Strike
    times: int = 3


async def kill_service(house: House, _rng: random.Random) -> None:
    """SIGKILL of the service; the supervisor starts it again."""
    await _kill(house, SERVICE)


async def kill_rasa(house: House, _rng: random.Random) -> None:
    """SIGKILL of Rasa."""
    await _kill(house, RASA)


async def kill_actions(house: House, _rng: random.Random) -> None:
    """SIGKILL of the action server."""
    await _kill(house, ACTIONS)


async def stop_rasa(house: House, _rng: random.Random) -> None:
    """SIGSTOP of Rasa: it hangs until the supervisor has had enough and kills it."""
    pid = house.pid(RASA)
    os.kill(pid, signal.SIGSTOP)
    await until(lambda: not _is_there(pid), _GONE_SECONDS)
    await house.wait_until_ready()


async def fill_disk(house: House, rng: random.Random) -> None:
    """A disk without a free byte, for some seconds; then there is room again.

    Where no small disk may be mounted, the service may write no byte more to any file instead.
    """
    with _no_room(house):
        await asyncio.sleep(rng.uniform(5.0, 10.0))
    await house.wait_until_ready()


async def lock_database(house: House, rng: random.Random) -> None:
    """Another process has the database locked for some seconds."""
    database = str(house.state_dir / "oroslotsen.db")
    seconds = str(rng.uniform(4.0, 8.0))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _LOCKING, database, seconds
    )
    assert await process.wait() == 0
    await house.wait_until_ready()


async def stop_postgres(house: House, rng: random.Random) -> None:
    """PostgreSQL ends as in a crash, and is back after some seconds."""
    assert house.postgres is not None
    await asyncio.to_thread(house.postgres.stop)
    await asyncio.sleep(rng.uniform(4.0, 8.0))
    await asyncio.to_thread(house.postgres.start)
    await house.wait_until_ready()


async def stop_redis(house: House, rng: random.Random) -> None:
    """Redis is killed, and back after some seconds."""
    assert house.redis is not None
    await asyncio.to_thread(house.redis.kill)
    await asyncio.sleep(rng.uniform(4.0, 8.0))
    await asyncio.to_thread(house.redis.start)


async def disturb_twilio(house: House, rng: random.Random) -> None:
    """Twilio answers 429 and 500, takes a message and says nothing, or breaks off."""
    plan = house.network.twilio.plan
    plan.extend(rng.choice((429, 429, 500, 503, CUT, HANG, 201)) for _ in range(40))
    with contextlib.suppress(TimeoutError):
        await until(lambda: not plan, rng.uniform(12.0, 18.0))
    plan.clear()


async def move_clock(house: House, rng: random.Random) -> None:
    """The time of day jumps an hour ahead, and some seconds later back again."""
    house.clock_file.write_text(f"{_HOUR}\n")
    await asyncio.sleep(rng.uniform(8.0, 15.0))
    house.clock_file.write_text("+0\n")
    await asyncio.sleep(rng.uniform(3.0, 6.0))


FAULTS = (
    Fault("service", "SIGKILL of the service", HouseKind.FILE, kill_service),
    Fault("rasa", "SIGKILL of Rasa", HouseKind.FILE, kill_rasa),
    Fault("actions", "SIGKILL of the action server", HouseKind.FILE, kill_actions),
    Fault("stop", "SIGSTOP of Rasa: slow, not dead", HouseKind.FILE, stop_rasa, times=1),
    Fault("lock", "another process locks the database", HouseKind.FILE, lock_database),
    Fault("twilio", "Twilio: 429, 500, no answer", HouseKind.FILE, disturb_twilio, times=2),
    Fault("disk", "full disk", HouseKind.SMALL_DISK, fill_disk),
    Fault("postgres", "PostgreSQL stopped and back", HouseKind.SERVERS, stop_postgres, times=2),
    Fault("redis", "Redis gone and back", HouseKind.SERVERS, stop_redis, times=2),
    Fault("clock", "clock an hour ahead and back", HouseKind.OWN_CLOCK, move_clock, times=2),
)
"""In the order of a run: those of one house follow each other."""


async def _kill(house: House, words: tuple[str, str]) -> None:
    pid = house.pid(words)
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not _is_there(pid), _GONE_SECONDS)
    await house.wait_until_ready()


def _is_there(pid: int) -> bool:
    """Whether a process lives; a dead one that nobody has asked about is no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextlib.contextmanager
def _no_room(house: House) -> Iterator[None]:
    if not house.has_small_disk:
        pid = house.pid(SERVICE)
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            yield
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        return
    file = house.state_dir / "oroslotsen.db"
    with contextlib.closing(sqlite3.connect(file, timeout=0.1)) as database:
        # Otherwise the log of changes has room of its own, and the disk seems full to nobody.
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ballast = house.state_dir / "ballast"
    filling = asyncio.create_task(_keep_full(ballast))
    try:
        yield
    finally:
        filling.cancel()
        ballast.unlink()


async def _keep_full(ballast: Path) -> None:
    """Take every byte that there is, and that others give back, until cancelled."""
    with ballast.open("wb", buffering=0) as file:
        block = _BLOCK
        while True:
            try:
                file.write(bytes(block))
            except OSError:
                block = 1 if block == 1 else block // 2
                if block == 1:
                    await asyncio.sleep(0.05)
                    block = _BLOCK
