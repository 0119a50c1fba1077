"""What has been done with a ticket, in words: who changed what, and notes between colleagues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.answers.knowledge import Knowledge
from services.console.masking import mask_numbers
from services.console.queue_view import municipality_name
from services.console.ticket_fields import Field
from services.console.words import AUTHORS, moment
from services.store.tables import TicketEdit, TicketNote
from services.tickets.editing import Change
from services.vocabulary import Author, MunicipalityId

_GONE: Final = "Stängt konto"
_NOTHING: Final = "inget"
_UNKNOWN: Final = frozenset({"okand", "okant"})
_ONLY_THE_CALLERS: Final[Mapping[str, str]] = {
    "municipality": "Kommun",
    "safety": "Trygghet, med egna ord",
    "quote": "Med egna ord",
}
"""What a coordinator can't edit, by the last part of its id."""


@dataclass(frozen=True, slots=True)
class Handling:
    """What has been done with a ticket since it was made, opened for one coordinator."""

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


def edit_views(
    handling: Handling, fields: Sequence[Field], knowledge: Knowledge, now: datetime
) -> tuple[EditView, ...]:
    """Every edit, in order; the fields give their names and what they can say."""
    known = {field.id: field for field in fields if field.id}
    return tuple(
        EditView(
            who=_who(edit, handling),
            when=moment(edit.made_at, now),
            label=_label(edit.field, known),
            before=_said(edit.field, change.before, known, knowledge, handling),
            after=_said(edit.field, change.after, known, knowledge, handling),
        )
        for edit, change in handling.edits
    )


def note_views(handling: Handling, now: datetime) -> tuple[NoteView, ...]:
    """Every note, in order."""
    return tuple(
        NoteView(
            who=handling.names.get(note.from_id, _GONE),
            to=handling.names.get(note.to_id, _GONE),
            when=moment(note.made_at, now),
            text=handling.shown(text),
        )
        for note, text in handling.notes
    )


def _who(edit: TicketEdit, handling: Handling) -> str:
    if edit.coordinator_id is None:
        return AUTHORS[Author.CALLER]
    return handling.names.get(edit.coordinator_id, _GONE)


def _label(field: str, known: Mapping[str, Field]) -> str:
    if field in known:
        return known[field].label
    return _ONLY_THE_CALLERS.get(field.rsplit(".", 1)[-1], field)


def _said(
    field: str,
    value: str | None,
    known: Mapping[str, Field],
    knowledge: Knowledge,
    handling: Handling,
) -> str:
    choices = dict(known[field].choices) if field in known else {}
    if value is None or (value in _UNKNOWN and value not in choices):
        return _NOTHING
    if field == "municipality":
        return municipality_name(knowledge, MunicipalityId(value))
    return choices.get(value, handling.shown(value))
