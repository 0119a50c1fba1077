"""The words that every room shares: urgency, channel, owner, milieu, and the ids of things.

Swedish values are the project's contract (see ``docs/architecture.md``); they cross every border
as they stand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import total_ordering
from typing import Final, NewType
from uuid import UUID

ConversationId = NewType("ConversationId", UUID)
MessageId = NewType("MessageId", UUID)
TicketId = NewType("TicketId", UUID)
CoordinatorId = NewType("CoordinatorId", UUID)

TopicId = NewType("TopicId", str)
"""Id of a topic: the same for the Rasa intent, the answer and the evaluation."""
ContactId = NewType("ContactId", str)
PhraseId = NewType("PhraseId", str)
MunicipalityId = NewType("MunicipalityId", str)


@total_ordering
class Urgency(StrEnum):
    """How fast somebody must act, as a careful duty coordinator would judge one message.

    Ordered: ``Urgency.AKUT`` is the greatest, so ``max()`` gives the highest urgency.
    """

    AKUT = "akut"
    HOG = "hog"
    ORO = "oro"
    INFO = "info"
    UTANFOR = "utanfor"

    @property
    def rank(self) -> int:
        """0 for ``utanfor`` up to 4 for ``akut``."""
        return _RANKS[self]

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Urgency):
            return NotImplemented
        return self.rank < other.rank

    # str brings its own alphabetical comparisons; total_ordering only fills in what is missing.
    def __le__(self, other: object) -> bool:
        return self == other or self < other

    def __gt__(self, other: object) -> bool:
        if not isinstance(other, Urgency):
            return NotImplemented
        return other < self

    def __ge__(self, other: object) -> bool:
        return self == other or self > other


_RANKS: Final = {urgency: rank for rank, urgency in enumerate(reversed(Urgency))}


class Channel(StrEnum):
    """The way a caller reaches us."""

    WEB = "web"
    SMS = "sms"
    VOICE = "voice"


class Variant(StrEnum):
    """The form a text is written in."""

    WEB = "web"
    SMS = "sms"
    VOICE = "voice"
    LATTLAST = "lättläst"
    ENGLISH = "en"


class Owner(StrEnum):
    """Who speaks with the caller now."""

    BOT = "bot"
    COORDINATOR = "coordinator"


class Author(StrEnum):
    """Who wrote a message that the caller sees."""

    CALLER = "caller"
    BOT = "bot"
    COORDINATOR = "coordinator"
    SERVICE = "service"


class Milieu(StrEnum):
    """The three milieus that the sources describe."""

    VIT_MAKT = "vit_makt"
    AUTONOM = "autonom"
    ISLAMISTISK = "islamistisk"
    OKAND = "okand"


class AgeBand(StrEnum):
    """Rough age of the person the caller worries about."""

    UNDER_18 = "<18"
    AGE_18_20 = "18-20"
    OVER_20 = "21+"
    OKAND = "okand"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when something is said: it decides wording, contacts and what is open.

    ``at`` is aware; opening hours are judged in Europe/Stockholm.
    """

    variant: Variant
    channel: Channel
    municipality: MunicipalityId
    at: datetime
