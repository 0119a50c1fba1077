"""Contacts: phone lines and services with hours and source; and what all content files share."""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from services.vocabulary import ContactId, Variant

Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]
"""Words for a person. Strict: a number or date that YAML made of an unquoted text is refused."""


def _time(value: object) -> object:
    if not isinstance(value, str):
        # A TypeError would not become a validation error with a place.
        raise ValueError('en tid skrivs med citattecken, som "09:00"')  # noqa: TRY004 - pydantic reports it
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

    def of(self, variant: Variant) -> str:
        """The words in the language of a variant."""
        return self.en if variant is Variant.ENGLISH else self.sv


class ContactWords(Part):
    """What a person reads about a contact."""

    name: Text = Field(alias="namn")
    short_name: Text = Field(alias="kort")
    audience: Text = Field(alias="för")
    note: Text | None = Field(alias="anmärkning")


class Contact(ContactWords):
    """A phone line or service."""

    id: ContactId
    english: ContactWords = Field(
        alias="en", description="The same words; what one must ask for stays Swedish, explained"
    )
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
    instead: tuple[ContactId, ...] = Field(alias="istället")

    def words(self, variant: Variant) -> ContactWords:
        """What is read about it, in the language of a variant."""
        return self.english if variant is Variant.ENGLISH else self

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
