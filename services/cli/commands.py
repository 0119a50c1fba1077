"""``oroslotsen``'s commands. Each is thin: it reads its arguments and calls a room."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
import uvloop
from aiohttp import web
from pydantic import SecretStr, ValidationError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, track
from rich.table import Table

from services.answers.loading import KnowledgeError
from services.application import build_application, open_core
from services.cli.processes import RASA_PYTHON, action_server, rasa, service
from services.cli.supervisor import Child, ChildNotReadyError, Supervisor
from services.cli.training import TrainingError, train_rasa
from services.cli.triage import MalformedLineError, TriageOutput, read_input, triage_all
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
            with _output(out) as write:
                progress = track(
                    range(len(messages)), description="Bedömer", console=_console
                )
                results = triage_all(core, messages)
                for _ in progress:
                    write(await anext(results))

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
def add_coordinator(name: str) -> None:
    """Skapa ett konto och visa dess engångslösenord."""
    password = asyncio.run(_with_database(lambda session: create_coordinator(session, name, utc_now())))
    typer.echo(f"Konto: {name}\nEngångslösenord: {password}\nDet byts vid första inloggningen.")
