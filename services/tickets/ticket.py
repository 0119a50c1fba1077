"""The structured ticket. ``docs/schemas/ticket.schema.json`` is made from this model.

It holds what the caller said, never a diagnosis, a risk score of a person or an ideology that the
caller did not name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.triage.judgement import Judgement, Reason
from services.vocabulary import AgeBand, Channel, ContactId, Milieu, MunicipalityId, Urgency

SCHEMA_VERSION: Final = "1.1"
"""1.1 added ``safety`` and ``routing``."""

_SAW: Final = re.compile(
    r"\b(?:jag såg|såg själv|såg det|har sett|sett själv|med egna ögon)\b", re.IGNORECASE
)
_HEARD: Final = re.compile(
    r"\b(?:jag hörde|har hört|fick höra|berättade för mig|berättat för mig|enligt)\b", re.IGNORECASE
)
_NO_MESSAGE: Final = re.compile(
    r"\b(?:inte|inget|inga|ej) (?:lämna )?(?:något )?meddelanden?\b"
    r"|\blämna inte (?:något )?meddelande",
    re.IGNORECASE,
)
_MESSAGE: Final = re.compile(r"\bmeddelande\b", re.IGNORECASE)
_NO_INTERPRETER: Final = re.compile(
    r"\b(?:inte|ej|ingen|utan) (?:behov av |behöver )?tolk\b", re.IGNORECASE
)
_INTERPRETER: Final = re.compile(r"\btolk\b", re.IGNORECASE)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Observation(_Part):
    """Something that was seen or heard. ``quote`` is in the caller's own words."""

    quote: str = Field(description="The caller's own words")
    when: str | None = Field(None, description="When it happened, as the caller put it")
    where: str | None = Field(None, description="Where it happened, as the caller put it")
    perceived: Literal["sett", "hort", "okant"] = Field(
        "okant", description="Seen by the caller, heard from others, or not known"
    )
    interpretation: str | None = Field(
        None, description="What somebody made of it; kept apart from the quote"
    )


class Callback(_Part):
    """How the caller can be reached safely."""

    way: str | None = Field(None, description="Such as this chat, a phone number or an address")
    time: str | None = Field(None, description="When it is safe")
    message_allowed: bool | None = Field(None, description="Whether a message may be left")


class Grounds(_Part):
    """Why the urgency is what it is."""

    urgency: Urgency
    why: tuple[Reason, ...]
    model_version: str
    knowledge_version: str


class Ticket(_Part):
    """A handover, version ``SCHEMA_VERSION``."""

    schema_version: Literal["1.0", "1.1"] = SCHEMA_VERSION
    reference: str = Field(pattern=r"^[A-Z0-9]{3}-[A-Z0-9]{3}$")
    conversation: str = Field(description="Id of the conversation, for its transcript")
    created_at: datetime
    channel: Channel
    municipality: MunicipalityId
    grounds: Grounds
    relation: str | None = None
    age_band: AgeBand = AgeBand.OKAND
    children_nearby: str | None = None
    observations: tuple[Observation, ...] = ()
    safety: str | None = Field(None, description="Whether the caller feels safe, in their words")
    why_now: str | None = None
    acute_risks: tuple[str, ...] = Field(
        (), description="The caller's own words that were judged acute, in order"
    )
    contacts_taken: str | None = None
    wanted_help: str | None = None
    callback: Callback = Callback()
    routing: tuple[ContactId, ...] = Field((), description="Contacts that fit, as the caller saw")
    consent: bool | None = Field(None, description="Nothing when it was not asked")
    language: str = "sv"
    interpreter: bool | None = None
    milieu: Milieu | None = Field(None, description="Only the caller's own word, if any")
    unanswered: bool = Field(
        False, description="Made because the assistant was away, not because the caller asked"
    )


SlotValues = Mapping[str, str | int | bool | list[str] | None]


def make_ticket(
    *,
    reference: str,
    conversation: str,
    channel: Channel,
    municipality: MunicipalityId,
    urgency: Urgency,
    judgement: Judgement,
    grounds: Judgement | None = None,
    slots: SlotValues,
    acute_words: Sequence[str] = (),
    at: datetime,
    knowledge_version: str,
    unanswered: bool = False,
    routing: Sequence[ContactId] = (),
) -> Ticket:
    """Make a ticket of the intake's slots (``domain.yml``) and the judgement.

    Args:
        reference: From ``new_reference()``.
        conversation: Id of the conversation.
        channel: Where the caller writes.
        municipality: Where the caller is.
        urgency: The conversation's, at least the judgement's.
        judgement: Of the message that led to the handover.
        grounds: Of the message that was the most urgent, if that was another.
        slots: What the intake collected; a slot that is missing or empty was skipped.
        acute_words: What the caller wrote that was acute, in order.
        at: When the handover was made.
        knowledge_version: Of the texts that the caller got.
        unanswered: Whether the assistant was away.
        routing: Who can help, by the routing table.
    """
    text = {name: str(value) for name, value in slots.items() if value not in (None, "", [])}
    observed = text.get("iakttagelse")
    facts = judgement.facts
    return Ticket(
        reference=reference,
        conversation=conversation,
        created_at=at,
        channel=channel,
        municipality=municipality,
        grounds=Grounds(
            urgency=max(urgency, judgement.urgency),
            why=(grounds or judgement).why,
            model_version=(grounds or judgement).model,
            knowledge_version=knowledge_version,
        ),
        relation=text.get("relation") or facts.relation,
        age_band=AgeBand(text["aldersband"]) if "aldersband" in text else facts.age_band,
        children_nearby=text.get("barn_i_narheten"),
        observations=(_observation(observed, text.get("nar")),) if observed else (),
        safety=text.get("trygghet"),
        why_now=text.get("varfor_nu"),
        acute_risks=tuple(acute_words),
        contacts_taken=text.get("tagna_kontakter"),
        wanted_help=text.get("onskad_hjalp"),
        callback=_callback(text.get("aterkontakt")),
        routing=tuple(routing),
        consent=consent if isinstance(consent := slots.get("samtycke"), bool) else None,
        language=text.get("sprak") or facts.language or "sv",
        interpreter=_wanted(text.get("sprak"), _INTERPRETER, _NO_INTERPRETER),
        unanswered=unanswered,
    )


def merged(before: Ticket, after: Ticket) -> Ticket:
    """A conversation's ticket after one more handover: what is new stands, what was told stays.

    Observations and acute words are added; an empty field keeps what it had.
    """
    told: dict[str, object] = {
        name: value
        for name in ("relation", "children_nearby", "safety", "why_now", "contacts_taken",
                     "wanted_help", "consent", "interpreter", "milieu")
        if (value := getattr(after, name)) is None
        and (value := getattr(before, name)) is not None
    }  # fmt: skip
    if after.age_band is AgeBand.OKAND:
        told["age_band"] = before.age_band
    if after.callback == Callback():
        told["callback"] = before.callback
    observations = dict.fromkeys((*before.observations, *after.observations))
    risks = dict.fromkeys((*before.acute_risks, *after.acute_risks))
    return after.model_copy(
        update={
            **told,
            "reference": before.reference,
            "created_at": before.created_at,
            "observations": tuple(observations),
            "acute_risks": tuple(risks),
        }
    )


def corrected(before: Ticket, slots: SlotValues) -> Ticket:
    """A ticket after the caller has corrected it: what they say now stands.

    Args:
        before: The ticket as it was.
        slots: The corrected slots of the intake. Another account is added to the first.
    """
    text = {name: str(value) for name, value in slots.items() if value not in (None, "")}
    update: dict[str, object] = {}
    if "relation" in text:
        update["relation"] = text["relation"]
    if "aldersband" in text:
        update["age_band"] = AgeBand(text["aldersband"])
    if "kommun" in text:
        update["municipality"] = MunicipalityId(text["kommun"])
    observations = before.observations
    if "iakttagelse" in text:
        observations = (*observations, _observation(text["iakttagelse"], text.get("nar")))
    elif "nar" in text and observations:
        last = observations[-1].model_copy(update={"when": text["nar"]})
        observations = (*observations[:-1], last)
    return before.model_copy(update={**update, "observations": observations})


def _observation(quote: str, when: str | None) -> Observation:
    saw, heard = _SAW.search(quote), _HEARD.search(quote)
    perceived: Literal["sett", "hort", "okant"] = "okant"
    if bool(saw) != bool(heard):
        perceived = "sett" if saw else "hort"
    return Observation(quote=quote, when=when, perceived=perceived)


def _callback(way: str | None) -> Callback:
    return Callback(way=way, message_allowed=_wanted(way, _MESSAGE, _NO_MESSAGE))


def _wanted(text: str | None, yes: re.Pattern[str], no: re.Pattern[str]) -> bool | None:
    """Whether a text says that something is wanted; nothing if it does not speak of it."""
    if text is None or not yes.search(text):
        return None
    return no.search(text) is None
