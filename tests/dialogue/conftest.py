"""The real Rasa and the real action server, with the model of the present training data."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from pydantic import SecretStr

from services.cli.processes import action_server, rasa
from services.cli.supervisor import Supervisor
from services.cli.training import train_rasa
from services.settings import Settings

TOKEN = SecretStr("a-token-for-tests")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RasaSide:
    """Rasa as the service meets it: one request a turn."""

    session: aiohttp.ClientSession
    logs: Path
    actions_port: int
    actions: Supervisor
    model: Path

    async def post(self, body: Any, *, token: str | None = None) -> tuple[int, Any]:
        """Post a turn as it stands; give status and body."""
        token = TOKEN.get_secret_value() if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = body if isinstance(body, bytes) else None
        async with self.session.post(
            "/webhooks/oroslotsen/turn",
            json=None if data is not None else body,
            data=data,
            headers=headers,
        ) as response:
            return response.status, await response.json()

    async def turn(
        self,
        text: str,
        state: dict[str, Any] | None = None,
        *,
        intent: str | None = None,
        **slots: str,
    ) -> dict[str, Any]:
        """Take a turn that must succeed."""
        status, reply = await self.post(request(text, state, intent=intent, **slots))
        assert status == 200, reply
        return dict(reply)


@dataclass
class Caller:
    """A conversation: keeps the state between turns, as the service does."""

    rasa: RasaSide
    slots: dict[str, str] = field(default_factory=dict)
    state: dict[str, Any] | None = None
    last: dict[str, Any] = field(default_factory=dict)

    async def says(self, text: str) -> list[dict[str, Any]]:
        """Write something; give the directives."""
        return await self._take(await self.rasa.turn(text, self.state, **self.slots))

    async def presses(self, intent: str) -> list[dict[str, Any]]:
        """Press a button; give the directives."""
        return await self._take(await self.rasa.turn("-", self.state, intent=intent, **self.slots))

    async def turn_meaning(self, text: str, intent: str) -> list[dict[str, Any]]:
        """Write something that the service has read the meaning of."""
        return await self._take(await self.rasa.turn(text, self.state, intent=intent, **self.slots))

    async def _take(self, reply: dict[str, Any]) -> list[dict[str, Any]]:
        self.last, self.state = reply, reply["state"]
        return list(reply["directives"])


def request(
    text: str, state: dict[str, Any] | None = None, *, intent: str | None = None, **slots: str
) -> dict[str, Any]:
    """A turn as the service sends it."""
    return {
        "message_id": str(uuid4()),
        "text": text,
        "intent": intent,
        "slots": slots,
        "state": state,
    }


@pytest.fixture(scope="session")
async def rasa_side(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RasaSide]:
    settings = Settings(
        rasa_port=free_port(),
        actions_port=free_port(),
        state_dir=tmp_path_factory.mktemp("rasa"),
    )
    model = train_rasa(settings, lambda step: None)
    talkative = rasa(settings, TOKEN, model)
    # The strictest case for the logs: everything that Rasa can be made to write.
    talkative = replace(
        talkative,
        environment={
            **talkative.environment, "LOG_LEVEL": "DEBUG", "LOG_LEVEL_LIBRARIES": "DEBUG",
        },
    )  # fmt: skip
    rasa_alone = Supervisor((talkative,), say=lambda line: None)
    actions = Supervisor((action_server(settings, TOKEN),), say=lambda line: None)
    try:
        await actions.start()
        await rasa_alone.start()
        async with aiohttp.ClientSession(settings.rasa_urls[0]) as session:
            logs, port = settings.state_dir / "logs", settings.actions_port
            yield RasaSide(session, logs, port, actions, model)
    finally:
        await rasa_alone.stop()
        await actions.stop()


@pytest.fixture
def caller(rasa_side: RasaSide) -> Caller:
    return Caller(rasa_side)
