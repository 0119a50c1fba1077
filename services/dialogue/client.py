"""The client towards Rasa on loopback."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self

import aiohttp
from pydantic import SecretStr, ValidationError

from services.dialogue.protocol import DialogueReply, DialogueRequest

_PATH: Final = "/webhooks/oroslotsen/turn"


class DialogueAwayError(Exception):
    """Rasa gave no usable reply in time: it is down, slow, or said nothing."""


class DialogueClient:
    """Asks Rasa what to say next. Use as an async context manager, which owns the connections."""

    def __init__(self, url: str, token: SecretStr, timeout: float) -> None:
        """Prepare the client.

        Args:
            url: Rasa's address.
            token: The shared secret.
            timeout: Seconds to wait for a reply.
        """
        self._session = aiohttp.ClientSession(
            url,
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
        """What to say to a message.

        Raises:
            DialogueAwayError: no reply in time, an error status, a reply that does not follow the
                protocol, or one without directives: an action that failed leaves Rasa silent.
        """
        try:
            async with self._session.post(
                _PATH,
                data=request.model_dump_json(),
                headers={"Content-Type": "application/json"},
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DialogueAwayError(type(error).__name__) from error
        if response.status != 200:
            raise DialogueAwayError(f"status {response.status}")
        try:
            reply = DialogueReply.model_validate_json(body)
        except ValidationError as error:
            # The error's own text would quote the reply, which may hold a caller's words.
            raise DialogueAwayError(f"{error.error_count()} faults in the reply") from None
        if not reply.directives:
            raise DialogueAwayError("no directive")
        return reply

    async def is_ready(self) -> bool:
        """Whether Rasa answers and has a model."""
        try:
            async with self._session.get("/webhooks/oroslotsen/") as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False
