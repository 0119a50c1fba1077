"""The client towards Rasa on loopback: one process of it, or several that any turn may go to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

import aiohttp
from pydantic import SecretStr, ValidationError

from services.dialogue.protocol import DialogueReply, DialogueRequest

_PATH: Final = "/webhooks/oroslotsen/turn"
_REST_SECONDS: Final = 5.0
"""How long a Rasa that did not answer is asked after all others."""
_LOOK: Final = aiohttp.ClientTimeout(total=2.0)
"""How long a Rasa may take to say that it is ready: one that hangs hides no other."""
_LEAST_SECONDS: Final = 0.1
"""None or less would be no limit to aiohttp."""


class DialogueAwayError(Exception):
    """Rasa gave no usable reply in time: it is down, slow, or said nothing."""


class _Worker:
    """One Rasa process. It handles one message at a time, and lets the others wait."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked = 0
        self.rests_until = 0.0


class DialogueClient:
    """Asks Rasa what to say next. Use as an async context manager, which owns the connections.

    Rasa keeps nothing between two turns, so that any process can take any turn, and one that
    another did not finish.
    """

    def __init__(self, urls: Sequence[str], token: SecretStr, timeout: float) -> None:
        """Prepare the client.

        Args:
            urls: The addresses of the Rasa processes, at least one.
            token: The shared secret.
            timeout: Seconds to wait for a reply, all processes together.
        """
        self._workers = [_Worker(url) for url in urls]
        self._timeout = timeout
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {token.get_secret_value()}"},
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=1.0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def next(self, request: DialogueRequest) -> DialogueReply:
        """What to say to a message: from the least busy process, or from the next if it is away.

        Raises:
            DialogueAwayError: from none a reply in time; or an error status, a reply that does not
                follow the protocol, or one without directives: an action that failed leaves Rasa
                silent.
        """
        clock = asyncio.get_running_loop().time
        ends = clock() + self._timeout
        body = request.model_dump_json()
        workers = sorted(self._workers, key=lambda one: (one.rests_until > clock(), one.asked))
        cause: Exception | None = None
        for place, worker in enumerate(workers):
            # A process that hangs leaves time for the next.
            share = (ends - clock()) / (len(workers) - place)
            try:
                return _read(*await self._ask(worker, body, max(share, _LEAST_SECONDS)))
            except (aiohttp.ClientError, TimeoutError) as error:
                worker.rests_until = clock() + _REST_SECONDS
                cause = error
        raise DialogueAwayError(type(cause).__name__) from cause

    async def _ask(self, worker: _Worker, body: str, seconds: float) -> tuple[int, bytes]:
        worker.asked += 1
        try:
            async with self._session.post(
                worker.url + _PATH,
                data=body,
                headers={"Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=1.0),
            ) as response:
                if response.status == 503:  # it has no model yet
                    response.raise_for_status()
                return response.status, await response.read()
        finally:
            worker.asked -= 1

    async def is_ready(self) -> bool:
        """Whether some Rasa answers and has a model."""
        return any(await asyncio.gather(*(self._is_ready(worker) for worker in self._workers)))

    async def _is_ready(self, worker: _Worker) -> bool:
        try:
            async with self._session.get(
                worker.url + "/webhooks/oroslotsen/", timeout=_LOOK
            ) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


def _read(status: int, body: bytes) -> DialogueReply:
    if status != 200:
        raise DialogueAwayError(f"status {status}")
    try:
        reply = DialogueReply.model_validate_json(body)
    except ValidationError as error:
        # The error's own text would quote the reply, which may hold a caller's words.
        raise DialogueAwayError(f"{error.error_count()} faults in the reply") from None
    if not reply.directives:
        raise DialogueAwayError("no directive")
    return reply
