"""``oroslotsen evaluate``: measure how well callers are understood, on the open evaluation set."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table as Grid

from services.cli import dialogue
from services.cli.screen import CommandError, console
from services.cli.settings import read_settings
from services.cli.train import train_all
from services.cli.training import train_urgency
from services.cli.triage import TriageInput, TriageOutput, triage_messages
from services.conversations.core import Core
from services.evaluation.cases import Case, FiledCase, read_cases
from services.evaluation.document import replace_section
from services.evaluation.gate import Gate, gate
from services.evaluation.near_duplicates import PlacedText, find_near_duplicates
from services.evaluation.observed import Judged, Observed
from services.evaluation.report import (
    Circumstances,
    circumstances_table,
    duplicates_table,
    measured_tables,
)
from services.evaluation.tables import Table
from services.evaluation.training_messages import read_training_messages
from services.logs import configure_logs
from services.settings import ROOT, Settings
from services.triage.judge import Judge
from services.vocabulary import Urgency

PAGE: Final = ROOT / "docs" / "understanding.md"
"""The page that tells how well callers are understood."""
_SECTION: Final = "table"
_AT: Final = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
"""A Wednesday at noon: which contact is open must not depend on when the measurement is made."""


evaluate = typer.Typer(add_completion=False)


@evaluate.command()
def command(
    *,
    judge_only: Annotated[
        bool,
        typer.Option("--judge-only", help="Bara bedömarna i tjänsten, utan Rasa: går på sekunder."),
    ] = False,
) -> None:
    """Mät hur väl meddelandena i data/evaluation förstås, och skriv docs/understanding.md."""
    settings = read_settings()
    configure_logs(settings.log_level)
    if judge_only:
        measure_judges(settings)
    else:
        uvloop.run(measure(settings, train_all(settings), PAGE))


async def measure(settings: Settings, model: Path, page: Path) -> None:
    """Send every message through the real path; print the tables and write them to the page.

    Args:
        settings: Where data, knowledge and models are.
        model: Rasa's trained model.
        page: A document with a place for the tables.

    Raises:
        CommandError: the gate is not passed; the tables are written all the same.
        MalformedCaseError, MarkersMissingError: with what is wrong.
    """
    cases = read_cases(settings.data_dir / "evaluation")
    training = read_training_messages(settings.data_dir / "nlu")
    duplicates = find_near_duplicates(training, [_placed(filed) for filed in cases])
    async with dialogue.running_dialogue(settings, model) as core:
        judged = await _judge_all(core, cases)
        versions = {
            "urgency model": core.judge.version,
            "Rasa model": model.name.removesuffix(".tar.gz"),
            "knowledge": core.renderer.knowledge.version,
        }
    day = date.today()  # noqa: DTZ011 - the day of the person who measures
    circumstances = Circumstances(day, versions, len(training))
    tables = (
        circumstances_table(circumstances, judged),
        *measured_tables(judged),
        duplicates_table(duplicates),
    )
    show(tables)
    _write(page, tables)
    _check(gate(judged, duplicates.leaks))


def measure_judges(settings: Settings) -> None:
    """Ask the judges in process only, without Rasa: quick, prints the tables and writes nothing."""
    cases = read_cases(settings.data_dir / "evaluation")
    with console.status("Tränar brådskemodellen") as status:
        train_urgency(settings, lambda share: status.update(f"Tränar brådskemodellen: {share:.0%}"))
    judge = Judge.load(settings.knowledge_dir, settings.models_dir)
    show(measured_tables([_judge_one(judge, filed) for filed in cases]))


async def _judge_all(core: Core, cases: Sequence[FiledCase]) -> list[Judged]:
    outputs = []
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Bedömer", total=len(cases))
        async for output in triage_messages(core, [_as_input(filed.case) for filed in cases]):
            outputs.append(output)
            progress.advance(task)
    return [
        Judged(filed.file, filed.case, _observed(output))
        for filed, output in zip(cases, outputs, strict=True)
    ]


def _as_input(case: Case) -> TriageInput:
    return TriageInput(id=case.id, text=case.text, channel=case.channel, kommun=case.kommun, at=_AT)


def _observed(output: TriageOutput) -> Observed:
    return Observed(
        urgency=output.urgency,
        leads_with_112=output.leads_with_112,
        asks_danger=output.asks_danger,
        topics=tuple(topic.id for topic in output.topics),
        contacts=output.contacts,
        why=output.why,
        milliseconds=output.ms,
    )


def _judge_one(judge: Judge, filed: FiledCase) -> Judged:
    began = time.perf_counter()
    judgement = judge.judge(filed.case.text)
    observed = Observed(
        urgency=judgement.urgency,
        leads_with_112=judgement.urgency is Urgency.AKUT,
        asks_danger=judgement.asks_danger,
        topics=None,
        contacts=None,
        why=judgement.why,
        milliseconds=(time.perf_counter() - began) * 1000,
    )
    return Judged(filed.file, filed.case, observed)


def _placed(filed: FiledCase) -> PlacedText:
    return PlacedText(f"{filed.file}: {filed.case.id}", filed.case.text)


def show(tables: Sequence[Table]) -> None:
    """Print tables on the terminal."""
    screen = Console(highlight=False)
    for table in tables:
        screen.print(f"\n[bold]{table.title}[/bold]")
        if table.note:
            screen.print(table.note, markup=False)
        if table.rows:
            grid = Grid(*table.columns, box=box.SIMPLE)
            for row in table.rows:
                grid.add_row(*map(escape, row))
            screen.print(grid)


def _write(page: Path, tables: Sequence[Table]) -> None:
    document = replace_section(page.read_text(encoding="utf-8"), _SECTION, tables)
    page.write_text(document, encoding="utf-8")


def _check(result: Gate) -> None:
    faults = []
    if result.recall_is_low:
        recall = result.acute_recall
        faults.append(f"{recall.hits} av {recall.n} akuta leddes med 112; det är för få.")
    if result.missed:
        faults.append(f"Missades, men får inte missas: {', '.join(result.missed)}.")
    if result.leaks:
        places = ", ".join(f"{leak.first} ({leak.second})" for leak in result.leaks)
        faults.append(f"Träningsmeddelanden som är för lika mätningens: {places}.")
    if faults:
        raise CommandError("\n".join(faults))
