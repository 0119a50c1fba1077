"""What a situation report says: tables of counts, with the small ones hidden."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

type Count = int | None
"""How many; nothing when it is hidden because it is small, or would reveal another that is."""


class Unit(StrEnum):
    """What is counted, in words for a caption."""

    CONVERSATIONS = "samtal"
    TICKETS = "ärenden"


@dataclass(frozen=True, slots=True)
class Row:
    """A category of a table.

    ``months`` has a count for each of the report's months, in order. ``total`` is the whole year's,
    nothing until the year has ended. ``before`` has the same months of the year before, nothing
    in its place when that year was not counted.
    """

    id: str
    label: str
    months: tuple[Count, ...]
    total: Count
    before: tuple[Count, ...] | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report.

    Attributes:
        id: A slug, for addresses and file names.
        title: The heading.
        unit: What its figures count.
        note: How to read it, and when a case is counted.
        rows: Its categories, in the order to show them.
        total: All together; nothing where a case may stand in several rows.
    """

    id: str
    title: str
    unit: Unit
    note: str
    rows: tuple[Row, ...]
    total: Row | None


@dataclass(frozen=True, slots=True)
class SituationReport:
    """A year, as far as its months have ended.

    Attributes:
        year: Which.
        months: The first day of each month that is reported; none if none has ended.
        years: Those that can be chosen, newest first.
        tables: In the order to show them.
        made_up: Whether the figures are from the demonstration.
    """

    year: int
    months: tuple[date, ...]
    years: tuple[int, ...]
    tables: tuple[Table, ...]
    made_up: bool
