"""Running the processes: all three for ``start``, the service alone, or the dialogue for triage."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Final

from aiohttp import ClientSession, web
from pydantic import SecretStr
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from services.answers.loading import load_knowledge
from services.application import build_application, open_core
from services.channels.measures_page import serving_measures
from services.channels.twilio.account import twilio_account
from services.cli.processes import RASA_PYTHON, action_server, rasas, service
from services.cli.screen import CommandError, console
from services.cli.supervisor import Supervisor
from services.cli.training import rasa_model_path, train_rasa, train_urgency
from services.conversations.appkeys import WORKER
from services.conversations.core import Core
from services.edges.patience import make_runner
from services.settings import Settings
from services.store.database import Database
from services.store.migrate import migrate
from services.vocabulary import TopicId
from services.watch.alarm import Alarm, check_alarm_settings, open_ways
from services.watch.probe import Probe
from services.watch.watching import watch

_SHUTDOWN_SECONDS: Final = 3.0
"""How long a request under way may take when the service stops; event streams end at once."""
_PROBE_TOPIC: Final = TopicId("vald_extremism_def")
"""The answer whose question is the test message."""


def train(settings: Settings) -> Path:
    """Train what is out of date, telling how far it is; give the path of Rasa's model.

    Raises:
        CommandError: Rasa's environment is missing.
        TrainingError: the training data are refused.
    """
    if not RASA_PYTHON.exists():
        raise CommandError("Rasas miljö saknas. Kör: make setup")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        urgency = progress.add_task("Tränar brådskemodellen")
        rasa = progress.add_task("Tränar Rasas modell")

        def tell_share(share: float) -> None:
            progress.update(urgency, description=f"Tränar brådskemodellen: {share:.0%}")

        def tell_step(step: str) -> None:
            progress.update(rasa, description=f"Tränar Rasas modell: {step}")

        # Rasa trains in a process of its own, so that both cores have work.
        with ThreadPoolExecutor(1) as pool:
            model = pool.submit(train_rasa, settings, tell_step)
            train_urgency(settings, tell_share)
            return model.result()


async def start(settings: Settings) -> None:
    """Migrate, train if needed, start all three processes, and keep them until told to stop."""
    check_ports(settings)
    twilio_account(settings)  # a fault in it is told here too
    check_alarm_settings(settings)
    # A fault in it is told here, before anything starts.
    question = load_knowledge(settings.knowledge_dir).answers[_PROBE_TOPIC].question
    await prepare_database(settings)
    await _train_in_a_process_of_its_own()
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
    running = asyncio.create_task(_run(supervisor, settings, token, question))
    await asyncio.wait((running, stop), return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    running.cancel()
    console.print("Stoppar ...")
    await asyncio.wait((running,))
    await supervisor.stop()
    console.print("Allt är stoppat.")


async def _train_in_a_process_of_its_own() -> None:
    # Its memory goes with it: this process lives as long as the service, and should be small.
    training = await asyncio.create_subprocess_exec(sys.executable, "-m", "services", "train")
    if await training.wait() != 0:
        raise CommandError("Träningen gick inte att slutföra, se ovan.")


async def _run(supervisor: Supervisor, settings: Settings, token: SecretStr, question: str) -> None:
    with console.status("Startar Rasa, åtgärdsservern och tjänsten ..."):
        await supervisor.start()
    console.print("[bold]Oroslotsen är igång.[/bold]")
    console.print(f"  Chatten:      {settings.public_url}")
    console.print(f"  Samordnare:   {settings.public_url}/samordnare")
    console.print(f"  SMS, telefon: {_telephone(settings)}")
    console.print("  Nytt konto:   make coordinator NAME=anna")
    console.print("  Stoppa:       Ctrl-C")
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor.keep_running())
        if settings.probe_minutes:
            group.create_task(_watch(settings, token, question))


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


def _telephone(settings: Settings) -> str:
    account = twilio_account(settings)
    return account.number if account else "av (sätt TWILIO_ACCOUNT_SID, se docs/twilio.md)"


async def serve(settings: Settings, token: SecretStr) -> None:
    """Run the service alone until told to stop."""
    _allow_many_open_pages()
    await prepare_database(settings)
    async with open_core(settings, token) as core:
        stop = stop_signal()
        app = build_application(settings, core)
        runner = make_runner(app, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        listener = (settings.metrics_host, settings.metrics_port)
        async with serving_measures(core, app[WORKER], *listener):
            await web.TCPSite(runner, settings.host, settings.port).start()
            await stop
            # No more connections; what is under way is answered, and the turns in work are
            # finished. What waits stays in the inbox for the next start.
            await runner.cleanup()


def _allow_many_open_pages() -> None:
    """Each open page is an open file, and the usual limit is 1,024 of them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextlib.asynccontextmanager
async def running_dialogue(settings: Settings, model: Path) -> AsyncIterator[Core]:
    """Rasa and the action server on free ports of their own, and a core that talks to them."""
    with tempfile.TemporaryDirectory() as folder:
        own = settings.model_copy(
            update={
                "rasa_port": free_port(),
                "rasa_workers": 1,
                "actions_port": free_port(),
                "state_dir": Path(folder),
                "database_url": None,
                "redis_url": None,
                "master_key_file": None,
            }
        )
        token = SecretStr(secrets.token_urlsafe(32))
        children = (action_server(own, token), *rasas(own, token, model))
        supervisor = Supervisor(children, console.print)
        with console.status("Startar Rasa ..."):
            await supervisor.start()
        try:
            async with open_core(own, token) as core:
                yield core
        finally:
            await supervisor.stop()


async def prepare_database(settings: Settings) -> None:
    """Make the folder for state and bring the database to its newest form."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    database = Database.open(settings.effective_database_url)
    try:
        await migrate(database)
    finally:
        await database.close()


def check_ports(settings: Settings) -> None:
    """See that the ports are free. Raises ``CommandError`` naming the setting to change."""
    ports = [
        ("PORT", settings.host, settings.port),
        ("ACTIONS_PORT", "127.0.0.1", settings.actions_port),
        *(("RASA_PORT", "127.0.0.1", port) for port in settings.rasa_ports),
    ]
    for name, host, port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                raise CommandError(
                    f"Port {port} är upptagen. Stoppa det som kör där eller sätt {name}."
                ) from None


def stop_signal() -> asyncio.Future[None]:
    """A future that is done at Ctrl-C or SIGTERM."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def end() -> None:
        if not stop.done():
            stop.set_result(None)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    return stop


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
