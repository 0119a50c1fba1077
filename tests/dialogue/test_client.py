"""Several Rasa processes serve the same conversations: any takes any turn, also another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.dialogue.client import DialogueAwayError, DialogueClient
from services.dialogue.protocol import DialogueRequest
from services.vocabulary import Urgency
from tests.conftest import TOKEN

SECONDS = 2.0
REPLY = {
    "topics": [],
    "directives": [{"answer": "hej"}],
    "state": {},
    "model": "m",
    "in_form": False,
}


class Rasa:
    """A Rasa that a test can stop and hold."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.server: TestServer

    async def turn(self, _request: web.Request) -> web.Response:
        self.asked += 1
        await self.goes_on.wait()
        return web.json_response(REPLY, status=self.status)

    async def health(self, _request: web.Request) -> web.Response:
        return web.Response()

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/webhooks/oroslotsen/turn", self.turn)
        app.router.add_get("/webhooks/oroslotsen/", self.health)
        self.server = TestServer(app)
        await self.server.start_server(shutdown_timeout=0.1)
        yield
        self.goes_on.set()
        await self.server.close()


@pytest.fixture
async def rasas() -> AsyncIterator[list[Rasa]]:
    found = [Rasa(), Rasa()]
    async with AsyncExitStack() as stack:
        for rasa in found:
            await stack.enter_async_context(rasa.running())
        yield found


@pytest.fixture
async def client(rasas: list[Rasa]) -> AsyncIterator[DialogueClient]:
    async with DialogueClient([rasa.url for rasa in rasas], TOKEN, SECONDS) as opened:
        yield opened


def request() -> DialogueRequest:
    return DialogueRequest(
        message_id=uuid4(), text="hej", intent=None, urgency=Urgency.INFO, slots={}, state=None
    )


async def asked_of(rasas: list[Rasa], holds: Callable[[list[int]], bool]) -> None:
    async with asyncio.timeout(5):
        while True:
            if holds([rasa.asked for rasa in rasas]):
                return
            await asyncio.sleep(0.01)


async def test_a_turn_goes_to_the_process_that_has_least_to_do(
    rasas: list[Rasa], client: DialogueClient
) -> None:
    rasas[0].goes_on.clear()
    rasas[1].goes_on.clear()
    turns = [asyncio.create_task(client.next(request())) for _ in range(4)]
    await asked_of(rasas, lambda asked: asked == [2, 2])
    rasas[0].goes_on.set()
    rasas[1].goes_on.set()
    await asyncio.gather(*turns)


async def test_with_one_process_gone_the_other_takes_every_turn(
    rasas: list[Rasa], client: DialogueClient
) -> None:
    await rasas[0].server.close()
    for _ in range(3):
        await client.next(request())
    assert rasas[1].asked == 3
    assert await client.is_ready()


async def test_a_process_that_has_no_model_yet_is_passed_by(
    rasas: list[Rasa], client: DialogueClient
) -> None:
    rasas[0].status = 503
    for _ in range(3):
        await client.next(request())
    assert (rasas[0].asked, rasas[1].asked) == (1, 3)


async def test_a_process_that_hangs_costs_one_turn_half_the_time_and_no_reply(
    rasas: list[Rasa], client: DialogueClient
) -> None:
    rasas[0].goes_on.clear()
    for _ in range(3):
        async with asyncio.timeout(SECONDS):
            await client.next(request())
    assert (rasas[0].asked, rasas[1].asked) == (1, 3)


async def test_with_all_gone_the_dialogue_is_away(
    rasas: list[Rasa], client: DialogueClient
) -> None:
    for rasa in rasas:
        await rasa.server.close()
    with pytest.raises(DialogueAwayError):
        await client.next(request())
    assert not await client.is_ready()
