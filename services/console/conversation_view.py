"""A conversation and its ticket in words, for the page beside which a coordinator writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.answers.knowledge import Knowledge
from services.answers.reply import ContactBlock, SourceBlock, TextBlock
from services.console.handling_view import EditView, Handling, NoteView, edit_views, note_views
from services.console.masking import mask_numbers
from services.console.queue_view import municipality_name
from services.console.ticket_fields import Field, observation_fields, plain_fields
from services.console.words import (
    AUTHORS,
    CHANNELS,
    DELIVERIES,
    JUDGES,
    OUTCOMES,
    URGENCIES,
    moment,
    sureness,
)
from services.conversations.timeline import Event
from services.store.tables import OutboundState, TicketRow, TicketState
from services.tickets.outcome import TicketOutcome
from services.tickets.ticket import Ticket
from services.triage.judgement import Reason
from services.vocabulary import Author, TopicId, Urgency


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
    deletion_asked: str | None
    """When the caller asked for the conversation to be deleted, if they did."""


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
    plain = plain_fields(ticket, knowledge)
    observations = tuple(
        observation_fields(place, seen) for place, seen in enumerate(ticket.observations)
    )
    every = (*plain, *(one for seen in observations for one in seen))
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
        edits=edit_views(handling, every, knowledge, now),
        notes=note_views(handling, now),
        has_numbers=has_numbers and not handling.revealed,
        deletion_asked=moment(row.deletion_asked_at, now) if row.deletion_asked_at else None,
    )


def _shown(field: Field, handling: Handling) -> Field:
    """A field as this coordinator may see it; what is half hidden can't be edited."""
    if field.value is None or handling.shown(field.value) == field.value:
        return field
    return Field(field.label, handling.shown(field.value))


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


def _contact(block: ContactBlock) -> str:
    return " ".join(part for part in (block.name, block.number) if part)
