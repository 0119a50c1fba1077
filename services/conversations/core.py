"""What every part of a conversation works with, built once at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from services.answers.knowledge import Knowledge
from services.answers.rendering import Renderer
from services.conversations.backlog import Backlog
from services.conversations.presence import PageSign, Presence, Sign, WritingSign
from services.conversations.quiet_hours import QuietHours
from services.conversations.relay import News, Relay
from services.conversations.wakeups import Wakeups
from services.dialogue.client import DialogueClient
from services.privacy.keyring import Keyring
from services.store.database import Database
from services.store.tables import Conversation
from services.tickets.duty import DutyHours
from services.triage.judge import Judge
from services.triage.routing import RoutingTable
from services.vocabulary import Channel, MunicipalityId, Setting, Variant


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Core:
    """The parts that a turn needs. The clock is a part, so that a test can set the hour.

    What is said can be renewed while the service runs, and nothing else changes. A turn works on
    the core ``as_it_is_now``, so that it ends with the words that it began with.
    """

    database: Database
    keyring: Keyring
    judge: Judge
    routing: RoutingTable
    renderer: Renderer
    dialogue: DialogueClient
    wakeups: Wakeups
    default_municipality: MunicipalityId
    clock: Callable[[], datetime] = utc_now
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    duty: DutyHours = field(default_factory=DutyHours)
    presence: Presence = field(default_factory=Presence)
    backlog: Backlog = field(default_factory=Backlog)

    deletes_on_request: bool = True
    """Whether a caller may delete a conversation that became no ticket."""

    relay: Relay | None = None
    """To the other service processes; nothing when there are none."""

    knowledge_fault: str | None = None
    """Why the newest content files are not in use; nothing when they are."""
    rasa_answers: bool = True
    """Whether Rasa answered when it was last looked for."""

    def as_it_is_now(self) -> Core:
        """This core with today's words, whatever is renewed meanwhile."""
        return replace(self)

    def renew(self, knowledge: Knowledge) -> None:
        """Say everything from now on with other knowledge: texts, contacts and routing at once.

        The names of places that are known in messages change with it.
        """
        judge = self.judge.with_places(knowledge.places)
        self.renderer, self.routing, self.judge = Renderer(knowledge), knowledge.routing, judge

    def tell(self, sign: Sign) -> None:
        """Let those who follow a conversation know of a sign of presence, if it is news."""
        is_news = self._note(sign)
        if self.relay is not None and (is_news or not _is_in_between(sign)):
            self.relay.send(sign)

    def hear(self, news: News) -> None:
        """Take in what another process tells."""
        if isinstance(news, PageSign | WritingSign):
            self._note(news)
        else:
            self.wakeups.wake_here(news)

    def _note(self, sign: Sign) -> bool:
        is_news = self.presence.note(sign, self.clock())
        if is_news:
            self.wakeups.wake_here(sign.conversation)
        return is_news

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


def _is_in_between(sign: Sign) -> bool:
    """Whether a sign says only that somebody goes on writing: the first of them is told."""
    return isinstance(sign, WritingSign) and sign.is_writing
