"""The relay: wake-ups and signs of presence from one service process to the others, through Redis.

Only keys travel: which conversation has news, that the queue has; whose page is open, who writes.
Redis keeps none of it, and what is lost costs time, never data: while it is away, and once when it
is back, everyone who follows anything is woken to read the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from typing import Final
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.conversations.presence import PageSign, Sign, WritingSign
from services.conversations.wakeups import Key, Wakeups

POLL_SECONDS: Final = 2.0
"""How long it takes to wake everyone once, and so how late news may be with Redis away."""
_BEAT_SECONDS: Final = 1.0
_SILENCE_SECONDS: Final = 4.0
"""Who does not hear the own beat for so long is cut off, whatever the connection says."""
_RETRY_SECONDS: Final = 1.0
_CHANNEL: Final = "oroslotsen"

type News = Key | Sign

_log = structlog.get_logger(__name__)


class _Batch(BaseModel):
    """What one process tells the others at once. An empty one is its beat."""

    model_config = ConfigDict(frozen=True)

    sender: str
    conversations: tuple[UUID, ...] = ()
    places: tuple[str, ...] = ()
    signs: tuple[PageSign | WritingSign, ...] = ()

    @property
    def news(self) -> tuple[News, ...]:
        return (*self.conversations, *self.places, *self.signs)


class Relay:
    """Tells the other processes, and hears them, while ``run`` runs."""

    def __init__(self, url: str) -> None:
        """Prepare; nothing is connected yet.

        Args:
            url: Redis's address, such as ``redis://user:password@host:6379`` or ``rediss://...``.
        """
        self._redis = Redis.from_url(
            url,
            socket_connect_timeout=_SILENCE_SECONDS,
            socket_timeout=_SILENCE_SECONDS,
            # A connection that was lost is told of, not mended in silence: news were lost with it.
            retry=Retry(NoBackoff(), 0),
        )
        self._name = secrets.token_hex(8)
        self._away = asyncio.Event()
        self._away.set()
        self._unsent: dict[News, None] = {}
        self._has_unsent = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        """Whether what is sent reaches the other processes."""
        return not self._away.is_set()

    def send(self, news: News) -> None:
        """Tell the others soon; nothing while Redis is away, when they look by themselves."""
        if self.is_connected:
            self._unsent[news] = None
            self._has_unsent.set()

    async def run(self, wakeups: Wakeups, hear: Callable[[News], None]) -> None:
        """Stay connected, until cancelled.

        Args:
            wakeups: Whom to wake while Redis is away.
            hear: Takes what another process tells.
        """
        async with self._redis, asyncio.TaskGroup() as group:
            group.create_task(self._stay_connected(hear))
            group.create_task(self._make_up_for_it(wakeups))

    async def _stay_connected(self, hear: Callable[[News], None]) -> None:
        while True:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._listen(hear))
                    group.create_task(self._publish())
            except* (RedisError, OSError) as errors:
                if self.is_connected:
                    _log.warning("redis_is_away", cause=type(errors.exceptions[0]).__name__)
            self._away.set()
            self._unsent.clear()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self, hear: Callable[[News], None]) -> None:
        clock = asyncio.get_running_loop().time
        async with (
            asyncio.timeout(_SILENCE_SECONDS) as patience,
            self._redis.pubsub(ignore_subscribe_messages=True) as channel,
        ):
            await channel.subscribe(_CHANNEL)
            async for message in channel.listen():
                patience.reschedule(clock() + _SILENCE_SECONDS)
                self._take(message["data"], hear)

    def _take(self, data: bytes, hear: Callable[[News], None]) -> None:
        if not self.is_connected:
            self._away.clear()
            _log.info("redis_is_here")
        try:
            batch = _Batch.model_validate_json(data)
        except ValidationError:
            _log.warning("relay_not_understood")  # somebody else's channel, or another release
            return
        if batch.sender != self._name:
            for news in batch.news:
                hear(news)

    async def _publish(self) -> None:
        while True:
            await self._redis.publish(_CHANNEL, self._batch().model_dump_json())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_BEAT_SECONDS):
                    await self._has_unsent.wait()

    def _batch(self) -> _Batch:
        news = list(self._unsent)
        self._unsent.clear()
        self._has_unsent.clear()
        return _Batch(
            sender=self._name,
            conversations=tuple(one for one in news if isinstance(one, UUID)),
            places=tuple(one for one in news if isinstance(one, str)),
            signs=tuple(one for one in news if isinstance(one, PageSign | WritingSign)),
        )

    async def _make_up_for_it(self, wakeups: Wakeups) -> None:
        while True:
            await self._away.wait()
            while not self.is_connected:
                await _wake_everyone(wakeups)
            await _wake_everyone(wakeups)  # of what was told before we heard again


async def _wake_everyone(wakeups: Wakeups) -> None:
    """One after another, so that they do not all ask the database at once."""
    keys = wakeups.followed()
    pause = POLL_SECONDS / (len(keys) + 1)
    for key in keys:
        wakeups.wake_here(key)
        await asyncio.sleep(pause)
    await asyncio.sleep(pause)
