"""What a conversation remembers between two messages, sealed with its key.

Rasa's state is opaque; beside it stands what the service itself has said, so that nobody reads the
same long answer twice. It is bounded by the number of topics, whatever the conversation's length.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

RETURN_AFTER: Final = timedelta(hours=3)
"""Who writes after this long is met as one who comes back."""


class Memory(BaseModel):
    """What is remembered.

    ``said`` are the ids of answers and of phrases that are said once. ``asked_if_helped``,
    ``asked_how_to_reach`` and ``asked_to_delete``: that was the last thing asked. ``at`` is when
    the last message was answered.
    """

    model_config = ConfigDict(frozen=True)

    dialogue: dict[str, Any] | None = None
    said: tuple[str, ...] = ()
    asked_if_helped: bool = False
    asked_how_to_reach: bool = False
    asked_to_delete: bool = False
    at: datetime | None = None

    def is_return(self, now: datetime) -> bool:
        """Whether the caller comes back after a while. ``now`` is aware."""
        return self.at is not None and now - self.at >= RETURN_AFTER

    def after(
        self,
        *,
        dialogue: dict[str, Any] | None,
        said: Iterable[str],
        asked_if_helped: bool,
        asked_how_to_reach: bool,
        asked_to_delete: bool,
        at: datetime,
    ) -> Memory:
        """The memory after a reply. Without a new ``dialogue`` the old one stays."""
        return Memory(
            dialogue=self.dialogue if dialogue is None else dialogue,
            said=tuple(dict.fromkeys((*self.said, *said))),
            asked_if_helped=asked_if_helped,
            asked_how_to_reach=asked_how_to_reach,
            asked_to_delete=asked_to_delete,
            at=at,
        )
