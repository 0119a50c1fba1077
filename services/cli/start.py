"""``oroslotsen start``: everything, running, until told to stop.

This process lives as long as the service and only watches, so it stays small: what needs the
database, the knowledge or the models is done first in a process of its own (``prepare``).
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from datetime import timedelta

import typer
import uvloop
from aiohttp import ClientSession
from pydantic import SecretStr

from services.channels.twilio.account import twilio_account
from services.cli.prepared import Prepared
from services.cli.processes import action_server, rasas, service
from services.cli.running import check_ports, stop_signal
from services.cli.screen import CommandError, console
from services.cli.settings import read_settings
from services.cli.supervisor import Supervisor
from services.cli.training import rasa_model_path
from services.settings import Settings
from services.tickets.messengers import check_notice_settings
from services.watch.alarm import Alarm, check_alarm_settings, open_ways
from services.watch.probe import Probe
from services.watch.watching import watch

start = typer.Typer(add_completion=False)


@start.command()
def command() -> None:
    """Förbered, träna vid behov och starta allt. Ctrl-C stoppar."""
    uvloop.run(run(read_settings()))


async def run(settings: Settings) -> None:
    """Migrate, train if needed, start all three processes, and keep them until told to stop."""
    check_ports(settings)
    twilio_account(settings)  # a fault in it is told here too
    check_notice_settings(settings)
    check_alarm_settings(settings)
    prepared = await _prepare()
    model = rasa_model_path(settings)
    token = settings.rasa_token or SecretStr(secrets.token_urlsafe(32))
    supervisor = Supervisor(
        (
            action_server(settings, token),
            *rasas(settings, token, model),
            service(settings, token),
        ),
        console.print,
    )
    stop = stop_signal()
    running = asyncio.create_task(_run(supervisor, settings, token, prepared))
    await asyncio.wait((running, stop), return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    running.cancel()
    console.print("Stoppar ...")
    await asyncio.wait((running,))
    await supervisor.stop()
    console.print("Allt är stoppat.")


async def _prepare() -> Prepared:
    """Have everything made ready: texts, database, models."""
    preparing = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services", "prepare", stdout=asyncio.subprocess.PIPE
    )
    told, _ = await preparing.communicate()
    if preparing.returncode != 0:
        raise CommandError("Det gick inte att förbereda starten, se ovan.")
    return Prepared.model_validate_json(told)


async def _run(
    supervisor: Supervisor, settings: Settings, token: SecretStr, prepared: Prepared
) -> None:
    with console.status("Startar Rasa, åtgärdsservern och tjänsten ..."):
        await supervisor.start()
    console.print(welcome(settings, has_accounts=prepared.has_accounts))
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor.keep_running())
        if settings.probe_minutes:
            group.create_task(_watch(settings, token, prepared.question))


async def _watch(settings: Settings, token: SecretStr, question: str) -> None:
    """Send a test message now and then; this process is not the one that is tested."""
    url = f"http://{settings.host}:{settings.port}"
    async with open_ways(settings) as ways, ClientSession() as session:
        await watch(
            Probe(session, url, token, question),
            Alarm(ways, settings.public_url),
            console.print,
            every=timedelta(minutes=settings.probe_minutes),
        )


def welcome(settings: Settings, *, has_accounts: bool) -> str:
    """What to do now; the first time step by step."""
    chat, console_ = settings.public_url, f"{settings.public_url}/samordnare"
    lines = [
        "[bold]Oroslotsen är igång.[/bold]",
        f"  Chatten:      {chat}",
        f"  Samordnare:   {console_}",
        f"  SMS, telefon: {_telephone(settings)}",
        "  Nytt konto:   make coordinator NAME=anna",
        "  Något fel?    .venv/bin/oroslotsen doctor",
        "  Stoppa:       Ctrl-C",
    ]
    if not has_accounts:
        lines += [
            "",
            "Ingen samordnare kan logga in än. Prova så här:",
            f"  1. Öppna {chat} och skriv att du är orolig för någon.",
            "  2. Öppna ett till terminalfönster i samma mapp: make coordinator NAME=anna",
            f"  3. Öppna {console_} och logga in med lösenordet som visas.",
        ]
    return "\n".join(lines)


def _telephone(settings: Settings) -> str:
    account = twilio_account(settings)
    return account.number if account else "av (sätt TWILIO_ACCOUNT_SID, se docs/twilio.md)"
