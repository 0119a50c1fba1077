"""The ticket's fields in words, each with what it is edited by and what it can say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.answers.knowledge import Knowledge
from services.console.words import AGES, LANGUAGES, PERCEIVED
from services.tickets.ticket import Observation, Ticket
from services.vocabulary import AgeBand, Milieu

_YES_OR_NO: Final[Mapping[str, str]] = {"true": "Ja", "false": "Nej"}


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


def plain_fields(ticket: Ticket, knowledge: Knowledge) -> tuple[Field, ...]:
    """Everything but the observations: what matters first comes first."""
    back = ticket.callback
    age = None if ticket.age_band is AgeBand.OKAND else ticket.age_band.value
    return (
        Field("Akut, med egna ord", "\n".join(ticket.acute_risks) or None),
        Field("Trygghet, med egna ord", ticket.safety),
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


def observation_fields(place: int, seen: Observation) -> tuple[Field, ...]:
    """One observation; ``place`` is its number, from 0."""
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


def _milieu(milieu: Milieu | None, knowledge: Knowledge) -> str | None:
    if milieu is None:
        return None
    entry = knowledge.milieus.get(milieu)
    return entry.name if entry else milieu.value


def _bool(*, value: bool | None) -> str | None:
    return None if value is None else str(value).lower()
