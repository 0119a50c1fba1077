"""What every part of a conversation works with, built once at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from services.answers.rendering import Renderer
from services.conversations.wakeups import Wakeups
from services.dialogue.client import DialogueClient
from services.privacy.keyring import Keyring
from services.store.database import Database
from services.store.tables import Conversation
from services.triage.judge import Judge
from services.triage.routing import RoutingTable
from services.vocabulary import Channel, MunicipalityId, Setting, Variant


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Core:
    """The parts that a turn needs. The clock is a part, so that a test can set the hour."""

    database: Database
    keyring: Keyring
    judge: Judge
    routing: RoutingTable
    renderer: Renderer
    dialogue: DialogueClient
    wakeups: Wakeups
    default_municipality: MunicipalityId
    clock: Callable[[], datetime] = utc_now

    def setting(self, conversation: Conversation) -> Setting:
        """How to render for a conversation at this hour."""
        return self.setting_for(
            conversation.channel,
            Variant(conversation.variant),
            MunicipalityId(conversation.municipality),
        )

    def setting_for(
        self, channel: Channel, variant: Variant, municipality: MunicipalityId
    ) -> Setting:
        """How to render for a channel, a form of text and a municipality at this hour."""
        return Setting(variant=variant, channel=channel, municipality=municipality, at=self.clock())
