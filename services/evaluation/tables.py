"""A table as words and numbers, for the document and the terminal alike."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under columns; the note stands above, and may be all there is to say.

    ``picture`` is the path of a picture below the document's folder; it shows what the table tells.
    """

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    picture: str = ""


def as_markdown(table: Table) -> str:
    """The table under a heading of the third level."""
    parts = [f"### {table.title}"]
    if table.note:
        parts.append(table.note)
    if table.picture:
        parts.append(f"![{table.title}]({table.picture})")
    if table.rows:
        rule = tuple("---" for _ in table.columns)
        parts.append("\n".join(_line(row) for row in (table.columns, rule, *table.rows)))
    return "\n\n".join(parts)


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
