"""The logs of a run hold no word, no address, no number and no secret of anybody's."""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import structlog
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from services.conversations.appkeys import INBOX
from services.logs import configure_logs, mask_traces
from tests.conftest import ScriptedRasa
from tests.edges.conftest import ACUTE, Service

WORD = "kvastskaftsord"
ADDRESSES = ("203.0.113.77", "2001:db8:77::9")
NUMBER = "+46701740677"


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """What is written in the logs; the test run's own logging is put back afterwards."""
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logs("DEBUG")
    structlog.configure(cache_logger_on_first_use=False)  # later tests have logs of their own
    yield written.getvalue
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


async def test_a_run_leaves_no_trace_of_callers(
    logged: Callable[[], str],
    serve: Callable[..., Awaitable[Service]],
    rasa: ScriptedRasa,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = await serve(trusted_proxies="127.0.0.1", limit_caller="4/hour")
    bearers = [await service.open(**{"X-Forwarded-For": address}) for address in ADDRESSES]
    rasa.status = 500
    for bearer in bearers:
        for number, text in enumerate((f"/{WORD} {WORD}", f"{ACUTE} {WORD}", *[WORD] * 5)):
            await service.say(bearer, text, client_id=str(number))
        wrong = {"Authorization": bearer["Authorization"] + WORD}
        await service.say(wrong, WORD)
        await service.client.get(f"/{WORD}?{WORD}={WORD}", headers={"User-Agent": WORD})
        await service.client.post("/api/chat/messages", headers=bearer, data=f'{{"{WORD}')
    await service.text(WORD, sender=NUMBER)
    await service.client.post(f"/twilio/sms/status/{WORD}", data={"Body": WORD, "From": NUMBER})
    await service.client.post("/samordnare/logga-in", data={"name": WORD, "password": WORD})

    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"{WORD} {NUMBER} {ADDRESSES[0]}")

    monkeypatch.setattr(service.app[INBOX], "authenticate", fail)
    failed = await service.client.post("/api/chat/typing", headers=bearers[0])
    assert failed.status == 500
    await _send_nonsense(service, f"GET /{WORD} {WORD}\r\n\r\n".encode())

    written = logged()
    assert "request_failed" in written  # the logs are on
    assert "Error handling request" in written  # the library's own, too
    secrets = [bearer["Authorization"].partition(".")[2] for bearer in bearers]
    for trace in (WORD, NUMBER, NUMBER[1:], *ADDRESSES, "127.0.0.1", *secrets):
        assert trace not in written
    assert "Traceback" not in written


async def _send_nonsense(service: Service, sent: bytes) -> None:
    server = service.client.server
    assert isinstance(server, TestServer)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(sent)
    async with asyncio.timeout(10):
        await reader.read()
    writer.close()


@given(st.ip_addresses(), st.text(st.sampled_from("abc =,;\n"), max_size=5))
def test_no_address_outlives_the_masking(address: Any, between: str) -> None:
    assert str(address) not in mask_traces(f"from {address}{between} to")


@pytest.mark.parametrize("plain", ["12:34:56 UTC", "version 3.14.5", "port 9464", "judge.py:120"])
def test_what_is_no_trace_stays(plain: str) -> None:
    assert mask_traces(plain) == plain
