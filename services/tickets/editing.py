"""Editing a ticket field by field: a field has an id such as ``callback.way``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from services.tickets.errors import FieldError
from services.tickets.ticket import Ticket

# Not a quote: those are the caller's own words. Not times, channel or grounds: those are facts.
_FIELD: Final = re.compile(
    r"relation|age_band|children_nearby|why_now|contacts_taken|wanted_help|consent|language"
    r"|interpreter|milieu|callback\.(?:way|time|message_allowed)"
    r"|observations\.\d{1,3}\.(?:when|where|perceived|interpretation)"
)
# The caller can change these besides.
_TOLD: Final = re.compile(rf"{_FIELD.pattern}|municipality|safety|observations\.\d{{1,3}}\.quote")
_UNKNOWN: Final = {"age_band": "okand", "language": "sv"}
_NOT_KNOWN: Final = frozenset({"okand", "okant"})
MAX_CHARACTERS: Final = 2_000


class Change(BaseModel):
    """What a field said before and says after; nothing for not answered."""

    model_config = ConfigDict(frozen=True)

    before: str | None
    after: str | None


def edit_ticket(ticket: Ticket, field: str, value: str) -> tuple[Ticket, Change]:
    """The ticket with one field changed.

    Args:
        ticket: As it is.
        field: Its id.
        value: As a form sends it; empty for not answered, ``true`` or ``false`` for yes or no.

    Raises:
        FieldError: there is no such field that may be edited, or it can't say that.
    """
    if not _FIELD.fullmatch(field) or len(value) > MAX_CHARACTERS:
        raise FieldError
    *path, name = field.split(".")
    document = ticket.model_dump(mode="json")
    place: Any = document
    for step in path:
        try:
            place = place[int(step) if step.isdigit() else step]
        except IndexError:
            raise FieldError from None
    before = place[name]
    given = value.strip()
    empty = "okant" if name == "perceived" else _UNKNOWN.get(name)
    place[name] = given or empty
    try:
        edited = Ticket.model_validate(document)
    except ValidationError:
        raise FieldError from None
    return edited, Change(before=_text(before), after=_text(given or empty))


def differences(before: Ticket, after: Ticket) -> dict[str, Change]:
    """What the caller has changed between two forms of a ticket, by the field's id."""
    old, new = dict(_told(before)), dict(_told(after))
    return {
        field: Change(before=old.get(field), after=value)
        for field, value in new.items()
        if value != old.get(field)
    }


def _told(ticket: Ticket) -> Iterator[tuple[str, str | None]]:
    """Each field that a caller tells of, with its value; nothing for not answered."""
    for field, value in _leaves(ticket.model_dump(mode="json")):
        if _TOLD.fullmatch(field):
            text = _text(value)
            yield field, None if text in _NOT_KNOWN else text


def _leaves(document: object, path: str = "") -> Iterator[tuple[str, object]]:
    parts: Iterable[tuple[object, object]]
    if isinstance(document, dict):
        parts = document.items()
    elif isinstance(document, list):
        parts = enumerate(document)
    else:
        yield path, document
        return
    for name, part in parts:
        yield from _leaves(part, f"{path}.{name}" if path else str(name))


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
