"""A row of a table as a line of JSON, and back, by the columns' types. Pure."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Table, TypeDecorator

Row = dict[str, Any]
"""A row's values by the columns' names, as SQLAlchemy gives and takes them."""

_READ: Final[Mapping[type, Callable[[Any], Any]]] = {
    UUID: UUID,
    bytes: b64decode,
    datetime: datetime.fromisoformat,
}
"""How values come back that JSON has no type for."""


def write_row(table: Table, values: Sequence[Any]) -> bytes:
    """A row, with its table's name in front."""
    return orjson.dumps((table.name, *values), default=_write)


def _write(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)  # asyncpg has a class of its own, which orjson does not know
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(type(value).__name__)


class RowReader:
    """Reads the rows of the tables that a backup says it has."""

    def __init__(self, tables: Mapping[Table, Sequence[str]]) -> None:
        self._tables = {table.name: table for table in tables}
        self._columns = {
            table.name: [(name, _reads(table, name)) for name in names]
            for table, names in tables.items()
        }

    def read(self, line: bytes) -> tuple[Table, Row]:
        """The table and the row that ``write_row`` wrote."""
        name, *values = orjson.loads(line)
        row = {
            column: None if value is None else read(value)
            for (column, read), value in zip(self._columns[name], values, strict=True)
        }
        return self._tables[name], row


def _reads(table: Table, column: str) -> Callable[[Any], Any]:
    stored = table.c[column].type
    kind = (stored.impl_instance if isinstance(stored, TypeDecorator) else stored).python_type
    # Enumerations, numbers, texts and truths are what they are called.
    return _READ.get(kind, kind)
