"""What we have about a person who has asked for it: one file to read, others' details masked. Pure.

The masking is cautious and not sure: a coordinator looks the file through before it is handed out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import orjson
from pydantic import BaseModel, ConfigDict

from services.answers.knowledge import Knowledge
from services.console.corrections import anonymise
from services.console.ticket_fields import observation_fields, plain_fields
from services.console.words import AUTHORS, CHANNELS, moment
from services.conversations.timeline import Event
from services.tickets.ticket import Ticket
from services.vocabulary import Author, Channel

_NAME: Final = re.compile(r"(?<![.!?\n] )(?<!^)(?<![.!?\n])\b[A-ZÅÄÖ][\w-]+", re.MULTILINE)
_NAMED: Final = re.compile(r"\b(?:heter|kallas|kallar sig|namnet|called)\s+([\w-]+)", re.IGNORECASE)
_MASKED_NAME: Final = "[namn]"


class Line(BaseModel):
    """Something that was said."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    author: Author
    text: str


class PersonExport(BaseModel):
    """Everything, as it is handed out."""

    model_config = ConfigDict(frozen=True)

    reference: str
    made_at: datetime
    channel: Channel
    number: str | None
    said: tuple[Line, ...]
    ticket: tuple[tuple[str, str], ...]
    masked: str = (
        "Namn, adresser och nummer som kan vara andra personers är ersatta med [namn], [adress], "
        "[nummer] och liknande. Det är gjort av ett program, som både kan ha tagit bort för mycket "
        "och för lite."
    )
    to_do: str = "En samordnare ska läsa igenom filen innan den lämnas ut."


def export_of(
    ticket: Ticket, events: Sequence[Event], number: str | None, knowledge: Knowledge, now: datetime
) -> PersonExport:
    """What is handed out of a conversation and its ticket.

    Args:
        ticket: As it stands.
        events: All that was said.
        number: The caller's own, if we have it.
        knowledge: Names municipalities and milieus.
        now: The time.
    """
    own_words = [event.text for event in events if event.author is Author.CALLER and event.text]
    names = names_in(own_words)
    fields = (
        *plain_fields(ticket, knowledge),
        *(
            one
            for place, seen in enumerate(ticket.observations)
            for one in observation_fields(place, seen)
        ),
    )
    return PersonExport(
        reference=ticket.reference,
        made_at=now,
        channel=ticket.channel,
        number=number,
        said=tuple(
            Line(at=event.at, author=event.author, text=_text(event, names)) for event in events
        ),
        ticket=tuple(
            (one.label, without_others(one.value, names)) for one in fields if one.value is not None
        ),
    )


def as_text(export: PersonExport) -> str:
    """The file: to be read by a person, and after that the same as JSON."""
    lines = [
        f"Uppgifter i ärende {export.reference}",
        f"Framtaget {moment(export.made_at, export.made_at)} ({export.made_at:%Y-%m-%d})",
        "",
        export.masked,
        export.to_do,
        "",
        f"Kanal: {CHANNELS[export.channel]}",
        f"Ditt nummer: {export.number or 'sparas inte'}",
        "",
        "ÄRENDET",
        *(f"{label}: {value}" for label, value in export.ticket),
        "",
        "SAMTALET",
        *(f"{line.at:%Y-%m-%d %H:%M} {AUTHORS[line.author]}: {line.text}" for line in export.said),
        "",
        "SAMMA UPPGIFTER SOM JSON",
        orjson.dumps(export.model_dump(mode="json"), option=orjson.OPT_INDENT_2).decode(),
        "",
    ]
    return "\n".join(lines)


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Words that are likely names: with a capital within a sentence, or after "heter"."""
    found = [match for text in texts for match in (*_NAME.findall(text), *_NAMED.findall(text))]
    return frozenset(one.casefold() for one in found if len(one) > 1)


def without_others(text: str, names: frozenset[str]) -> str:
    """A text without what may be another person's name, number or address."""
    return _without_names(anonymise(text), names)


def _without_names(text: str, names: frozenset[str]) -> str:
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}s?\b", _MASKED_NAME, text, flags=re.IGNORECASE)
    return text


def _text(event: Event, names: frozenset[str]) -> str:
    if event.reply is not None:
        # Curated, with helplines' numbers; but it may read back what the caller wrote.
        return _without_names("\n".join(event.reply.as_texts()), names)
    return without_others(event.text or "", names)
