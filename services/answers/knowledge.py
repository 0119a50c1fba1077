"""What is known: answers, phrases, contacts, municipalities and milieus, as typed values.

Files in ``knowledge/`` have Swedish keys, for the editors; the names here are the code's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self

from pydantic import ConfigDict, Field, model_validator

from services.answers.contacts import Contact, Part, Source, Text
from services.answers.reserve import Reserve
from services.reading.place import Places
from services.triage.routing import RoutingTable
from services.vocabulary import (
    Channel,
    ContactId,
    Milieu,
    MunicipalityId,
    PhraseId,
    TopicId,
    Variant,
)

EMERGENCY: Final = ContactId("112")


class AnswerTexts(Part):
    """An answer in its forms; ``{contact id}`` becomes the contact's number."""

    web: Text
    sms: Text
    voice: Text
    easy: Text = Field(alias="lättläst")
    english: Text = Field(alias="en")
    english_short: Text = Field(
        alias="en_kort", description="English for SMS and the phone: short, and good to hear"
    )

    def of(self, variant: Variant, channel: Channel) -> str:
        """The text for a variant; English is short where there is little room."""
        match variant:
            case Variant.SMS:
                return self.sms
            case Variant.VOICE:
                return self.voice
            case Variant.LATTLAST:
                return self.easy
            case Variant.WEB:
                return self.web
            case Variant.ENGLISH:
                return self.english if channel is Channel.WEB else self.english_short

    def each(self) -> Iterator[tuple[str, str]]:
        """Every form with its text, by the name that it has in the files."""
        yield from self.model_dump(by_alias=True).items()


class Answer(Part):
    """A curated text on a topic."""

    id: TopicId
    question: Text = Field(alias="fråga")
    english_question: Text = Field(alias="fråga_en")
    texts: AnswerTexts = Field(alias="svar")
    municipality: MunicipalityId | None = Field(
        None,
        alias="kommun",
        description="The municipality that the answer is about; its contacts are shown to all",
    )
    contacts: tuple[ContactId, ...] = Field(alias="kontakter")
    follow_ups: tuple[TopicId, ...] = Field(alias="följdfrågor", max_length=4)
    sources: tuple[Source, ...] = Field(alias="källor", min_length=1)
    reviewed: date = Field(alias="granskad")
    review_by: date = Field(alias="granskas_senast")

    @model_validator(mode="after")
    def _reviewed_first(self) -> Self:
        if self.review_by <= self.reviewed:
            raise ValueError("granskas_senast ska vara senare än granskad")
        return self

    def title(self, variant: Variant) -> str:
        """The question it answers, as a button says it."""
        return self.english_question if variant is Variant.ENGLISH else self.question


def _swedish_in_one(schema: dict[str, Any]) -> None:
    """Tell JSON Schema what ``Phrase._same_in_all`` does."""
    schema["properties"]["sv"] = {"type": "string", "minLength": 1}
    schema["required"] = ["en"]
    schema["anyOf"] = [{"required": ["sv"]}, {"required": ["web", "sms", "voice", "lättläst"]}]


class Phrase(Part):
    """A short fixed sentence or a button. ``sv`` alone stands for all four Swedish forms."""

    model_config = ConfigDict(json_schema_extra=_swedish_in_one)

    web: Text
    sms: Text
    voice: Text
    easy: Text = Field(alias="lättläst")
    en: Text

    @model_validator(mode="before")
    @classmethod
    def _same_in_all(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "sv" not in value:
            return value
        same = dict.fromkeys(("web", "sms", "voice", "lättläst"), value["sv"])
        return same | {key: text for key, text in value.items() if key != "sv"}

    def of(self, variant: Variant) -> str:
        """The text for a variant."""
        match variant:
            case Variant.WEB:
                return self.web
            case Variant.SMS:
                return self.sms
            case Variant.VOICE:
                return self.voice
            case Variant.LATTLAST:
                return self.easy
            case Variant.ENGLISH:
                return self.en

    def each(self) -> Iterator[tuple[Variant, str]]:
        """Every variant with its text."""
        return ((variant, self.of(variant)) for variant in Variant)


class Municipality(Part):
    """A municipality with the contacts that are its own."""

    id: MunicipalityId
    name: Text = Field(alias="namn")
    in_name: Text = Field(alias="i_namn")
    districts: tuple[Text, ...] = Field(alias="stadsdelar", description="Names that mean it")
    contacts: tuple[Contact, ...] = Field(alias="kontakter")

    @model_validator(mode="after")
    def _each_contact_once(self) -> Self:
        ids = [contact.id for contact in self.contacts]
        if twice := {one for one in ids if ids.count(one) > 1}:
            raise ValueError(f"kontakter har {', '.join(sorted(twice))} mer än en gång")
        return self


class MilieuEntry(Part):
    """A milieu: its names then and now, the words for it and the answer that explains it."""

    id: Milieu
    name: Text = Field(alias="namn")
    name_today: Text = Field(alias="namn_idag")
    answer: TopicId = Field(alias="svar")
    words: tuple[Text, ...] = Field(alias="ord", min_length=1)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything the service may say, checked as a whole. Made by ``load_knowledge``."""

    answers: Mapping[TopicId, Answer]
    phrases: Mapping[PhraseId, Phrase]
    buttons: Mapping[PhraseId, Phrase]
    national_contacts: Mapping[ContactId, Contact]
    municipalities: Mapping[MunicipalityId, Municipality]
    milieus: Mapping[Milieu, MilieuEntry]
    contacts_by_municipality: Mapping[MunicipalityId, Mapping[ContactId, Contact]]
    routing: RoutingTable
    reserve: Reserve
    version: str

    @property
    def places(self) -> Places:
        """The names that mean a municipality."""
        return Places({one.id: (one.name, *one.districts) for one in self.municipalities.values()})

    def contact(self, contact: ContactId, municipality: MunicipalityId) -> Contact | None:
        """A contact as it is for a municipality; nothing if it has none by that id."""
        return self.contacts_by_municipality[municipality].get(contact)

    def all_contacts(self) -> Iterator[tuple[MunicipalityId | None, Contact]]:
        """Every contact with the municipality it belongs to; the national ones first."""
        for contact in self.national_contacts.values():
            yield None, contact
        for municipality in self.municipalities.values():
            for contact in municipality.contacts:
                yield municipality.id, contact
