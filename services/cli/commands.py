"""``oroslotsen``'s commands. Each is thin: it reads its arguments and calls a room."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from services.answers.freshness import contacts_to_confirm, stale_answers
from services.answers.loading import KnowledgeError, load_knowledge
from services.cli import running
from services.cli.evaluate import PAGE, measure, measure_judges
from services.cli.screen import CommandError, console
from services.cli.supervisor import ChildNotReadyError
from services.cli.training import TrainingError
from services.cli.triage import MalformedLineError, read_input, triage_messages
from services.cli.trials import TrialError
from services.console.accounts import (
    AccountError,
    create_coordinator,
    disable_coordinator,
    reset_coordinator,
)
from services.conversations.core import utc_now
from services.evaluation.cases import MalformedCaseError
from services.evaluation.document import MarkersMissingError
from services.evaluation.samples import MassiveError
from services.logs import configure_logs
from services.privacy.keyring import MasterKeyError
from services.settings import Settings
from services.store.database import Database
from services.store.migrate import migrate, write_migration
from services.triage.classifier import ModelError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Oroslotsen på kommandoraden.")
coordinator = typer.Typer(no_args_is_help=True, help="Samordnarnas konton.")
knowledge = typer.Typer(no_args_is_help=True, help="Texterna och kontakterna.")
app.add_typer(coordinator, name="coordinator")
app.add_typer(knowledge, name="knowledge")

_KNOWN_FAULTS = (
    AccountError,
    ChildNotReadyError,
    CommandError,
    KnowledgeError,
    MalformedCaseError,
    MalformedLineError,
    MarkersMissingError,
    MassiveError,
    MasterKeyError,
    ModelError,
    TrainingError,
    TrialError,
)


def main() -> None:
    """Run the command line; a known fault ends with its sentence, not with a stack trace."""
    try:
        app()
    except _KNOWN_FAULTS as error:
        console.print(str(error), style="red", markup=False)
        raise SystemExit(1) from None


@app.command()
def start() -> None:
    """Förbered, träna vid behov och starta allt. Ctrl-C stoppar."""
    uvloop.run(running.start(_settings()))


@app.command()
def serve() -> None:
    """Kör bara tjänsten (Rasa och åtgärdsservern körs för sig)."""
    settings = _settings()
    configure_logs(settings.log_level)
    if settings.rasa_token is None:
        raise CommandError(
            "RASA_TOKEN saknas. Sätt samma värde här som i Rasas miljö, eller använd start."
        )
    uvloop.run(running.serve(settings, settings.rasa_token))


@app.command()
def train() -> None:
    """Träna modellerna om träningsdata har ändrats."""
    model = running.train(_settings())
    console.print(f"Modellerna är aktuella ({model.name}).")


@app.command()
def triage(
    source: Annotated[Path, typer.Argument(metavar="IN.jsonl", exists=True, dir_okay=False)],
    out: Annotated[Path | None, typer.Option(help="Fil att skriva till; annars skärmen.")] = None,
) -> None:
    """Bedöm meddelanden ur en fil, ett på varje rad, genom hela den riktiga vägen."""
    settings = _settings()
    configure_logs(settings.log_level)
    messages = read_input(source, load_knowledge(settings.knowledge_dir).municipalities)
    model = running.train(settings)

    async def judge_all() -> None:
        async with running.running_dialogue(settings, model) as core:
            with ExitStack() as stack:
                file = stack.enter_context(out.open("w", encoding="utf-8")) if out else sys.stdout
                progress = stack.enter_context(Progress(console=console))
                task = progress.add_task("Bedömer", total=len(messages))
                async for result in triage_messages(core, messages):
                    print(result.model_dump_json(), file=file, flush=True)
                    progress.advance(task)

    uvloop.run(judge_all())


@app.command()
def evaluate(
    *,
    judge_only: Annotated[
        bool,
        typer.Option("--judge-only", help="Bara bedömarna i tjänsten, utan Rasa: går på sekunder."),
    ] = False,
) -> None:
    """Mät hur väl meddelandena i data/evaluation förstås, och skriv docs/understanding.md."""
    settings = _settings()
    configure_logs(settings.log_level)
    if judge_only:
        measure_judges(settings)
    else:
        uvloop.run(measure(settings, running.train(settings), PAGE))


@app.command()
def compare(
    massive: Annotated[
        Path | None,
        typer.Option(
            help="Mapp med MASSIVE på svenska (train.jsonl, dev.jsonl); utelämnas annars.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Jämför klassificerare, datamängder och gränser, och skriv docs/understanding.md. 20 min."""
    # Here, because drawing takes memory that the service itself must not pay for.
    from services.cli.compare import compare as compare_all  # noqa: PLC0415 - see above

    settings = _settings()
    configure_logs(settings.log_level)
    uvloop.run(compare_all(settings, PAGE, PAGE.parent / "pictures", massive))


@app.command("settings")
def show_settings() -> None:
    """Visa alla inställningar, med var värdet kommer ifrån."""
    settings = _settings()
    table = Table("Inställning", "Värde", "Satt", "Vad den gör")
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        chosen = "ja" if name in settings.model_fields_set else "förval"
        table.add_row(name.upper(), "" if value is None else str(value), chosen, field.description)
    Console().print(table)


@knowledge.command("check")
def check(
    *,
    strict: Annotated[bool, typer.Option(help="Misslyckas om något behöver ses över.")] = False,
) -> None:
    """Kontrollera texterna, och visa vad som är gammalt och vem du ska ringa för att bekräfta."""
    loaded = load_knowledge(_settings().knowledge_dir)
    today = date.today()  # noqa: DTZ011 - the operator's own day
    answers, calls = stale_answers(loaded, today), contacts_to_confirm(loaded, today)
    stale = Table("Svar att granska", "Fråga", "Skulle ha granskats")
    for answer in answers:
        stale.add_row(answer.id, answer.question, answer.review_by.isoformat())
    confirm = Table("Kontakt att ringa", "Kommun", "Nummer", "Senast bekräftad", "Fråga")
    for call in calls:
        confirm.add_row(
            call.name,
            call.municipality or "hela landet",
            call.number or "saknas",
            call.confirmed.isoformat(),
            ", ".join(call.asks),
        )
    screen = Console()
    screen.print(f"Texterna stämmer ({len(loaded.answers)} svar, version {loaded.version}).")
    for table in (stale, confirm):
        if table.row_count:
            screen.print(table)
    if strict and (answers or calls):
        raise CommandError(f"{len(answers)} svar och {len(calls)} kontakter behöver ses över.")


@coordinator.command("add")
def add(name: str) -> None:
    """Skapa ett konto och visa dess engångslösenord."""
    _show_password(
        name, asyncio.run(_with_database(lambda s: create_coordinator(s, name, utc_now())))
    )


@coordinator.command("reset")
def reset(name: str) -> None:
    """Ge ett konto ett nytt engångslösenord och logga ut det överallt."""
    _show_password(name, asyncio.run(_with_database(lambda s: reset_coordinator(s, name))))


@coordinator.command("disable")
def disable(name: str) -> None:
    """Stäng ett konto och logga ut det överallt."""
    asyncio.run(_with_database(lambda s: disable_coordinator(s, name, utc_now())))
    typer.echo(f"Kontot {name} är stängt.")


@app.command(hidden=True)
def migration(message: str) -> None:
    """Skriv en migrering för ändrade tabeller (för utvecklare)."""

    async def write() -> None:
        with tempfile.TemporaryDirectory() as folder:
            database = Database.open(f"sqlite+aiosqlite:///{folder}/new.db")
            await migrate(database)
            await write_migration(database, message)
            await database.close()

    asyncio.run(write())


def _show_password(name: str, password: str) -> None:
    typer.echo(f"Konto: {name}")
    typer.echo(f"Engångslösenord: {password}")
    typer.echo("Det gäller för nästa inloggning, där ett eget lösenord väljs.")


async def _with_database[T](work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    settings = _settings()
    await running.prepare_database(settings)
    database = Database.open(settings.effective_database_url)
    try:
        async with database.begin() as session:
            return await work(session)
    finally:
        await database.close()


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        lines = (f"  {str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in faults)
        raise CommandError("Inställningarna stämmer inte:\n" + "\n".join(lines)) from None
