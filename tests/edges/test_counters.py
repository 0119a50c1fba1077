"""Limits count, in this process and in Redis, and go on counting when Redis is away."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from limits import RateLimitItem, parse
from redis.asyncio import Redis

from services.edges.counters import Counter, OwnCounter, SharedCounter
from tests.servers import RedisServer

THREE: RateLimitItem = parse("3/hour")
ADDRESS = "203.0.113.9"


async def taken(counter: Counter, subject: str, times: int, cost: int = 1) -> int:
    return sum([await counter.wait(THREE, subject, cost) is None for _ in range(times)])


@pytest.fixture
async def shared(redis: RedisServer) -> AsyncIterator[SharedCounter]:
    counter = SharedCounter(redis.url)
    yield counter
    await counter.close()


async def test_so_many_pass_and_no_more() -> None:
    counter = OwnCounter()
    assert await taken(counter, "a", 5) == 3
    assert await taken(counter, "b", 5) == 3
    wait = await counter.wait(THREE, "a", 1)
    assert wait is not None
    assert 0 <= wait <= 3600


async def test_what_costs_more_counts_for_more() -> None:
    counter = OwnCounter()
    assert await taken(counter, "a", 1, cost=2) == 1
    assert await taken(counter, "a", 1, cost=2) == 0
    assert await taken(counter, "a", 2) == 1


async def test_ten_thousand_callers_cost_no_more_than_one() -> None:
    counter = OwnCounter()
    for number in range(10_000):
        await counter.wait(THREE, str(number), 1)

    async def seconds(subject: str) -> float:
        began = time.perf_counter()
        for number in range(200):
            await counter.wait(THREE, f"{subject}{number}", 1)
        return (time.perf_counter() - began) / 200

    many = min([await seconds(f"many {turn} ") for turn in range(5)])
    alone = OwnCounter()
    began = time.perf_counter()
    for number in range(200):
        await alone.wait(THREE, str(number), 1)
    assert many < 10 * (time.perf_counter() - began) / 200


async def test_two_processes_count_together(redis: RedisServer, shared: SharedCounter) -> None:
    other = SharedCounter(redis.url)
    assert await taken(shared, ADDRESS, 2) == 2
    assert await taken(other, ADDRESS, 5) == 1
    await other.close()


async def test_redis_holds_marks_alone_and_no_address(
    redis: RedisServer, shared: SharedCounter
) -> None:
    await taken(shared, ADDRESS, 2)
    looked: Redis = Redis.from_url(redis.url)
    kept: list[Any] = await looked.keys("*")
    assert kept
    for name in kept:
        assert ADDRESS.encode() not in name
        assert 0 < await looked.ttl(name) <= 2 * 3600
    await looked.aclose()


async def test_with_redis_away_each_counts_for_itself_and_at_once(
    redis: RedisServer, shared: SharedCounter
) -> None:
    assert await taken(shared, ADDRESS, 1) == 1
    redis.kill()
    began = time.monotonic()
    assert await taken(shared, ADDRESS, 5) == 3
    assert time.monotonic() - began < 5
