"""What happens in one service process is known in the others, with Redis and, later, without."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.conversations.core import Core
from services.conversations.presence import PageSign, WritingSign
from services.conversations.relay import POLL_SECONDS, Relay
from services.conversations.wakeups import QUEUE, Key, Wakeups
from services.vocabulary import Author, MunicipalityId
from tests.conftest import NOON
from tests.servers import RedisServer


@asynccontextmanager
async def service_process(url: str) -> AsyncIterator[Core]:
    """What a process has of its own, as far as it tells others and hears them."""
    relay = Relay(url)
    nothing: Any = None
    core = Core(
        database=nothing,
        keyring=nothing,
        judge=nothing,
        routing=nothing,
        renderer=nothing,
        dialogue=nothing,
        wakeups=Wakeups(relay.send),
        relay=relay,
        default_municipality=MunicipalityId("goteborg"),
        clock=lambda: NOON,
    )
    running = asyncio.create_task(relay.run(core.wakeups, core.hear))
    yield core
    running.cancel()
    await asyncio.wait([running])


@pytest.fixture
async def two(redis: RedisServer) -> AsyncIterator[tuple[Core, Core]]:
    """Two processes that hear each other."""
    async with service_process(redis.url) as one, service_process(redis.url) as other:
        await connected(one, other)
        yield one, other


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(15):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


async def connected(*cores: Core) -> None:
    await until(lambda: all(core.relay and core.relay.is_connected for core in cores))


async def cut_off(*cores: Core) -> None:
    await until(lambda: not any(core.relay and core.relay.is_connected for core in cores))


async def is_woken(news: asyncio.Event, *, within: float) -> bool:
    try:
        await asyncio.wait_for(news.wait(), within)
    except TimeoutError:
        return False
    return True


async def settled(core: Core) -> None:
    """Wait until the round that follows each connection is over: it wakes everyone once."""
    probe = uuid4()
    with core.wakeups.following(probe) as news:
        while await is_woken(news, within=POLL_SECONDS * 1.5):
            news.clear()


@pytest.mark.parametrize("key", [UUID(int=7), QUEUE])
async def test_a_wake_up_reaches_the_other_process(two: tuple[Core, Core], key: Key) -> None:
    one, other = two
    await settled(other)
    with other.wakeups.following(key) as news, other.wakeups.following(uuid4()) as others_news:
        one.wakeups.wake(key)
        assert await is_woken(news, within=1)
        assert not others_news.is_set()


async def test_who_is_here_and_who_writes_is_known_in_the_other_process(
    two: tuple[Core, Core],
) -> None:
    one, other = two
    conversation, page = uuid4(), uuid4()
    one.tell(PageSign(conversation, page, is_open=True))
    one.tell(WritingSign(conversation, Author.CALLER, is_writing=True))
    await until(lambda: other.presence.writing_at(conversation, Author.CALLER, NOON))
    assert other.presence.whereabouts(conversation, NOON).here
    one.tell(WritingSign(conversation, Author.CALLER, is_writing=False))
    await until(lambda: not other.presence.writing_at(conversation, Author.CALLER, NOON))
    one.tell(PageSign(conversation, page, is_open=False))
    await until(lambda: not other.presence.whereabouts(conversation, NOON).here)


async def test_with_redis_killed_everyone_looks_every_few_seconds_and_hears_again_when_it_is_back(
    two: tuple[Core, Core], redis: RedisServer
) -> None:
    one, other = two
    redis.kill()
    await cut_off(one, other)
    with other.wakeups.following(uuid4()) as news:
        one.wakeups.wake(QUEUE)  # nobody hears it, and nothing fails
        for _ in range(2):
            assert await is_woken(news, within=POLL_SECONDS * 2)
            news.clear()
    redis.start()
    await connected(one, other)
    await settled(other)
    with other.wakeups.following(QUEUE) as news:
        one.wakeups.wake(QUEUE)
        assert await is_woken(news, within=1)


async def test_a_redis_that_is_silent_is_taken_for_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        async with service_process(f"redis://127.0.0.1:{port}") as cut:
            with cut.wakeups.following(uuid4()) as news:
                assert await is_woken(news, within=POLL_SECONDS * 2)
            assert cut.relay is not None
            assert not cut.relay.is_connected


async def test_what_others_say_on_the_channel_does_no_harm(
    two: tuple[Core, Core], redis: RedisServer
) -> None:
    one, other = two
    await settled(other)
    reader, writer = await asyncio.open_connection("127.0.0.1", redis.port)
    writer.write(b"PUBLISH oroslotsen nonsense\r\n")
    assert await reader.readline() == b":2\r\n"
    writer.close()
    with other.wakeups.following(QUEUE) as news:
        one.wakeups.wake(QUEUE)
        assert await is_woken(news, within=1)
