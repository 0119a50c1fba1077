"""``oroslotsen bench``: how fast the service is beside stock Rasa, on this machine in one run."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop
from aiohttp import ClientError

from services.benchmark.errors import BenchmarkError
from services.benchmark.machine import Machine, look_at_machine, use_two_cores
from services.benchmark.parts import PARTS, QUICK, Bench, Measured, Size
from services.benchmark.plots import draw_costs, draw_loads
from services.benchmark.report import (
    Circumstances,
    circumstances_table,
    goals_table,
    loads_table,
)
from services.benchmark.texts import read_texts
from services.cli.bench_house import open_house
from services.cli.evaluate import show
from services.cli.screen import CommandError, console
from services.cli.settings import read_settings
from services.cli.supervisor import ChildNotReadyError
from services.cli.training import rasa_model_path
from services.evaluation.document import replace_section
from services.evaluation.tables import Table
from services.logs import configure_logs
from services.settings import ROOT, Settings

PAGE: Final = ROOT / "docs" / "benchmarks.md"
"""The page that tells how fast the service is."""
_SECTION: Final = "table"
_LOADS, _COSTS = "latency-over-load.svg", "cost-over-length.svg"
_FAULTS: Final = (BenchmarkError, ChildNotReadyError, ClientError, OSError, TimeoutError)
_RASA_VERSION: Final = "3.6.21"


benchmark = typer.Typer(add_completion=False)


@benchmark.command()
def command(
    *,
    only: Annotated[
        str | None,
        typer.Option(help="Bara en del: load, memory, acute, length, chats, stored, training."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Pröva att allt går att mäta; skriver ingenting.")
    ] = False,
) -> None:
    """Mät hur snabb tjänsten är bredvid vanlig Rasa, och skriv docs/benchmarks.md. 20 min."""
    settings = read_settings()
    configure_logs("WARNING")
    uvloop.run(bench(settings, PAGE, only, quick=quick))


async def bench(settings: Settings, page: Path, only: str | None, *, quick: bool) -> None:
    """Measure every part; print the tables, and after a whole run write them and the pictures.

    Args:
        settings: Where data, knowledge and models are.
        page: A document with a place for the tables; pictures go to ``pictures`` beside it.
        only: The name of the one part to measure; then nothing is written.
        quick: Whether to see only that it runs; then nothing is written.

    Raises:
        CommandError: no such part, or one failed; the others are told all the same.
        MalformedCaseError, MarkersMissingError: with what is wrong.
    """
    _end_in_order_at_sigterm()
    names = _chosen(only)
    size = QUICK if quick else Size()
    texts = read_texts(settings.data_dir / "evaluation")
    use_two_cores()
    measured: dict[str, Measured] = {}
    failed: dict[str, str] = {}
    async with open_house(settings, size.peer_each, _say) as (house, folder):
        machine = look_at_machine(folder)
        for number, name in enumerate(names, 1):
            console.print(f"[bold]{number}/{len(names)} {name}[/bold]")
            try:
                measured[name] = await PARTS[name](Bench(house, texts, size, _say))
            except _FAULTS as error:
                failed[name] = str(error) or type(error).__name__
                console.print(f"{name}: {failed[name]}", style="red", markup=False)
    tables = _tables(settings, size, machine, list(measured.values()), failed)
    if only is None and not quick:
        _write(page, tables, list(measured.values()))
    show(tables)
    if failed:
        raise CommandError(f"Gick inte att mäta: {', '.join(failed)}.")


def _end_in_order_at_sigterm() -> None:
    """What was started is stopped, and its folder removed, as at Ctrl-C."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _chosen(only: str | None) -> list[str]:
    if only is None:
        return list(PARTS)
    if only not in PARTS:
        raise CommandError(f"Det finns ingen del {only}. Välj en av: {', '.join(PARTS)}.")
    return [only]


def _say(words: str) -> None:
    console.print(f"  {words}", markup=False)


def _tables(
    settings: Settings,
    size: Size,
    machine: Machine,
    measured: Sequence[Measured],
    failed: dict[str, str],
) -> tuple[Table, ...]:
    circumstances = Circumstances(
        datetime.now().astimezone(),
        machine,
        {
            "stock Rasa": f"{_RASA_VERSION}, its default pipeline and policies, trained on "
            f"{size.peer_each} of our messages an intent (all of them would take hours)",
            "Rasa model of the service": rasa_model_path(settings).name.removesuffix(".tar.gz"),
        },
    )
    details = list(chain.from_iterable(part.details for part in measured))
    return (
        goals_table(measured, failed),
        *((loads_table(details),) if details else ()),
        circumstances_table(circumstances),
    )


def _write(page: Path, tables: Sequence[Table], measured: Sequence[Measured]) -> None:
    pictures = page.parent / "pictures"
    loads = [point for part in measured for point in part.loads]
    growth = {who: one for part in measured for who, one in part.growth.items()}
    stored = [point for part in measured for point in part.stored]
    plots = []
    if loads:
        draw_loads(loads, pictures / _LOADS)
        plots.append(Table("Latency over load", picture=f"{pictures.name}/{_LOADS}"))
    if growth and stored:
        draw_costs(growth, stored, pictures / _COSTS)
        title = "Cost over conversation length and stored conversations"
        plots.append(Table(title, picture=f"{pictures.name}/{_COSTS}"))
    document = replace_section(page.read_text(encoding="utf-8"), _SECTION, (*tables, *plots))
    page.write_text(document, encoding="utf-8")
