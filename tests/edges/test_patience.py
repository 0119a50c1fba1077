"""A client that is slow, or sends more than a message can be, is let go of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from services.application import build_application
from services.conversations.core import Core
from services.edges import patience
from services.edges.addresses import network_of
from services.edges.limits import LIMITS
from services.edges.origins import origins_middleware
from services.edges.patience import make_runner, patience_middleware
from tests.edges.conftest import EMBEDDER, Service, settings_for

type Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    """A bare connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield reader, writer
    writer.close()


@pytest.fixture
async def port(core: Core, tmp_path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Where the service listens, as ``oroslotsen serve`` lets it, with less patience."""
    monkeypatch.setattr(patience, "BODY_SECONDS", 0.3)
    settings = settings_for(
        tmp_path, twilio_account_sid=None, twilio_auth_token=None, twilio_number=None
    )
    runner = make_runner(build_application(settings, core), shutdown_timeout=0.1, head_seconds=0.3)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_who_never_finishes_a_request_is_let_go_of(port: int, sent: bytes) -> None:
    async with line(port) as (reader, writer), asyncio.timeout(10):
        writer.write(sent)
        assert await reader.read() == b""


async def test_who_never_finishes_a_body_is_told_and_let_go_of(port: int) -> None:
    head = (
        b"POST /api/chat/conversations HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    async with line(port) as (reader, writer), asyncio.timeout(10):
        writer.write(head)
        answer = await reader.read()
    assert b" 408 " in answer.partition(b"\r\n")[0]
    assert b"problem+json" in answer


async def test_a_body_that_breaks_off_is_no_fault_of_ours(port: int) -> None:
    async with line(port) as (reader, writer):
        writer.write(
            b"POST /api/chat/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
        )
        writer.write_eof()
        async with asyncio.timeout(10):
            answer = await reader.read()
    assert b" 500 " not in answer.partition(b"\r\n")[0]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Many: 1\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
)
async def test_a_head_that_is_none_is_refused(port: int, head: bytes) -> None:
    async with line(port) as (reader, writer), asyncio.timeout(10):
        writer.write(head)
        answer = await reader.read()
    assert b"Traceback" not in answer
    assert answer == b"" or b" 400 " in answer.partition(b"\r\n")[0]


async def test_a_packed_body_is_not_unpacked(service: Service) -> None:
    bearer = await service.open()
    headers = {**bearer, "Content-Encoding": "gzip", "Content-Type": "application/json"}
    sent = await service.client.post("/api/chat/messages", headers=headers, data=b"\x1f\x8b\x08")
    assert sent.status == 400


async def test_a_long_message_is_refused_with_what_to_do(
    serve: Callable[..., Awaitable[Service]],
) -> None:
    service = await serve()
    bearer = await service.open()
    for length in (8_001, 100_000):
        refused = await service.say(bearer, "å" * length)
        assert refused.status == 413
        told = await refused.json()
        assert "för långt" in told["title"]
        assert "Dela upp det" in told["detail"]
    assert (await service.say(bearer, "å" * 8_000)).status == 202


async def test_what_every_message_goes_through_takes_less_than_a_fifth_of_a_millisecond(
    serve: Callable[..., Awaitable[Service]],
) -> None:
    wide = dict.fromkeys(("limit_caller", "limit_address", "limit_everybody"), "1000000/minute")
    service = await serve(**wide)
    app, limits = service.app, service.app[LIMITS]
    given = {"Origin": EMBEDDER, "Sec-Fetch-Site": "cross-site"}
    request = make_mocked_request("POST", "/api/chat/messages", headers=given, app=app)
    add_headers = app.on_response_prepare[0]

    async def answer(_request: web.Request) -> web.Response:
        return web.Response()

    handle = partial(patience_middleware, handler=partial(origins_middleware, handler=answer))

    async def seconds() -> float:
        began = time.perf_counter()
        for number in range(20):
            response = await handle(request)
            address = network_of(request)
            await limits.wait(limits.messages, caller=str(number), address=address)
            await add_headers(request, response)
        return (time.perf_counter() - began) / 20

    # The quickest of many: what else the machine does is not what is asked.
    assert min([await seconds() for _ in range(50)]) < 0.0002
