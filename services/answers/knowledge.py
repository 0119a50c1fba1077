"""What is known: answers, phrases, contacts, municipalities and milieus, as typed values.

Files in ``knowledge/`` have Swedish keys, for the editors; the names here are the code's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from services.reading.place import Places
from services.triage.routing import RoutingTable
from services.vocabulary import (
    ContactId,
    Milieu,
    MunicipalityId,
    PhraseId,
    TopicId,
    Variant,
)

EMERGENCY: Final = ContactId("112")

Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]
"""Words for a person. Strict: a number or date that YAML made of an unquoted text is refused."""


def _time(value: object) -> object:
    if not isinstance(value, str):
        # A TypeError would not become a validation error with a place.
        raise ValueError('en tid skrivs med citattecken, som "09:00"')  # noqa: TRY004
    return value


Clock = Annotated[time, BeforeValidator(_time)]


class Part(BaseModel):
    """A piece of the content files: frozen, and a key that nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Weekday(StrEnum):
    """Days as the files write them, Monday first."""

    MONDAY = "mån"
    TUESDAY = "tis"
    WEDNESDAY = "ons"
    THURSDAY = "tors"
    FRIDAY = "fre"
    SATURDAY = "lör"
    SUNDAY = "sön"


class Holidays(StrEnum):
    """What a contact does on red days and eves."""

    CLOSED = "stängt"
    AS_USUAL = "som vanligt"


class Status(StrEnum):
    """How sure a contact is."""

    CONFIRMED = "bekräftad"
    UNCONFIRMED = "obekräftad"
    CLOSED = "stängd"


class Precision(StrEnum):
    """How exactly a date of confirmation is known."""

    DAY = "dag"
    MONTH = "månad"
    YEAR = "år"


class Source(Part):
    """Where a fact comes from."""

    title: Text = Field(alias="titel")
    publisher: Text = Field(alias="utgivare")
    year: int = Field(alias="år", strict=True, ge=1950, le=2100)


class Shift(Part):
    """Open hours on some weekdays. With ``until`` not later than ``since``: into the next day."""

    days: tuple[Weekday, ...] = Field(alias="dagar", min_length=1)
    since: Clock = Field(alias="från")
    until: Clock = Field(alias="till")


class WithoutNumber(Part):
    """What stands in a text instead of a number that is not known, after a colon."""

    sv: Text
    en: Text


class Contact(Part):
    """A phone line or service."""

    id: ContactId
    name: Text = Field(alias="namn")
    short_name: Text = Field(alias="kort")
    audience: Text = Field(alias="för")
    number: Text | None = Field(alias="nummer", description="As written in Sweden, in quotes")
    without_number: WithoutNumber | None = Field(
        None,
        alias="utan_nummer",
        description="What a text says instead, where the number is not known",
    )
    generic: bool = Field(
        False,
        alias="allmän",
        strict=True,
        description="Another one for each caller, such as socialtjänsten in one's own municipality",
    )
    email: Text | None = Field(alias="epost")
    groups: tuple[Text, ...] = Field(alias="målgrupp", min_length=1)
    hours: Literal["dygnet runt"] | tuple[Shift, ...] | None = Field(
        alias="öppet", description="Empty when not known"
    )
    holidays: Holidays = Field(alias="helgdagar")
    languages: tuple[Text, ...] = Field(alias="språk", min_length=1)
    source: Source = Field(alias="källa")
    confirmed: date = Field(alias="bekräftad")
    confirmed_precision: Precision = Field(Precision.DAY, alias="bekräftad_noggrannhet")
    status: Status
    note: Text | None = Field(alias="anmärkning")
    instead: tuple[ContactId, ...] = Field(alias="istället")

    @property
    def is_for_professionals(self) -> bool:
        """Whether it must never be shown to a relative."""
        return self.groups == ("yrkesverksam",)

    @property
    def tel(self) -> str | None:
        """For a ``tel:`` link: ``"+46313650000"``, or a short number as it is."""
        if self.number is None:
            return None
        digits = "".join(filter(str.isdigit, self.number))
        return f"+46{digits[1:]}" if digits.startswith("0") else digits


class AnswerTexts(Part):
    """An answer in its four forms; ``{contact id}`` becomes the contact's number."""

    web: Text
    sms: Text
    voice: Text
    easy: Text = Field(alias="lättläst")

    def of(self, variant: Variant) -> str:
        """The text for a variant; answers in English are not written yet and are given as web."""
        match variant:
            case Variant.SMS:
                return self.sms
            case Variant.VOICE:
                return self.voice
            case Variant.LATTLAST:
                return self.easy
            case Variant.WEB | Variant.ENGLISH:
                return self.web


class Answer(Part):
    """A curated text on a topic."""

    id: TopicId
    question: Text = Field(alias="fråga")
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
