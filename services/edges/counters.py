"""Counters behind the limits: in this process, or in Redis for several processes together.

While Redis is away each process counts for itself: a limit is then that many times as wide, which
harms less than callers who wait for a count.
"""

from __future__ import annotations

import time
from typing import Any, Final, Protocol

import structlog
from limits import RateLimitItem
from limits.aio.storage import MemoryStorage
from limits.aio.storage.redis import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.edges.marks import KEY_BYTES, KEY_SECONDS, Marks, own_key

_SWEEP_SECONDS: Final = 10.0
_REDIS_SECONDS: Final = 0.5
"""How long a count may take; a caller must not notice that Redis hangs."""
_REST_SECONDS: Final = 5.0
"""How long a Redis that did not answer is left alone."""
_PREFIX: Final = "oroslotsen:limits"
_log = structlog.get_logger(__name__)


class Counter(Protocol):
    """Counts, and says how long to wait."""

    async def wait(self, item: RateLimitItem, subject: str, cost: int) -> float | None:
        """Count, unless that would be one too many.

        Args:
            item: The limit.
            subject: Whose count it is, in plain words: it is marked before it is kept.
            cost: How much it counts for.

        Returns:
            Seconds until it may be tried again; nothing when it was counted.
        """


class _Memory(MemoryStorage):
    """The library's own counts every key at every hit; with thousands of callers that is slow."""

    STORAGE_SCHEME = ["async+oroslotsen"]  # noqa: RUF012 - as the library writes it

    def __init__(self) -> None:
        super().__init__()
        self._swept_at = time.time()

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        self._sweep()
        count = await self.get(key) + amount
        self.storage[key] = count
        if count == amount:
            self.expirations[key] = time.time() + expiry
        return count

    async def decr(self, key: str, amount: int = 1) -> int:
        count = max(await self.get(key) - amount, 0)
        self.storage[key] = count
        return count

    def _sweep(self) -> None:
        now = time.time()
        if now - self._swept_at < _SWEEP_SECONDS:
            return
        self._swept_at = now
        for key in [key for key, at in self.expirations.items() if at <= now]:
            self.storage.pop(key, None)
            del self.expirations[key]


class OwnCounter:
    """Counts in this process."""

    def __init__(self) -> None:
        self._marks = Marks(own_key)
        self._limiter = SlidingWindowCounterRateLimiter(_Memory())

    async def wait(self, item: RateLimitItem, subject: str, cost: int) -> float | None:
        """See ``Counter``."""
        return await _wait(self._limiter, item, await self._marks.of(subject), cost)


class SharedCounter:
    """Counts in Redis, and in this process while Redis is away."""

    def __init__(self, url: str) -> None:
        """Prepare; nothing is connected yet.

        Args:
            url: Redis's address.
        """
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=_REDIS_SECONDS,
            socket_connect_timeout=_REDIS_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        shared: dict[str, Any] = {"connection_pool": self._redis.connection_pool}
        storage = RedisStorage(
            f"async+{url}", implementation="redispy", key_prefix=_PREFIX, **shared
        )
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._marks = Marks(self._shared_key)
        self._own = OwnCounter()
        self._rests_until = 0.0

    async def wait(self, item: RateLimitItem, subject: str, cost: int) -> float | None:
        """See ``Counter``."""
        if time.monotonic() >= self._rests_until:
            try:
                return await _wait(self._limiter, item, await self._marks.of(subject), cost)
            except (RedisError, OSError, TimeoutError) as error:
                self._rests_until = time.monotonic() + _REST_SECONDS
                _log.warning("limits_are_counted_alone", cause=type(error).__name__)
        return await self._own.wait(item, subject, cost)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _shared_key(self, period: int) -> bytes:
        """The key of a period: whoever comes first makes it, and it is gone soon after."""
        name = f"{_PREFIX}:key:{period}"
        await self._redis.set(name, await own_key(period), ex=2 * KEY_SECONDS, nx=True)
        key = await self._redis.get(name)
        if not isinstance(key, bytes) or len(key) != KEY_BYTES:
            raise RedisError("the key for marks is not there")
        return key


async def _wait(
    limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, mark: str, cost: int
) -> float | None:
    if await limiter.hit(item, mark, cost=cost):
        return None
    stats = await limiter.get_window_stats(item, mark)
    return max(0.0, stats.reset_time - time.time())
