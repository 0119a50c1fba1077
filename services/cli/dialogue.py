"""Rasa and the action server for a command that talks to them for a while."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from pydantic import SecretStr

from services.application import open_core
from services.cli.processes import action_server, rasas
from services.cli.running import free_port
from services.cli.screen import console
from services.cli.supervisor import Supervisor
from services.conversations.core import Core
from services.settings import Settings


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
