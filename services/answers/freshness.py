"""How old the facts are: what to review again, and whom to call to confirm a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from services.answers.contacts import Contact, Precision, Status
from services.answers.knowledge import Answer, Knowledge
from services.vocabulary import ContactId, MunicipalityId, TopicId

CONFIRMED_FOR: Final = timedelta(days=365)
"""How long a confirmation of a contact holds."""


class Ask(StrEnum):
    """What to ask when calling a contact."""

    RUNNING = "finns linjen kvar?"
    NUMBER = "vilket är numret?"
    HOURS = "vilka är tiderna?"
    EVERYTHING = "stämmer uppgifterna?"


@dataclass(frozen=True, slots=True)
class StaleAnswer:
    """An answer past the day it should have been reviewed."""

    id: TopicId
    question: str
    review_by: date


@dataclass(frozen=True, slots=True)
class Call:
    """A contact for the operator to confirm.

    Attributes:
        contact: Whose.
        municipality: Where it belongs; nothing for a national contact.
        name: To show.
        number: To call; nothing when the number itself is what to find.
        confirmed: When it was last confirmed.
        precision: How exactly that is known.
        asks: What to ask.
    """

    contact: ContactId
    municipality: MunicipalityId | None
    name: str
    number: str | None
    confirmed: date
    precision: Precision
    asks: tuple[Ask, ...]

    @property
    def confirmed_words(self) -> str:
        """When it was last confirmed, no more exactly than is known: "2020" or "2023-02-07"."""
        length = {Precision.YEAR: 4, Precision.MONTH: 7, Precision.DAY: 10}[self.precision]
        return self.confirmed.isoformat()[:length]


def stale_answers(knowledge: Knowledge, today: date) -> tuple[StaleAnswer, ...]:
    """Answers past their review date, the oldest first."""
    stale = [
        StaleAnswer(answer.id, answer.question, answer.review_by)
        for answer in knowledge.answers.values()
        if answer.review_by < today
    ]
    return tuple(sorted(stale, key=lambda answer: (answer.review_by, answer.id)))


def contacts_to_confirm(knowledge: Knowledge, today: date) -> tuple[Call, ...]:
    """The call-through list: contacts that are unconfirmed, old or incomplete; the oldest first.

    A generic contact is nobody one could call, and is left out.
    """
    calls = [
        Call(
            contact=contact.id,
            municipality=municipality,
            name=contact.name,
            number=contact.number,
            confirmed=contact.confirmed,
            precision=contact.confirmed_precision,
            asks=asks,
        )
        for municipality, contact in knowledge.all_contacts()
        if (asks := _asks(contact, today))
    ]
    return tuple(sorted(calls, key=lambda call: (call.confirmed, call.contact)))


def is_old(contact: Contact, today: date) -> bool:
    """Whether a contact's confirmation no longer holds."""
    return today - contact.confirmed > CONFIRMED_FOR


def oldest_year(answer: Answer) -> int:
    """The year to give for an answer that is past its review date.

    Of several sources the oldest counts, so that a fact never looks fresher than it is.
    """
    return min(source.year for source in answer.sources)


def _asks(contact: Contact, today: date) -> tuple[Ask, ...]:
    if contact.generic or contact.status is Status.CLOSED:
        return ()
    unsure = contact.status is Status.UNCONFIRMED or is_old(contact, today)
    # Lately confirmed without a number: it has none, and is reached as its note says.
    asks = {
        Ask.RUNNING: contact.status is Status.UNCONFIRMED,
        Ask.NUMBER: contact.number is None and unsure,
        Ask.HOURS: contact.hours is None and (unsure or contact.number is not None),
        Ask.EVERYTHING: is_old(contact, today),
    }
    return tuple(ask for ask, holds in asks.items() if holds)
