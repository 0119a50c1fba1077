"""The processes that a benchmark measures: started when first asked for, stopped at the end."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from services.benchmark.errors import BenchmarkError
from services.benchmark.machine import memory_of
from services.benchmark.peer import CREDENTIALS, sample, write_project
from services.benchmark.stored import store_conversations
from services.cli.processes import RASA_PYTHON, answers, rasa_environment
from services.cli.running import free_port
from services.cli.screen import CommandError
from services.cli.state import prepare_database
from services.cli.supervisor import Child, Supervisor
from services.privacy.keyring import load_or_create_keyring
from services.settings import ROOT, Settings
from services.store.database import Database
from services.vocabulary import MunicipalityId

_READY_SECONDS: Final = 300.0
_TRAINING_SECONDS: Final = 3600.0
_TELL_EVERY: Final = 20_000
_OUTSIDE: Final = (
    "redis_url", "twilio_account_sid", "ticket_webhook_url", "alarm_webhook_url", "smtp_url",
)  # fmt: skip
"""Settings that would let a measurement reach others."""
_WITHOUT_LIMITS: Final = dict.fromkeys(
    (
        "LIMIT_CALLER", "LIMIT_ADDRESS", "LIMIT_EVERYBODY", "LIMIT_OPENINGS",
        "LIMIT_OPENINGS_EVERYBODY",
    ),
    "1000000/second",
) | {"LIMIT_STREAMS": "100000"}  # fmt: skip
"""All callers of a measurement write from one address, faster than people do; they are counted."""


class BenchHouse:
    """The service and its peer, in folders that are thrown away, on loopback."""

    def __init__(
        self, settings: Settings, folder: Path, peer_each: int, say: Callable[[str], None]
    ) -> None:
        self._settings, self._folder = settings, folder
        self._peer_each, self._say = peer_each, say
        self._token = SecretStr(secrets.token_urlsafe(32))
        self._rasa_port, self._actions_port = free_port(), free_port()
        self._urls: dict[str, str] = {}
        self._supervisors: dict[str, Supervisor] = {}

    async def service(self) -> str:
        """The whole service, as ``oroslotsen start`` runs it."""
        name = "oroslotsen"
        if name not in self._urls:
            await self._run("train", self._environment({}))
            url, environment = self._own(name)
            command = (sys.executable, "-m", "services", "start")
            child = self._child(name, command, environment, f"{url}/health/ready")
            await self._start(child, url)
        return self._urls[name]

    async def service_without_rasa(self) -> str:
        """A service alone, with nobody at Rasa's port."""
        name = "utan Rasa"
        if name not in self._urls:
            _, environment = self._own(name)
            environment["RASA_PORT"] = str(free_port())
            await self._serve(name, environment)
        return self._urls[name]

    async def services_with(self, stored: Sequence[int]) -> tuple[str, ...]:
        """Services beside the whole one, each with its own database."""
        await self.service()
        for count in stored:
            name = f"{count} lagrade"
            if name not in self._urls:
                _, environment = self._own(name)
                await self._fill(Path(environment["STATE_DIR"]), count)
                await self._serve(name, environment)
        return tuple(self._urls[f"{count} lagrade"] for count in stored)

    async def peer(self) -> str:
        """Stock Rasa, trained if there is no model of the same sample."""
        name = "Rasa i standardutförande"
        if name not in self._urls:
            project = self._folder / "peer"
            model = await self._peer_model(project)
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            command = (
                str(RASA_PYTHON), "-m", "rasa", "run", "--interface", "127.0.0.1",
                "--port", str(port), "--model", str(model), "--credentials", CREDENTIALS,
            )  # fmt: skip
            environment = rasa_environment(self._settings, self._token)
            child = self._child(name, command, environment, f"{url}/webhooks/rest/")
            await self._start(replace(child, directory=project), url)
        return self._urls[name]

    async def service_memory(self) -> float:
        """Megabytes of the supervisor and all that it runs."""
        return memory_of(self._supervisors["oroslotsen"].pid_of("oroslotsen"))

    async def peer_memory(self) -> float:
        """Megabytes of stock Rasa."""
        name = "Rasa i standardutförande"
        return memory_of(self._supervisors[name].pid_of(name))

    async def train(self) -> float:
        """Train into an empty folder, without Rasa's cache."""
        environment = {"MODELS_DIR": str(self._folder / "models"), "RASA_MAX_CACHE_SIZE": "0"}
        began = time.perf_counter()
        await self._run("train", self._environment(environment))
        return time.perf_counter() - began

    async def close(self) -> None:
        """Stop everything, last started first."""
        for supervisor in reversed(self._supervisors.values()):
            await supervisor.stop()

    def _environment(self, own: Mapping[str, str]) -> dict[str, str]:
        return {**os.environ, **own}

    def _own(self, name: str) -> tuple[str, dict[str, str]]:
        """The address and the environment of a service with a state of its own."""
        port = free_port()
        state = self._folder / name.replace(" ", "-")
        environment = self._environment({
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "RASA_PORT": str(self._rasa_port),
            "RASA_WORKERS": "1",
            "ACTIONS_PORT": str(self._actions_port),
            "RASA_TOKEN": self._token.get_secret_value(),
            "METRICS_PORT": str(free_port()),
            "PROBE_MINUTES": "0",
            "STATE_DIR": str(state),
            "DATABASE_URL": _database_url(state),
            "MASTER_KEY_FILE": str(state / "master.key"),
            **_WITHOUT_LIMITS,
        })  # fmt: skip
        return f"http://127.0.0.1:{port}", environment

    async def _serve(self, name: str, environment: dict[str, str]) -> None:
        url, command = environment["PUBLIC_URL"], (sys.executable, "-m", "services", "serve")
        await self._start(self._child(name, command, environment, f"{url}/health/live"), url)

    def _child(
        self, name: str, command: Sequence[str], environment: dict[str, str], ready: str
    ) -> Child:
        return Child(
            name=name,
            command=command,
            environment=environment,
            directory=ROOT,
            log=self._log(name),
            is_ready=answers(ready),
            ready_within=_READY_SECONDS,
        )

    def _log(self, name: str) -> Path:
        # Not in the folder that is thrown away: a process that failed says there why.
        return self._settings.state_dir / "logs" / f"bench-{name.replace(' ', '-')}.log"

    async def _start(self, child: Child, url: str) -> None:
        self._say(f"startar {child.name}")
        supervisor = Supervisor((child,), self._say)
        await supervisor.start()
        self._supervisors[child.name] = supervisor
        self._urls[child.name] = url

    async def _fill(self, state: Path, count: int) -> None:
        self._say(f"lagrar {count} samtal")
        own = self._settings.model_copy(
            update={"state_dir": state, "database_url": SecretStr(_database_url(state))}
        )

        def tell(done: int) -> None:
            if done % _TELL_EVERY == 0:
                self._say(f"{done} lagrade")

        await prepare_database(own)
        database = Database.open(own.effective_database_url)
        try:
            await store_conversations(
                database,
                load_or_create_keyring(state / "master.key"),
                count,
                now=datetime.now(UTC),
                municipality=MunicipalityId(self._settings.municipality),
                progress=tell,
            )
        finally:
            await database.close()

    async def _peer_model(self, project: Path) -> Path:
        messages = sample(self._settings.data_dir, self._peer_each)
        mark = write_project(project, messages)
        model = self._settings.models_dir / f"stock-{mark}.tar.gz"
        if not model.exists():
            self._say(f"tränar Rasa i standardutförande på {len(messages)} meddelanden")
            command = (
                str(RASA_PYTHON), "-m", "rasa", "train", "--skip-validation",
                "--out", "models", "--fixed-model-name", "stock",
            )  # fmt: skip
            environment = rasa_environment(self._settings, self._token)
            await self._complete(command, environment, project)
            model.parent.mkdir(parents=True, exist_ok=True)
            model.write_bytes((project / "models" / "stock.tar.gz").read_bytes())
        return model

    async def _run(self, command: str, environment: Mapping[str, str]) -> None:
        await self._complete((sys.executable, "-m", "services", command), environment, ROOT)

    async def _complete(
        self, command: Sequence[str], environment: Mapping[str, str], directory: Path
    ) -> None:
        log = self._log("kommandon")
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *command, env=dict(environment), cwd=directory, stdout=out, stderr=out
            )
            try:
                async with asyncio.timeout(_TRAINING_SECONDS):
                    status = await process.wait()
            except TimeoutError:
                raise BenchmarkError("Träningen blev inte klar i tid.") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if status != 0:
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise BenchmarkError(f"Träningen misslyckades: {' '.join(last)}")


@asynccontextmanager
async def open_house(
    settings: Settings, peer_each: int, say: Callable[[str], None]
) -> AsyncIterator[tuple[BenchHouse, Path]]:
    """A house in a folder beside the service's own state: on the disk that it would use.

    Args:
        settings: Where data and models are.
        peer_each: Messages an intent that the peer learns from.
        say: Told each step.

    Raises:
        CommandError: settings would let the measurement reach others; or Rasa is missing.
    """
    set_ones = [name.upper() for name in _OUTSIDE if getattr(settings, name) is not None]
    if set_ones:
        raise CommandError(f"Mätningen når bara den egna datorn. Ta bort: {', '.join(set_ones)}")
    if not RASA_PYTHON.exists():
        raise CommandError("Rasas miljö saknas. Kör: make setup")
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=settings.state_dir) as name:
        folder = Path(name)
        house = BenchHouse(settings, folder, peer_each, say)
        try:
            yield house, folder
        finally:
            await house.close()


def _database_url(state: Path) -> str:
    return f"sqlite+aiosqlite:///{state / 'oroslotsen.db'}"
