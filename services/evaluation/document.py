"""Documents that are part written, part measured: the measured part stands between markers."""

from __future__ import annotations

from collections.abc import Sequence

from services.errors import OperatorError
from services.evaluation.tables import Table, as_markdown


class MarkersMissingError(OperatorError):
    """The document has no place for what was measured; the message says which markers it lacks."""


def replace_section(document: str, name: str, tables: Sequence[Table]) -> str:
    """The document with the tables between ``<!-- name:start -->`` and ``<!-- name:end -->``.

    Raises:
        MarkersMissingError: the two markers are not there in that order.
    """
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    before, opening, rest = document.partition(start)
    _, closing, after = rest.partition(end)
    if not (opening and closing):
        raise MarkersMissingError(f"Märkena {start} och {end} saknas i dokumentet.")
    body = "\n\n".join(as_markdown(table) for table in tables)
    return f"{before}{start}\n\n{body}\n\n{end}{after}"
