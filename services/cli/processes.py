"""The three processes: how each is started, and how it shows that it is ready."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import aiohttp
from pydantic import SecretStr

from services.cli.supervisor import Child
from services.settings import ROOT, Settings

_KEPT_ENVIRONMENT: Final = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "RASA_MAX_CACHE_SIZE",
)  # fmt: skip
"""All that Rasa and the action server get of our environment: no database address, no key."""

RASA_PYTHON: Final = ROOT / "bot" / ".venv" / "bin" / "python"
_START_SECONDS: Final = 180.0
"""A start takes a few seconds, and minutes on a machine that does much else."""


def rasa_environment(settings: Settings, token: SecretStr) -> dict[str, str]:
    """The environment that Rasa runs and trains in."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_TOKEN": token.get_secret_value(),
        "ACTIONS_PORT": str(settings.actions_port),
        "ENCODER_MODEL": settings.encoder_model,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "LOG_LEVEL": "WARNING",
        "LOG_LEVEL_LIBRARIES": "ERROR",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
    }


def rasas(settings: Settings, token: SecretStr, model: Path) -> tuple[Child, ...]:
    """Every Rasa process, as many as are set."""
    numbers = range(1, settings.rasa_workers + 1)
    return tuple(rasa(settings, token, model, number) for number in numbers)


def rasa(settings: Settings, token: SecretStr, model: Path, number: int = 1) -> Child:
    """Rasa with a trained model, on loopback; ``number`` says which of several."""
    port = settings.rasa_ports[number - 1]
    return Child(
        name="Rasa" if number == 1 else f"Rasa {number}",
        command=(
            str(RASA_PYTHON), "-m", "rasa", "run",
            "--interface", "127.0.0.1",
            "--port", str(port),
            "--model", str(model),
            "--endpoints", "endpoints.yml",
            "--credentials", "credentials.yml",
        ),
        environment=rasa_environment(settings, token),
        directory=ROOT,
        log=settings.state_dir / "logs" / ("rasa.log" if number == 1 else f"rasa-{number}.log"),
        is_ready=answers(f"http://127.0.0.1:{port}/webhooks/oroslotsen/"),
        ready_within=_START_SECONDS,
    )  # fmt: skip


def action_server(settings: Settings, token: SecretStr) -> Child:
    """The action server, on loopback."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return Child(
        name="Åtgärdsservern",
        command=(
            sys.executable, "-m", "actions",
            "--port", str(settings.actions_port),
            "--knowledge", str(settings.knowledge_dir.resolve()),
        ),
        environment=kept | {"RASA_TOKEN": token.get_secret_value()},
        directory=ROOT,
        log=settings.state_dir / "logs" / "actions.log",
        is_ready=answers(f"http://127.0.0.1:{settings.actions_port}/health"),
        ready_within=_START_SECONDS,
    )  # fmt: skip


def service(settings: Settings, token: SecretStr) -> Child:
    """The service that faces people."""
    return Child(
        name="Tjänsten",
        command=(sys.executable, "-m", "services", "serve"),
        environment=os.environ | {"RASA_TOKEN": token.get_secret_value()},
        directory=ROOT,
        log=settings.state_dir / "logs" / "service.log",
        is_ready=answers(f"http://{settings.host}:{settings.port}/health/live"),
        ready_within=_START_SECONDS,
    )


def answers(url: str, *, within: float = 2.0) -> Callable[[], Awaitable[bool]]:
    """A look at whether an address answers 200.

    Args:
        url: Where.
        within: Seconds that it may take.
    """

    async def answers_now() -> bool:
        timeout = aiohttp.ClientTimeout(total=within)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as reply:
                return reply.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    return answers_now
