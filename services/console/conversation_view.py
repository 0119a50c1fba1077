"""A conversation and its ticket in words, for the page beside which a coordinator writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.answers.knowledge import Knowledge
from services.answers.reply import ContactBlock, SourceBlock, TextBlock
from services.console.masking import mask_numbers
from services.console.queue_view import municipality_name
from services.console.words import (
    AGES,
    AUTHORS,
    CHANNELS,
    DELIVERIES,
    JUDGES,
    LANGUAGES,
    OUTCOMES,
    PERCEIVED,
    URGENCIES,
    moment,
    sureness,
)
from services.conversations.timeline import Event
from services.store.tables import OutboundState, TicketEdit, TicketNote, TicketRow, TicketState
from services.tickets.editing import Change
from services.tickets.outcome import TicketOutcome
from services.tickets.ticket import Observation, Ticket
from services.triage.judgement import Reason
from services.vocabulary import AgeBand, Author, Milieu, TopicId, Urgency

_GONE: Final = "Stängt konto"
_YES_OR_NO: Final[Mapping[str, str]] = {"true": "Ja", "false": "Nej"}


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message of the timeline. A contact is a line of its name and number."""

    position: int
    author: Author
    author_word: str
    at: datetime
    when: str
    texts: tuple[str, ...]
    contacts: tuple[str, ...]
    sources: tuple[str, ...]
    urgency: Urgency | None
    urgency_word: str | None
    delivery: str | None
    failed: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the ticket; no value when it was not asked or not answered.

    ``id`` is what it is edited by, nothing when it can't be; ``choices`` what it can say.
    """

    label: str
    value: str | None
    id: str | None = None
    raw: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Handling:
    """What coordinators have done with a ticket, opened for one of them."""

    number: str | None
    revealed: bool
    edits: tuple[tuple[TicketEdit, Change], ...]
    notes: tuple[tuple[TicketNote, str], ...]
    names: Mapping[UUID, str]

    def shown(self, text: str) -> str:
        """A text as this coordinator may see it."""
        return text if self.revealed else mask_numbers(text)


@dataclass(frozen=True, slots=True)
class EditView:
    """Who changed what, from what, to what."""

    who: str
    when: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NoteView:
    """What somebody wrote to the colleague who took over."""

    who: str
    to: str
    when: str
    text: str


@dataclass(frozen=True, slots=True)
class TicketView:
    """The ticket as it stands beside the conversation."""

    reference: str
    urgency: Urgency
    urgency_word: str
    grounds: tuple[str, ...]
    summary: tuple[Field, ...]
    fields: tuple[Field, ...]
    observations: tuple[tuple[Field, ...], ...]
    unanswered: bool
    edits: tuple[EditView, ...]
    notes: tuple[NoteView, ...]
    has_numbers: bool
    """Whether something in it is hidden from this coordinator."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has the conversation, as one coordinator sees it."""

    ticket_id: UUID
    mine: bool
    holder: str | None
    closed: str | None
    """The outcome in words, when the ticket is closed."""

    @property
    def free(self) -> bool:
        """Whether it can be taken over."""
        return self.holder is None and self.closed is None


def message_view(event: Event, now: datetime, *, revealed: bool) -> MessageView:
    """A message in words; a person's numbers are hidden until they are revealed."""
    own = event.text if event.text is None or revealed else mask_numbers(event.text)
    blocks = event.reply.blocks if event.reply else ()
    texts = tuple(block.text for block in blocks if isinstance(block, TextBlock))
    serious = event.urgency in {Urgency.AKUT, Urgency.HOG}
    return MessageView(
        position=event.position,
        author=event.author,
        author_word=AUTHORS[event.author],
        at=event.at,
        when=moment(event.at, now),
        texts=(own,) if own is not None else texts,
        contacts=tuple(_contact(block) for block in blocks if isinstance(block, ContactBlock)),
        sources=tuple(
            f"{block.publisher}: {block.title}, {block.year}"
            for block in blocks
            if isinstance(block, SourceBlock)
        ),
        urgency=event.urgency if serious else None,
        urgency_word=URGENCIES[event.urgency] if serious and event.urgency else None,
        delivery=DELIVERIES[event.delivery] if event.delivery else None,
        failed=event.delivery is OutboundState.FAILED,
    )


def ticket_view(
    row: TicketRow, ticket: Ticket, knowledge: Knowledge, now: datetime, handling: Handling
) -> TicketView:
    """The ticket in words: what matters first comes first."""
    plain = _fields(ticket, knowledge)
    observations = tuple(
        _observation(place, seen) for place, seen in enumerate(ticket.observations)
    )
    every = (*plain, *(one for seen in observations for one in seen))
    labels = {one.id: one.label for one in every if one.id}
    number = (Field("Telefonnummer", handling.shown(handling.number)),) if handling.number else ()
    has_numbers = handling.number is not None or any(
        mask_numbers(one.value or "") != (one.value or "") for one in every
    )
    return TicketView(
        reference=row.reference,
        urgency=row.urgency,
        urgency_word=URGENCIES[row.urgency],
        grounds=_grounds(row, ticket, knowledge),
        summary=(
            Field("Kanal", CHANNELS[ticket.channel]),
            Field("Kommun", municipality_name(knowledge, ticket.municipality)),
            Field("Kom in", moment(row.created_at, now)),
            *number,
        ),
        fields=tuple(_shown(one, handling) for one in plain),
        observations=tuple(tuple(_shown(one, handling) for one in seen) for seen in observations),
        unanswered=ticket.unanswered,
        edits=tuple(_edit(edit, change, labels, handling, now) for edit, change in handling.edits),
        notes=tuple(
            NoteView(
                who=handling.names.get(note.from_id, _GONE),
                to=handling.names.get(note.to_id, _GONE),
                when=moment(note.made_at, now),
                text=handling.shown(text),
            )
            for note, text in handling.notes
        ),
        has_numbers=has_numbers and not handling.revealed,
    )


def _shown(field: Field, handling: Handling) -> Field:
    """A field as this coordinator may see it; what is half hidden can't be edited."""
    if field.value is None or handling.shown(field.value) == field.value:
        return field
    return Field(field.label, handling.shown(field.value))


def _edit(
    edit: TicketEdit,
    change: Change,
    labels: Mapping[str, str],
    handling: Handling,
    now: datetime,
) -> EditView:
    return EditView(
        who=handling.names.get(edit.coordinator_id, _GONE),
        when=moment(edit.made_at, now),
        label=labels.get(edit.field, edit.field),
        before=_said(edit.field, change.before, handling),
        after=_said(edit.field, change.after, handling),
    )


def _said(field: str, value: str | None, handling: Handling) -> str:
    words = dict(_choices(field))
    return words.get(value or "", handling.shown(value) if value else "inget")


def standing(row: TicketRow, holder: str | None, coordinator_id: UUID) -> Standing:
    """Who has a ticket's conversation."""
    closed = row.state is TicketState.CLOSED
    outcome = OUTCOMES[TicketOutcome(row.outcome)] if closed and row.outcome else None
    return Standing(
        ticket_id=row.id,
        mine=row.state is TicketState.CLAIMED and row.coordinator_id == coordinator_id,
        holder=holder,
        closed=outcome or "Utan utfall" if closed else None,
    )


def _fields(ticket: Ticket, knowledge: Knowledge) -> tuple[Field, ...]:
    back = ticket.callback
    age = None if ticket.age_band is AgeBand.OKAND else ticket.age_band.value
    return (
        Field("Akut, med egna ord", "\n".join(ticket.acute_risks) or None),
        _field("why_now", "Varför just nu", ticket.why_now),
        _field("relation", "Relation till personen", ticket.relation),
        _field("age_band", "Personens ålder", age),
        _field("children_nearby", "Barn i närheten", ticket.children_nearby),
        _field("wanted_help", "Önskad hjälp", ticket.wanted_help),
        _field("contacts_taken", "Kontakter som redan tagits", ticket.contacts_taken),
        _field("callback.way", "Tryggt sätt att nå den som hör av sig", back.way),
        _field("callback.time", "Trygg tid", back.time),
        _field(
            "callback.message_allowed", "Får meddelande lämnas", _bool(value=back.message_allowed)
        ),
        _field("consent", "Samtycke till kontakt", _bool(value=ticket.consent)),
        _field("language", "Språk", ticket.language),
        _field("interpreter", "Tolk behövs", _bool(value=ticket.interpreter)),
        Field(
            "Miljö, med egna ord",
            _milieu(ticket.milieu, knowledge),
            "milieu",
            ticket.milieu or "",
            (("", "inget"), *((one, knowledge.milieus[one].name) for one in knowledge.milieus)),
        ),
    )


def _observation(place: int, seen: Observation) -> tuple[Field, ...]:
    path = f"observations.{place}."
    perceived = None if seen.perceived == "okant" else seen.perceived
    return (
        Field("Med egna ord", seen.quote),
        _field(f"{path}when", "När", seen.when),
        _field(f"{path}where", "Var", seen.where),
        _field(f"{path}perceived", "Sett eller hört", perceived),
        _field(f"{path}interpretation", "Tolkning", seen.interpretation),
    )


def _field(name: str, label: str, raw: str | None) -> Field:
    """A field that can be edited, with its value in words."""
    choices = _choices(name)
    value = raw and dict(choices).get(raw, raw)
    return Field(label, value or None, name, raw or "", choices)


def _choices(name: str) -> tuple[tuple[str, str], ...]:
    """What a field can say, when it is one of some things; values are stored, words are read."""
    words: Mapping[AgeBand, str] | Mapping[str, str] = {}
    match name.rsplit(".", 1)[-1]:
        case "age_band":
            words = AGES
        case "perceived":
            words = PERCEIVED
        case "language":
            words = LANGUAGES
        case "message_allowed" | "consent" | "interpreter":
            words = _YES_OR_NO
    return (("", "inget"), *((str(key), word) for key, word in words.items())) if words else ()


def _grounds(row: TicketRow, ticket: Ticket, knowledge: Knowledge) -> tuple[str, ...]:
    grounds = tuple(_ground(reason, knowledge) for reason in ticket.grounds.why)
    if row.urgency > ticket.grounds.urgency:
        return ("Ett senare meddelande höjde brådskan. Det är märkt i samtalet.", *grounds)
    return grounds


def _ground(reason: Reason, knowledge: Knowledge) -> str:
    judge = JUDGES.get(reason.by, reason.by)
    return f"{judge}: {_what(reason.what, knowledge)} ({sureness(reason.score)})"


def _what(what: str, knowledge: Knowledge) -> str:
    if what in Urgency:
        return URGENCIES[Urgency(what)].lower()
    answer = knowledge.answers.get(TopicId(what))
    return f"”{answer.question}”" if answer else what.replace("_", " ")


def _milieu(milieu: Milieu | None, knowledge: Knowledge) -> str | None:
    if milieu is None:
        return None
    entry = knowledge.milieus.get(milieu)
    return entry.name if entry else milieu.value


def _bool(*, value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _contact(block: ContactBlock) -> str:
    return " ".join(part for part in (block.name, block.number) if part)
