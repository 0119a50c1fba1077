"""``python -m tests.chaos``: every fault in turn, the tables, and 1 when any rule was broken."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from services.benchmark.machine import look_at_machine, use_two_cores
from services.cli.evaluate import show
from services.evaluation.document import replace_section
from services.settings import ROOT
from tests.chaos.coordinators import Coordinator
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.house import CannotRunError, House, open_house
from tests.chaos.report import circumstances_table, outcomes_table, waits_table
from tests.chaos.round import Played, Size, play

PAGE = ROOT / "docs" / "reliability.md"
SECTION = "table"
COORDINATORS = ("Anna Berg", "Björn Ek")
_SHOWN = 20


async def run(
    faults: Sequence[Fault], size: Size, seed: str, say: Callable[[str], None]
) -> tuple[list[Played], dict[str, str]]:
    """Play every round; give what came of each, and why those that could not be played were not."""
    _end_in_order_at_sigterm()
    played: list[Played] = []
    not_run: dict[str, str] = {}
    for kind, group in itertools.groupby(faults, key=lambda one: one.kind):
        rounds = list(group)
        try:
            async with open_house(kind, say) as house, AsyncExitStack() as people:
                coordinators = [
                    await people.enter_async_context(one) for one in _coordinators(house, seed)
                ]
                for fault in rounds:
                    played.append(await play(house, fault, size, seed, coordinators, say))
                    _tell(played[-1], say)
        except CannotRunError as error:
            not_run |= {fault.what: str(error) for fault in rounds[_done(played, rounds) :]}
            say(str(error))
    return played, not_run


def _done(played: Sequence[Played], rounds: Sequence[Fault]) -> int:
    return sum(one.fault in rounds for one in played)


def _end_in_order_at_sigterm() -> None:
    """What was started is stopped, and its folder removed, as at Ctrl-C."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _coordinators(house: House, seed: str) -> Iterable[Coordinator]:
    for name in COORDINATORS:
        password = house.add_coordinator(name)
        yield Coordinator(house.urls[0], name, password, random.Random(f"{seed} {name}"))


def _tell(played: Played, say: Callable[[str], None]) -> None:
    found = played.findings
    say(
        f"{played.fault.what}: {found.acknowledged} acknowledged, {found.one_outcome} with one "
        f"outcome, {found.acute_in_time} of {found.acute} acute in time, {found.breaches} rules "
        f"broken, {played.seconds:.0f} s"
    )
    for line, times in Counter(found.broken).most_common(_SHOWN):
        say(f"  {line}" + (f" ({times} times)" if times > 1 else ""))


def _chosen(only: str | None) -> list[Fault]:
    return [fault for fault in FAULTS if only in {None, fault.name}]


def main() -> None:
    """Read the options, run, print, and after a whole run write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    names = [fault.name for fault in FAULTS]
    parser.add_argument("--only", choices=names, help="one fault; then nothing is written")
    parser.add_argument("--conversations", type=int, default=500, help="for each fault, at most")
    parser.add_argument("--seed", help="of an earlier run, to play it again")
    told = parser.parse_args()
    seed = told.seed or secrets.token_hex(4)
    size = Size(told.conversations)
    began, at = time.monotonic(), datetime.now().astimezone()
    print(f"seed {seed}", flush=True)
    use_two_cores()
    machine = look_at_machine(Path(tempfile.gettempdir()))
    played, not_run = asyncio.run(run(_chosen(told.only), size, seed, _say(began)))
    tables = (
        outcomes_table(played, not_run),
        waits_table(played),
        circumstances_table(at, machine, seed, size, time.monotonic() - began),
    )
    show(tables)
    if told.only is None:
        document = replace_section(PAGE.read_text(encoding="utf-8"), SECTION, tables)
        PAGE.write_text(document, encoding="utf-8")
    broken = any(one.findings.breaches for one in played)
    sys.exit(1 if broken or not_run else 0)


def _say(began: float) -> Callable[[str], None]:
    def say(words: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {words}", flush=True)

    return say


if __name__ == "__main__":
    main()
