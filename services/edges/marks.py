"""Marks: what stands for an address or a caller in the counts, and can't be turned back.

A keyed hash whose key lives for an hour and is then forgotten, so that nobody can tell afterwards
who it was, nor see that it was the same one the day before. Where Redis is used the key is there,
under the same short life, for the processes to share.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final

KEY_SECONDS: Final = 3600
"""As long as the longest limit reaches back."""
KEY_BYTES: Final = 32
_MARK_BYTES: Final = 12


type KeyMaker = Callable[[int], Awaitable[bytes]]
"""Gives the key of a period, by its number."""


async def own_key(_period: int) -> bytes:
    """A key that this process alone has."""
    return secrets.token_bytes(KEY_BYTES)


class Marks:
    """Makes marks under the key of the present hour."""

    def __init__(self, key: KeyMaker, clock: Callable[[], float] = time.time) -> None:
        self._make_key, self._clock = key, clock
        self._period = -1
        self._key = b""

    async def of(self, text: str) -> str:
        """The mark of an address, a number or a secret.

        Args:
            text: What must not be kept.
        """
        period = int(self._clock() // KEY_SECONDS)
        if period != self._period:
            self._key, self._period = await self._make_key(period), period
        told = text.encode(errors="surrogatepass")
        return hashlib.blake2b(told, key=self._key, digest_size=_MARK_BYTES).hexdigest()
