"""Contact cards: which contacts to show at an hour, in what order, with what to know first.

What is open and confirmed comes first, but 112 before all when it was asked for; within that, the
order asked for. A contact that is closed, not confirmed, or whose hours nobody knows while offices
are closed, brings one that stands in for it. When none of them can be reached, 112 comes last: it
is for danger, but there one can ask for the social services on duty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.answers.contacts import Contact, Status
from services.answers.freshness import is_old
from services.answers.hours import (
    Always,
    Closed,
    HoursStatus,
    Open,
    Unknown,
    status,
    swedish_day,
)
from services.answers.knowledge import EMERGENCY, Knowledge
from services.answers.reply import ContactBlock
from services.answers.templates import parse_template
from services.vocabulary import Channel, ContactId, PhraseId, Setting

_WEEKDAYS: Final = ["måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"]
_MONTHS: Final = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
]
_MOST_IN_SMS: Final = 3
"""Contacts that there is room for beside the words of a text message."""
_CONFIRMED_IN: Final = "bekraftad_ar"
_NEAR_DAYS: Final = {0: "i_dag", 1: "i_morgon"}
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class _Shown:
    contact: Contact
    status: HoursStatus

    @property
    def may_answer(self) -> bool:
        """Whether it is open, or, when nobody knows its hours, offices are."""
        match self.status:
            case Open():
                return True
            case Unknown(office_hours=office_hours):
                return office_hours
            case Closed():
                return False

    @property
    def is_certain(self) -> bool:
        """Whether it needs nobody to stand in for it.

        A contact without a number (a switchboard to ask for) has no number that could be wrong.
        """
        confirmed = self.contact.status is Status.CONFIRMED or self.contact.number is None
        return self.may_answer and confirmed

    @property
    def can_stand_in(self) -> bool:
        """Whether somebody can be reached here now, as far as is known."""
        return self.is_certain or (self.may_answer and self.contact.number is not None)

    @property
    def rank(self) -> int:
        """What can be trusted to answer comes first, what is closed last."""
        if self.is_certain and self.contact.number is not None:
            return 0
        if self.may_answer:
            return 1
        return 3 if isinstance(self.status, Closed) else 2


class Cards:
    """Makes the cards."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def of(self, ids: Sequence[ContactId], setting: Setting) -> list[ContactBlock]:
        """The cards for some contacts and those that stand in for them.

        Args:
            ids: In the order to show them; one that the municipality does not have is left out.
            setting: Municipality, time and the form of the texts.
        """
        contacts = self._knowledge.contacts_by_municipality[setting.municipality]
        most = _MOST_IN_SMS if setting.channel is Channel.SMS else None
        known = [contacts[each] for each in dict.fromkeys(ids) if each in contacts]
        asked = [_shown(contact, setting.at) for contact in known]
        shown: dict[ContactId, _Shown] = {}
        for one in asked:
            if one.contact.status is not Status.CLOSED:
                shown[one.contact.id] = one
            if not one.is_certain and (other := _stand_in(one, contacts, setting.at)):
                shown.setdefault(other.contact.id, other)
        first = EMERGENCY if EMERGENCY in ids else None
        ordered = sorted(shown.values(), key=lambda one: (one.contact.id != first, one.rank))
        if ordered and not any(one.can_stand_in for one in ordered):
            last = _shown(contacts[EMERGENCY], setting.at)
            ordered = [*ordered[: most - 1], last] if most else [*ordered, last]
        ordered = ordered[:most]
        return [self._card(one, setting) for one in ordered]

    def _card(self, shown: _Shown, setting: Setting) -> ContactBlock:
        contact = shown.contact
        words = contact.words(setting.variant)
        return ContactBlock(
            id=contact.id,
            name=words.name,
            short_name=words.short_name,
            number=contact.number,
            tel=contact.tel,
            email=contact.email,
            audience=words.audience,
            open_now=_open_now(shown.status),
            hours=self._hours(shown.status, setting),
            note=self._note(contact, setting),
        )

    def _note(self, contact: Contact, setting: Setting) -> str | None:
        year = str(contact.confirmed.year)
        if setting.channel is Channel.SMS:
            return self._short_note(contact, year, setting)
        note = contact.words(setting.variant).note or ""
        if is_old(contact, swedish_day(setting.at)) and year not in note:
            note = f"{note} {self._say('uppgift_gammal', setting, år=year)}".strip()
        return note or None

    def _short_note(self, contact: Contact, year: str, setting: Setting) -> str | None:
        """What must be known of a contact in a text message: how to reach it, or how sure it is."""
        if contact.without_number is not None:
            return contact.without_number.of(setting.variant)
        if contact.status is Status.UNCONFIRMED:
            return self._say(_CONFIRMED_IN, setting, år=year)
        return None

    def _hours(self, status: HoursStatus, setting: Setting) -> str | None:
        today = swedish_day(setting.at)
        match status:
            case Open(closes_at=Always.ALWAYS):
                return self._say("dygnet_runt", setting)
            case Open(closes_at=datetime() as closes_at, may_close_early=early):
                when = self._moment(closes_at, today, setting, with_today=False)
                text = self._say("oppet_nu_till", setting, tid=when)
                return f"{text}. {self._say('kan_stanga_tidigare', setting)}" if early else text
            case Closed(opens_at=None):
                return self._say("tillfalligt_stangt", setting)
            case Closed(opens_at=datetime() as opens_at):
                when = self._moment(opens_at, today, setting, with_today=True)
                return self._say("oppnar", setting, tid=when)
            case Unknown(office_hours=False):
                return self._say("oppet_okant", setting)
        return None

    def _moment(self, moment: datetime, today: date, setting: Setting, *, with_today: bool) -> str:
        """A time as a person would say it today: "18.00", "i morgon 08.00", "måndag 12.00"."""
        clock = self._say("klockslag", setting, klockslag=moment.strftime("%H.%M"))
        days = (moment.date() - today).days
        if days == 0 and not with_today:
            return clock
        return self._say("dag_klockslag", setting, dag=self._day(moment, days, setting), tid=clock)

    def _day(self, moment: datetime, days: int, setting: Setting) -> str:
        if days in _NEAR_DAYS:
            return self._say(_NEAR_DAYS[days], setting)
        weekday = self._say(_WEEKDAYS[moment.weekday()], setting)
        if days < _WEEK:
            return weekday
        month = self._say(_MONTHS[moment.month - 1], setting)
        return self._say("dag_datum", setting, veckodag=weekday, datum=str(moment.day), månad=month)

    def _say(self, phrase: str, setting: Setting, **values: str) -> str:
        text = self._knowledge.phrases[PhraseId(phrase)].of(setting.variant)
        return parse_template(text).filled(values.__getitem__)


def _open_now(status: HoursStatus) -> bool | None:
    return None if isinstance(status, Unknown) else isinstance(status, Open)


def _shown(contact: Contact, at: datetime) -> _Shown:
    return _Shown(contact, status(contact, at))


def _stand_in(shown: _Shown, contacts: Mapping[ContactId, Contact], at: datetime) -> _Shown | None:
    """The nearest that can be reached now among those who stand in for a contact.

    If nobody can, the one that is likeliest to open.
    """
    nearest = _stand_ins(shown.contact, contacts, {shown.contact.id, EMERGENCY})
    others = [_shown(other, at) for other in nearest]
    reachable = [other for other in others if other.can_stand_in]
    if reachable:
        return reachable[0]
    return min(others, key=lambda other: other.rank, default=None)


def _stand_ins(
    contact: Contact, contacts: Mapping[ContactId, Contact], seen: set[ContactId]
) -> Iterator[Contact]:
    """Those who stand in for a contact, the nearest first, and those who stand in for them."""
    nearest = [contacts[each] for each in contact.instead if each in contacts and each not in seen]
    seen.update(other.id for other in nearest)
    yield from nearest
    for other in nearest:
        yield from _stand_ins(other, contacts, seen)
