"""The whole application as strangers meet it: SMS and phone on, on one kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from services.application import build_application
from services.channels.twilio.account import TwilioAccount
from services.channels.twilio.wire import SmsWire
from services.conversations.core import Core
from services.conversations.delivery import Attempt, Letter, Sent
from services.observability.probe_mark import PROBE_HEADER, probe_mark
from services.settings import Settings
from tests.conftest import TOKEN
from tests.databases import Databases, SqliteDatabases

PUBLIC_URL = "https://oroslotsen.example.org"
EMBEDDER = "https://www.example.org"
TWILIO_TOKEN = "twilio token for tests"
CALLER = "+46701740605"
"""From the series that PTS keeps for fiction."""
ACUTE = "han har en pistol och är på väg till skolan nu"
CALM = "Vad är Toleransprojektet?"


@pytest.fixture
def databases(migrated_file: Path, tmp_path: Path) -> Databases:
    """One kind is enough: what is tested here comes before the database."""
    return SqliteDatabases(migrated_file, tmp_path)


@dataclass
class Service:
    """The running application, and how its callers prove who they are."""

    client: TestClient
    app: web.Application
    core: Core

    async def open(self, **headers: str) -> dict[str, str]:
        """Open a conversation; give the header that proves the right to it."""
        response = await self.client.post("/api/chat/conversations", headers=headers)
        assert response.status == 201, await response.text()
        opened = await response.json()
        return {"Authorization": f"Bearer {opened['conversation']}.{opened['secret']}"}

    async def say(
        self, bearer: dict[str, str], text: str, *, client_id: str = "1", **more: Any
    ) -> Any:
        body = {"id": client_id, "text": text, **more}
        return await self.client.post("/api/chat/messages", headers=bearer, json=body)

    async def webhook(self, path: str, **fields: str) -> Any:
        """A webhook of Twilio's, signed."""
        signature = RequestValidator(TWILIO_TOKEN).compute_signature(PUBLIC_URL + path, fields)
        headers = {"X-Twilio-Signature": signature}
        return await self.client.post(path, data=fields, headers=headers)

    async def text(self, body: str, *, sid: str = "SM1", sender: str = CALLER) -> str:
        """A text message; what Twilio gets back."""
        response = await self.webhook("/twilio/sms", MessageSid=sid, From=sender, Body=body)
        assert response.status == 200
        return str(await response.text())


class _Nobody:
    """Carries text messages nowhere."""

    async def send(self, letter: Letter) -> Attempt:
        return Sent(f"SM{letter.id.hex}")

    async def find(self, letter: Letter) -> tuple[str, ...]:
        return ()


@asynccontextmanager
async def _carrier(_account: TwilioAccount, _wire: SmsWire) -> AsyncIterator[_Nobody]:
    yield _Nobody()


def settings_for(folder: Path, **changes: Any) -> Settings:
    return Settings(
        _env_file=None,
        **{
            "state_dir": folder,
            "public_url": PUBLIC_URL,
            "rasa_token": TOKEN,
            "embed_origins": EMBEDDER,
            "coordinator_totp_required": False,
            "twilio_account_sid": "AC" + "0" * 32,
            "twilio_auth_token": SecretStr(TWILIO_TOKEN),
            "twilio_number": "+46701740699",
            "oidc_issuer": "https://login.example.org",
            "oidc_client_id": "oroslotsen",
            **changes,
        },
    )


@pytest.fixture
async def serve(core: Core, tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Service]]]:
    """Start the application, with changed settings."""
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> Service:
            app = build_application(settings_for(tmp_path, **changes), core, carrier=_carrier)
            client = await stack.enter_async_context(TestClient(TestServer(app)))
            return Service(client, app, core)

        yield start


@pytest.fixture
async def service(serve: Callable[..., Awaitable[Service]]) -> Service:
    """The application as an operator who sets what is needed has it."""
    return await serve()


@pytest.fixture
def probe() -> dict[str, str]:
    """The mark of our own test conversation."""
    return {PROBE_HEADER: probe_mark(TOKEN)}
