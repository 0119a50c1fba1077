"""``oroslotsen``'s commands. Each is thin: it reads its arguments and calls a room."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from services.answers.freshness import contacts_to_confirm, stale_answers
from services.answers.loading import KnowledgeError, load_knowledge
from services.backup.errors import BackupError
from services.channels.twilio.account import TwilioSettingsError
from services.cli import backup as backups
from services.cli import retention as retention_runs
from services.cli import running
from services.cli.audit import audit
from services.cli.coordinators import coordinator
from services.cli.evaluate import PAGE, measure, measure_judges
from services.cli.handset import CallFaultError, ScriptError, read_script
from services.cli.keys import keys as master_keys
from services.cli.person_export import export_person
from services.cli.preview import HOST, start_preview
from services.cli.screen import CommandError, console
from services.cli.state import read_settings as _settings
from services.cli.supervisor import ChildNotReadyError
from services.cli.telephone import call_by_script, text_by_terminal
from services.cli.training import TrainingError
from services.cli.triage import MalformedLineError, read_input, triage_messages
from services.cli.trials import TrialError
from services.console.accounts import AccountError
from services.evaluation.cases import MalformedCaseError
from services.evaluation.document import MarkersMissingError
from services.evaluation.samples import MassiveError
from services.logs import configure_logs
from services.privacy.keyring import MasterKeyError
from services.settings import Settings
from services.store.database import Database
from services.store.migrate import migrate, write_migration
from services.tickets.errors import NoticeSettingsError
from services.triage.classifier import ModelError
from services.vocabulary import MunicipalityId

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Oroslotsen på kommandoraden.")
knowledge = typer.Typer(no_args_is_help=True, help="Texterna och kontakterna.")
app.add_typer(coordinator, name="coordinator")
app.add_typer(audit, name="audit")
app.add_typer(knowledge, name="knowledge")
app.add_typer(master_keys, name="keys")

_KNOWN_FAULTS = (
    AccountError,
    BackupError,
    CallFaultError,
    ChildNotReadyError,
    CommandError,
    KnowledgeError,
    MalformedCaseError,
    MalformedLineError,
    MarkersMissingError,
    MassiveError,
    MasterKeyError,
    ModelError,
    NoticeSettingsError,
    ScriptError,
    TrainingError,
    TrialError,
    TwilioSettingsError,
)

_KeyFile = Annotated[
    Path | None,
    typer.Option(help="Nyckelfilen; annars backup.keys bredvid huvudnyckeln.", dir_okay=False),
]


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
    """Jämför klassificerare, datamängder och gränser i docs/understanding.md. 20 till 45 min."""
    # Here, because drawing takes memory that the service itself must not pay for.
    from services.cli.compare import compare as compare_all  # noqa: PLC0415 - see above

    settings = _settings()
    configure_logs(settings.log_level)
    uvloop.run(compare_all(settings, PAGE, PAGE.parent / "pictures", massive))


@app.command()
def bench(
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
    # Here, because drawing takes memory that the service itself must not pay for.
    from services.cli import bench as benchmark  # noqa: PLC0415 - see above

    settings = _settings()
    configure_logs("WARNING")
    uvloop.run(benchmark.bench(settings, benchmark.PAGE, only, quick=quick))


@app.command()
def sms(
    *,
    number: Annotated[str, typer.Option("--nummer", help="Numret som skriver.")] = "+46701740605",
    twice: Annotated[
        bool, typer.Option("--dubbelt", help="Skicka varje meddelande två gånger, som Twilio kan.")
    ] = False,
) -> None:
    """Prova sms utan Twilio: varje rad du skriver blir ett meddelande."""
    settings = _settings()
    configure_logs("WARNING")
    model = running.train(settings)
    uvloop.run(text_by_terminal(settings, model, number=number, twice=twice))


@app.command()
def call(
    *,
    script: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Vad den som ringer gör, rad för rad.")
    ],
    number: Annotated[
        str, typer.Option("--nummer", help="Numret som ringer; anonymous är dolt.")
    ] = "+46701740605",
) -> None:
    """Prova ett samtal utan Twilio: visa vad den som ringer hör."""
    settings = _settings()
    configure_logs("WARNING")
    acts = read_script(script)
    model = running.train(settings)
    uvloop.run(call_by_script(settings, model, acts, number=number))


@app.command()
def backup(file: Path, keys: _KeyFile = None) -> None:
    """Skriv en krypterad säkerhetskopia till en ny fil, också medan tjänsten kör."""
    backups.back_up(_settings(), file, keys)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    keys: _KeyFile = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Ta bort allt som databasen har förut.")
    ] = False,
) -> None:
    """Återställ en säkerhetskopia i en tom databas. Stoppa tjänsten först."""
    backups.restore(_settings(), file, keys, replace=replace)


@app.command()
def retention(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Räkna bara, ta inte bort.")] = False,
) -> None:
    """Ta bort det som är äldre än det får bli, och visa en rapport. Tjänsten gör det varje dygn."""
    retention_runs.retain(dry_run=dry_run)


@app.command()
def hold(
    *,
    reference: Annotated[str, typer.Option("--reference", help="Ärendets referens.")],
    release: Annotated[bool, typer.Option("--release", help="Ta bort undantaget.")] = False,
) -> None:
    """Undanta ett ärende med sitt samtal från gallring och radering."""
    retention_runs.hold(reference, release=release)


@app.command()
def export(
    *,
    reference: Annotated[str, typer.Option("--reference", help="Ärendets referens.")],
    out: Annotated[Path | None, typer.Option(help="Fil att skriva; annars REFERENS.txt.")] = None,
) -> None:
    """Skriv det vi har i ett ärende till en fil, för den som begär sina uppgifter."""
    export_person(reference, out or Path(f"{reference}.txt"))


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
    stale = Table("Svar att granska", Column("Fråga", overflow="fold"), "Skulle ha granskats")
    for answer in answers:
        stale.add_row(answer.id, answer.question, answer.review_by.isoformat())
    confirm = Table(
        Column("Kontakt att ringa", overflow="fold"),
        Column("Kommun", no_wrap=True),
        Column("Nummer", no_wrap=True),
        Column("Bekräftad", no_wrap=True),
        "Fråga",
    )
    for call in calls:
        confirm.add_row(
            call.name,
            call.municipality or "hela landet",
            call.number or "saknas",
            call.confirmed_words,
            "\n".join(call.asks),
        )
    screen = Console()
    screen.print(f"Inga fel i filerna ({len(loaded.answers)} svar, version {loaded.version}).")
    for table in (stale, confirm):
        if table.row_count:
            screen.print(table)
    if strict and (answers or calls):
        raise CommandError(f"{len(answers)} svar och {len(calls)} kontakter behöver ses över.")


@knowledge.command("preview")
def preview(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port på den egna datorn.")] = 8090,
) -> None:
    """Visa alla svar som de blir, i webbläsaren på den egna datorn. Ctrl-C stoppar."""
    settings = _settings()
    own = MunicipalityId(settings.municipality)

    async def show() -> None:
        try:
            runner = await start_preview(settings.knowledge_dir, own, port)
        except OSError:
            raise CommandError(f"Port {port} är upptagen. Välj en annan med --port.") from None
        console.print(f"Förhandsvisning: http://{HOST}:{port}   (Ctrl-C stoppar)")
        await running.stop_signal()
        await runner.cleanup()

    asyncio.run(show())


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
