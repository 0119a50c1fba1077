"""The machine: what it is, how fast it is just now, and how much memory processes take (Linux)."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_COUNTS: Final = 5_000_000
_WRITES: Final = 25


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run was made.

    Attributes:
        counting_ms: A plain loop that counts to five million; the quickest of five.
        disk_ms: Writing 4 kB so that they survive a power cut; the median.
        busy: Processes that wanted a core in the last minute, before anything was started.
    """

    cores: int
    cores_used: int
    processor: str
    counting_ms: float
    disk_ms: float
    busy: float


def use_two_cores() -> None:
    """Let this process and all that it starts run on two cores, whatever the machine has."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])


def look_at_machine(folder: Path) -> Machine:
    """What the machine is and does now; ``folder`` is on the disk to look at."""
    return Machine(
        cores=os.cpu_count() or 1,
        cores_used=len(os.sched_getaffinity(0)),
        processor=_processor(),
        counting_ms=min(_count() for _ in range(5)),
        disk_ms=_write(folder / "a-write"),
        busy=os.getloadavg()[0],
    )


def memory_of(pid: int) -> float:
    """Megabytes of a process and all below it; what several share is counted once (PSS)."""
    return sum(_proportional_kilobytes(one) for one in _tree(pid)) / 1024


def _processor() -> str:
    for line in (_PROC / "cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _count() -> float:
    began = time.perf_counter()
    number = 0
    while number < _COUNTS:
        number += 1
    return (time.perf_counter() - began) * 1000


def _write(path: Path) -> float:
    took = []
    with path.open("wb") as file:
        for _ in range(_WRITES):
            began = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    path.unlink()
    return statistics.median(took)


def _tree(pid: int) -> list[int]:
    below: defaultdict[int, list[int]] = defaultdict(list)
    for stat in _PROC.glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        below[int(fields[1])].append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += below[one]
    return found


def _proportional_kilobytes(pid: int) -> int:
    lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
