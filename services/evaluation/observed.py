"""What the service did with one message, beside what was expected of it."""

from __future__ import annotations

from dataclasses import dataclass

from services.evaluation.cases import Case
from services.triage.judgement import Reason
from services.vocabulary import ContactId, TopicId, Urgency


@dataclass(frozen=True, slots=True)
class Observed:
    """What came of one message.

    ``topics`` (most probable first) and ``contacts`` (those shown) are None when only the judges
    in process were asked, and not the dialogue. ``milliseconds`` is the time that it took.
    """

    urgency: Urgency
    leads_with_112: bool
    asks_danger: bool
    topics: tuple[TopicId, ...] | None
    contacts: tuple[ContactId, ...] | None
    why: tuple[Reason, ...]
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A case, the file it stands in and what was observed."""

    file: str
    case: Case
    observed: Observed

    @property
    def acute(self) -> bool:
        """Whether the message is acute, whatever was made of it."""
        return self.case.expected.urgency is Urgency.AKUT

    @property
    def missed(self) -> bool:
        """Acute, and not led with 112."""
        return self.acute and not self.observed.leads_with_112

    @property
    def led_without_need(self) -> bool:
        """Led with 112 though it is not acute."""
        return self.observed.leads_with_112 and not self.acute

    @property
    def asked_without_need(self) -> bool:
        """Asked about danger where a careful person would not."""
        return self.observed.asks_danger and not self.case.expected.may_ask_danger

    @property
    def right_urgency(self) -> bool:
        """The urgency is the expected one."""
        return self.observed.urgency is self.case.expected.urgency

    @property
    def right_topic(self) -> bool:
        """The most probable topic is one of the acceptable."""
        first = next(iter(self.observed.topics or ()), None)
        return first in self.case.expected.topics

    @property
    def right_contact(self) -> bool:
        """One of the acceptable contacts is shown, or none is needed."""
        wanted = self.case.expected.contacts
        return not wanted or not set(wanted).isdisjoint(self.observed.contacts or ())
