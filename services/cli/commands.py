"""``oroslotsen``'s commands. Each is thin: it reads its arguments and calls a room."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
import uvloop
from aiohttp import web
from pydantic import SecretStr, ValidationError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from services.answers.loading import KnowledgeError
from services.application import build_application, open_core
from services.cli.processes import RASA_PYTHON, action_server, rasa, service
from services.cli.supervisor import ChildNotReadyError, Supervisor
from services.cli.training import TrainingError, train_rasa
from services.cli.triage import (
    MalformedLineError,
    TriageOutput,
    read_input,
    triage_messages,
)
from services.console.accounts import create_coordinator, disable_coordinator, reset_coordinator
from services.conversations.core import Core, utc_now
from services.logs import configure_logs
from services.privacy.keyring import MasterKeyError
from services.settings import Settings
from services.store.database import Database
from services.store.migrate import migrate
from services.triage.classifier import ModelError
from services.triage.training import train_urgency

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Oroslotsen på kommandoraden.")
coordinator = typer.Typer(no_args_is_help=True, help="Samordnarnas konton.")
app.add_typer(coordinator, name="coordinator")

_console: Final = Console(stderr=True, highlight=False)
_SHUTDOWN_SECONDS: Final = 3.0


def main() -> None:
    """Run the command line; a known fault ends with its sentence, not with a stack trace."""
    try:
        app()
    except (
        KnowledgeError, MasterKeyError, ModelError, TrainingError, ChildNotReadyError,
        MalformedLineError,
    ) as error:  # fmt: skip
        _fail(str(error))


@app.command()
def start() -> None:
    """Förbered, träna vid behov och starta allt. Ctrl-C stoppar."""
    settings = _settings()
    _check_ports(settings)
    uvloop.run(_start(settings))


@app.command()
def serve() -> None:
    """Kör bara tjänsten (Rasa och åtgärdsservern körs för sig)."""
    settings = _settings()
    configure_logs(settings.log_level)
    if settings.rasa_token is None:
        _fail("RASA_TOKEN saknas. Sätt samma värde här som i Rasas miljö, eller använd start.")
    uvloop.run(_serve(settings, settings.rasa_token))


@app.command()
def train() -> None:
    """Träna modellerna om träningsdata har ändrats."""
    _train(_settings())


@app.command()
def triage(
    source: Annotated[Path, typer.Argument(metavar="IN.jsonl", exists=True, dir_okay=False)],
    out: Annotated[Path | None, typer.Option(help="Fil att skriva till; annars skärmen.")] = None,
) -> None:
    """Bedöm meddelanden ur en fil, ett på varje rad, genom hela den riktiga vägen."""
    messages = read_input(source)
    settings = _settings()
    model = _train(settings)

    async def judge_all() -> None:
        async with _running_dialogue(settings, model) as core:
            with _output(out) as write, Progress(console=_console) as progress:
                task = progress.add_task("Bedömer", total=len(messages))
                async for result in triage_messages(core, messages):
                    write(result)
                    progress.advance(task)

    uvloop.run(judge_all())


@app.command("settings")
def show_settings() -> None:
    """Visa alla inställningar, med var värdet kommer ifrån."""
    settings = _settings()
    table = Table("Inställning", "Värde", "Satt", "Vad den gör")
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        table.add_row(
            name.upper(),
            str(value) if value is not None else "",
            "ja" if name in settings.model_fields_set else "förval",
            field.description,
        )
    Console().print(table)


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


def _show_password(name: str, password: str) -> None:
    typer.echo(f"Konto: {name}")
    typer.echo(f"Engångslösenord: {password}")
    typer.echo("Det gäller för nästa inloggning, där ett eget lösenord väljs.")


async def _with_database[T](work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    database = Database.open(_settings().effective_database_url)
    try:
        await migrate(database)
        async with database.begin() as session:
            return await work(session)
    finally:
        await database.close()


async def _start(settings: Settings) -> None:
    await _migrate(settings)
    model = await asyncio.to_thread(_train, settings)
    token = settings.rasa_token or SecretStr(secrets.token_urlsafe(32))
    children = (
        action_server(settings, token),
        rasa(settings, token, model),
        service(settings, token),
    )
    supervisor = Supervisor(children, _console.print)
    stop = _stop_signal()
    with _console.status("Startar Rasa, åtgärdsservern och tjänsten ..."):
        starting = asyncio.create_task(supervisor.start())
        await asyncio.wait((starting, stop), return_when=asyncio.FIRST_COMPLETED)
    try:
        if starting.done():
            starting.result()
            _say_addresses(settings)
            keeping = asyncio.create_task(supervisor.keep_running())
            await asyncio.wait((keeping, stop), return_when=asyncio.FIRST_COMPLETED)
            keeping.cancel()
        else:
            starting.cancel()
        _console.print("Stoppar ...")
    finally:
        await supervisor.stop()
    _console.print("Allt är stoppat.")


def _say_addresses(settings: Settings) -> None:
    _console.print("[bold]Oroslotsen är igång.[/bold]")
    _console.print(f"  Chatten:      {settings.public_url}")
    _console.print(f"  Samordnare:   {settings.public_url}/samordnare")
    _console.print("  Nytt konto:   make coordinator NAME=anna")
    _console.print("  Stoppa:       Ctrl-C")


async def _serve(settings: Settings, token: SecretStr) -> None:
    await _migrate(settings)
    async with open_core(settings, token) as core:
        runner = web.AppRunner(
            build_application(settings, core),
            access_log=None,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port).start()
        await _stop_signal()
        await runner.cleanup()


async def _migrate(settings: Settings) -> None:
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    database = Database.open(settings.effective_database_url)
    try:
        await migrate(database)
    finally:
        await database.close()


def _train(settings: Settings) -> Path:
    """Train what is out of date, telling how far it is; give the path of Rasa's model."""
    if not RASA_PYTHON.exists():
        _fail("Rasas miljö saknas. Kör: make setup")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=_console, transient=True) as progress:
        task = progress.add_task("Tränar brådskemodellen")
        train_urgency(
            settings.data_dir, settings.knowledge_dir, settings.models_dir,
            lambda step: progress.update(task, description=f"Tränar brådskemodellen: {step}"),
        )  # fmt: skip
        progress.update(task, description="Tränar Rasas modell")
        return train_rasa(
            settings, lambda step: progress.update(task, description=f"Tränar Rasas modell: {step}")
        )


@contextlib.asynccontextmanager
async def _running_dialogue(settings: Settings, model: Path) -> AsyncIterator[Core]:
    """Rasa and the action server on free ports of their own, and a core that talks to them."""
    with tempfile.TemporaryDirectory() as folder:
        own = settings.model_copy(
            update={
                "rasa_port": _free_port(),
                "actions_port": _free_port(),
                "state_dir": Path(folder),
                "database_url": None,
                "master_key_file": None,
            }
        )
        token = SecretStr(secrets.token_urlsafe(32))
        children = (action_server(own, token), rasa(own, token, model))
        supervisor = Supervisor(children, _console.print)
        with _console.status("Startar Rasa ..."):
            await supervisor.start()
        try:
            async with open_core(own, token) as core:
                yield core
        finally:
            await supervisor.stop()


@contextlib.contextmanager
def _output(path: Path | None) -> Iterator[Callable[[TriageOutput], None]]:
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(path.open("w", encoding="utf-8")) if path else sys.stdout
        yield lambda result: print(result.model_dump_json(), file=file, flush=True)


def _stop_signal() -> asyncio.Future[None]:
    """A future that is done at Ctrl-C or SIGTERM."""
    loop = asyncio.get_running_loop()
    stop = loop.create_future()

    def end() -> None:
        if not stop.done():
            stop.set_result(None)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    return stop


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        lines = (f"  {str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in faults)
        _fail("Inställningarna stämmer inte:\n" + "\n".join(lines))


def _check_ports(settings: Settings) -> None:
    ports = {
        "PORT": (settings.host, settings.port),
        "RASA_PORT": ("127.0.0.1", settings.rasa_port),
        "ACTIONS_PORT": ("127.0.0.1", settings.actions_port),
    }
    for name, (host, port) in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                _fail(f"Port {port} är upptagen. Stoppa det som kör där eller sätt {name}.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _fail(sentence: str) -> NoReturn:
    _console.print(sentence, style="red", markup=False)
    raise SystemExit(1)
