"""What a backup holds: which tables and columns, and the head that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import Column, Table

from services.backup.errors import OtherVersionError
from services.backup.key_file import FORGOTTEN
from services.store.dump import TABLES
from services.store.migrate import newest_revision
from services.store.tables import ConsoleSession, Job

KEPT: Final[Mapping[Table, Sequence[Column[Any]]]] = {
    table: [column for column in table.columns if column not in FORGOTTEN]
    for table in TABLES
    # A login that has ended since must not come back: everybody logs in again.
    if table.name not in {ConsoleSession.__tablename__, Job.__tablename__}
}
"""The tables in a backup, each after those that it points to, with their columns in it."""


class Head(BaseModel):
    """A backup's first line."""

    model_config = ConfigDict(frozen=True)

    taken_at: AwareDatetime
    revision: str
    columns: dict[str, tuple[str, ...]]


def own_columns() -> dict[str, tuple[str, ...]]:
    """The columns of the backups that this program takes, by table."""
    return {table.name: tuple(column.name for column in KEPT[table]) for table in KEPT}


def check_version(head: Head) -> None:
    """See that this program can read the rows. Raises ``OtherVersionError``."""
    newest = newest_revision()
    if head.revision != newest:
        raise OtherVersionError(
            f"Säkerhetskopian har databasversion {head.revision}, det här programmet {newest}. "
            "Återställ med den version av programmet som gjorde kopian, och uppgradera sedan."
        )
    columns = {name: frozenset(names) for name, names in head.columns.items()}
    if columns != {name: frozenset(names) for name, names in own_columns().items()}:
        raise OtherVersionError(
            "Säkerhetskopian har andra tabeller än det här programmet. "
            "Återställ med den version av programmet som gjorde kopian."
        )
