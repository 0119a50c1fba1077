"""A conversation and its ticket in words, for the page beside which a coordinator writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.answers.knowledge import Knowledge
from services.answers.reply import ContactBlock, SourceBlock, TextBlock
from services.console.queue_view import municipality_name
from services.console.words import (
    AGES,
    AUTHORS,
    CHANNELS,
    JUDGES,
    LANGUAGES,
    OUTCOMES,
    PERCEIVED,
    URGENCIES,
    moment,
    sureness,
)
from services.conversations.timeline import Event
from services.store.tables import TicketRow, TicketState
from services.tickets.outcome import TicketOutcome
from services.tickets.ticket import Observation, Ticket
from services.triage.judgement import Reason
from services.vocabulary import Author, Milieu, TopicId, Urgency


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


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the ticket; no value when it was not asked or not answered."""

    label: str
    value: str | None


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


def message_view(event: Event, now: datetime) -> MessageView:
    """A message in words."""
    blocks = event.reply.blocks if event.reply else ()
    texts = tuple(block.text for block in blocks if isinstance(block, TextBlock))
    serious = event.urgency in {Urgency.AKUT, Urgency.HOG}
    return MessageView(
        position=event.position,
        author=event.author,
        author_word=AUTHORS[event.author],
        at=event.at,
        when=moment(event.at, now),
        texts=(event.text,) if event.text is not None else texts,
        contacts=tuple(_contact(block) for block in blocks if isinstance(block, ContactBlock)),
        sources=tuple(
            f"{block.publisher}: {block.title}, {block.year}"
            for block in blocks
            if isinstance(block, SourceBlock)
        ),
        urgency=event.urgency if serious else None,
        urgency_word=URGENCIES[event.urgency] if serious and event.urgency else None,
    )


def ticket_view(row: TicketRow, ticket: Ticket, knowledge: Knowledge, now: datetime) -> TicketView:
    """The ticket in words: what matters first comes first."""
    return TicketView(
        reference=row.reference,
        urgency=row.urgency,
        urgency_word=URGENCIES[row.urgency],
        grounds=_grounds(row, ticket, knowledge),
        summary=(
            Field("Kanal", CHANNELS[ticket.channel]),
            Field("Kommun", municipality_name(knowledge, ticket.municipality)),
            Field("Kom in", moment(row.created_at, now)),
        ),
        fields=_fields(ticket, knowledge),
        observations=tuple(_observation(seen) for seen in ticket.observations),
        unanswered=ticket.unanswered,
    )


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
    return (
        Field("Akut, med egna ord", "\n".join(ticket.acute_risks) or None),
        Field("Varför just nu", ticket.why_now),
        Field("Relation till personen", ticket.relation),
        Field("Personens ålder", AGES.get(ticket.age_band)),
        Field("Barn i närheten", ticket.children_nearby),
        Field("Önskad hjälp", ticket.wanted_help),
        Field("Kontakter som redan tagits", ticket.contacts_taken),
        Field("Tryggt sätt att nå den som hör av sig", ticket.callback.way),
        Field("Trygg tid", ticket.callback.time),
        Field("Får meddelande lämnas", _yes_or_no(answer=ticket.callback.message_allowed)),
        Field("Samtycke till kontakt", _yes_or_no(answer=ticket.consent)),
        Field("Språk", LANGUAGES.get(ticket.language, ticket.language)),
        Field("Tolk behövs", _yes_or_no(answer=ticket.interpreter)),
        Field("Miljö, med egna ord", _milieu(ticket.milieu, knowledge)),
    )


def _observation(seen: Observation) -> tuple[Field, ...]:
    return (
        Field("Med egna ord", seen.quote),
        Field("När", seen.when),
        Field("Var", seen.where),
        Field("Sett eller hört", PERCEIVED.get(seen.perceived)),
        Field("Tolkning", seen.interpretation),
    )


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


def _yes_or_no(*, answer: bool | None) -> str | None:
    if answer is None:
        return None
    return "Ja" if answer else "Nej"


def _contact(block: ContactBlock) -> str:
    return " ".join(part for part in (block.name, block.number) if part)
