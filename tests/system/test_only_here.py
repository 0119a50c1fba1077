"""Rasa and the action server are for the service alone, or they don't start at all."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from services.cli.processes import RASA_PYTHON, action_server, rasa, rasa_environment
from services.cli.supervisor import Supervisor
from services.cli.training import train_rasa
from services.settings import ROOT, Settings
from tests.system.conftest import free_port

pytestmark = pytest.mark.timeout(420)

TOKEN = SecretStr("a-token-for-tests")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LIST_ROUTES = """
import json, rasa.server, rasa.core.channels as channels
from rasa.core.run import configure_app
kinds = [kind for kind in channels.BUILTIN_CHANNELS.values() if kind.name() in ("rest", "callback")]
app = configure_app([kind.from_credentials({"url": "x"}) for kind in kinds], enable_api=True)
print("ROUTES " + json.dumps([route.path for route in app.router.routes_all.values()]))
"""


def run(command: list[str], **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with a changed environment."""
    environment = {**rasa_environment(Settings(_env_file=None), TOKEN), **changes}
    return subprocess.run(
        command,
        cwd=ROOT,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def rasa_run(*arguments: str) -> list[str]:
    model = train_rasa(Settings(_env_file=None), lambda step: None)
    return [
        str(RASA_PYTHON), "-m", "rasa", "run", "--port", str(free_port()), "--model", str(model),
        "--endpoints", "endpoints.yml", "--credentials", "credentials.yml", *arguments,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--interface", "0.0.0.0"), "must listen on loopback"),
        ((), "must listen on loopback"),
        (("--interface", "127.0.0.1", "--enable-api"), "refusing to start with Rasa's API"),
    ],
    ids=["every address", "no address said", "its own API"],
)
async def test_rasa_refuses_to_start_where_others_reach_it(
    arguments: tuple[str, ...], why: str
) -> None:
    ended = await asyncio.to_thread(run, rasa_run(*arguments))
    assert ended.returncode != 0
    assert why in ended.stderr + ended.stdout


@pytest.mark.parametrize("token", [None, "", " "])
async def test_rasa_refuses_to_start_without_a_token(token: str | None) -> None:
    ended = await asyncio.to_thread(run, rasa_run("--interface", "127.0.0.1"), RASA_TOKEN=token)
    assert ended.returncode != 0
    assert "RASA_TOKEN" in ended.stderr + ended.stdout


@pytest.mark.parametrize(
    ("arguments", "token"), [((), None), ((), " "), (("--host", "0.0.0.0"), "a-token")]
)
async def test_the_action_server_refuses_too(arguments: tuple[str, ...], token: str | None) -> None:
    command = [sys.executable, "-m", "actions", "--port", str(free_port()), *arguments]
    ended = await asyncio.to_thread(run, command, RASA_TOKEN=token)
    assert ended.returncode == 2
    assert "RASA_TOKEN is not set" in ended.stderr or "unrecognized arguments" in ended.stderr


async def test_the_service_alone_refuses_to_start_without_the_token() -> None:
    command = [sys.executable, "-m", "services", "serve"]
    environment = {name: value for name, value in os.environ.items() if name != "RASA_TOKEN"}
    ended = await asyncio.to_thread(run, command, **{**environment, "RASA_TOKEN": None})
    assert ended.returncode == 1
    assert "RASA_TOKEN saknas" in ended.stderr + ended.stdout


@pytest.fixture(scope="module")
async def caged(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Settings]:
    """Rasa and the action server, running."""
    settings = Settings(
        _env_file=None,
        rasa_port=free_port(),
        actions_port=free_port(),
        state_dir=tmp_path_factory.mktemp("caged"),
    )
    model = train_rasa(settings, lambda step: None)
    children = (action_server(settings, TOKEN), rasa(settings, TOKEN, model))
    supervisor = Supervisor(children, lambda line: None)
    await supervisor.start()
    yield settings
    await supervisor.stop()


async def test_of_all_that_rasa_could_answer_our_turn_alone_is_there(caged: Settings) -> None:
    listed = await asyncio.to_thread(run, [str(RASA_PYTHON), "-c", LIST_ROUTES])
    line = next(line for line in listed.stdout.splitlines() if line.startswith("ROUTES "))
    paths = {"/" + path.strip("/") for path in json.loads(line.removeprefix("ROUTES "))}
    assert len(paths) > 15
    paths |= {"/webhooks/oroslotsen", "/webhooks/oroslotsen/turn", "/docs", "/webhooks"}
    right = {"Authorization": f"Bearer {TOKEN.get_secret_value()}"}
    answered = set()
    async with aiohttp.ClientSession(caged.rasa_urls[0]) as session:
        for path in paths:
            address = path.replace("<", "").replace(">", "").replace(":path", "")
            for method in METHODS:
                for headers in ({}, right):
                    query = {"token": TOKEN.get_secret_value()} if headers else {}
                    async with session.request(
                        method, address, headers=headers, params=query, json={}
                    ) as response:
                        if method == "OPTIONS":  # Sanic's own, whether there is a route or not
                            assert await response.read() == b""
                            assert "Access-Control-Allow-Origin" not in response.headers
                        elif response.status not in {404, 405}:
                            answered.add((method, path, bool(headers), response.status))
    assert answered == {
        ("GET", "/", False, 200),  # Rasa's own greeting: its version
        ("GET", "/", True, 200),
        ("GET", "/webhooks/oroslotsen", False, 200),  # health
        ("GET", "/webhooks/oroslotsen", True, 200),
        ("POST", "/webhooks/oroslotsen/turn", False, 401),
        ("POST", "/webhooks/oroslotsen/turn", True, 400),  # {} is no turn
    }


def listening(port: int) -> set[str]:
    """The addresses, in the kernel's own hex, that somebody listens on at a port."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, at = local.partition(":")
            if state == "0A" and int(at, 16) == port:
                found.add(address)
    return found


async def test_both_listen_on_loopback_alone(caged: Settings) -> None:
    for port in (caged.rasa_port, caged.actions_port):
        assert listening(port) == {"0100007F"}  # 127.0.0.1
