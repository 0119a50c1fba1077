"""Reading ``routing.yml``: the table, or every fault in it with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from services.answers.messages import message
from services.answers.yaml_lines import Document, Fault, Place
from services.triage.routing import PhraseRow, RoutingTable, Row, When

ROWS: Final = "rader"
PHRASES: Final = "fraser"
_GROUPS: Final = "ämnesgrupper"
_WHEN: Final = "när"
_TOPICS: Final = ("ämne", "utom_ämne")


def read_routing(document: Document) -> tuple[RoutingTable | None, list[Fault]]:
    """The table; nothing if there is any fault in it."""
    reading = _Reading(document)
    if not isinstance(document.data, dict):
        return None, [document.fault((), "ska ha ämnesgrupper, fraser och rader")]
    for key in document.data.keys() - {_GROUPS, ROWS, PHRASES}:
        reading.fault((key,), f"{key}: finns inte som fält här; är det felstavat?")
    groups = reading.groups(document.data.get(_GROUPS) or {})
    rows = list(reading.rows(ROWS, document.data.get(ROWS), groups, Row))
    phrases = list(reading.rows(PHRASES, document.data.get(PHRASES) or [], groups, PhraseRow))
    if not reading.faults and (not rows or rows[-1].when != When()):
        last = (ROWS, len(rows) - 1) if rows else (ROWS,)
        reading.fault(last, "sista raden ska gälla alla: när: {}")
    return (None if reading.faults else RoutingTable(rows, phrases)), reading.faults


@dataclass
class _Reading:
    document: Document
    faults: list[Fault] = field(default_factory=list)

    def fault(self, place: Place, what: str) -> None:
        self.faults.append(self.document.fault(place, what))

    def groups(self, written: Any) -> Mapping[str, list[str]]:
        """Topics by the name of their group."""
        if not isinstance(written, dict):
            self.fault((_GROUPS,), "ämnesgrupper: ska vara grupper, var och en med en lista")
            return {}
        for name, topics in written.items():
            if not isinstance(topics, list) or not all(isinstance(one, str) for one in topics):
                self.fault((_GROUPS, str(name)), f"{name}: ska vara en lista av ämnen")
        return {name: topics for name, topics in written.items() if isinstance(topics, list)}

    def rows[Entry: (Row, PhraseRow)](
        self, part: str, written: Any, groups: Mapping[str, list[str]], model: type[Entry]
    ) -> Iterator[Entry]:
        """The rows of a part that are right."""
        if not isinstance(written, list):
            self.fault((part,), f"{part}: saknas, eller är ingen lista")
            return
        for number, fields in enumerate(written):
            row = self._row((part, number), _with_topics(fields, groups), model)
            if row is not None:
                yield row

    def _row[Entry: BaseModel](
        self, place: Place, fields: object, model: type[Entry]
    ) -> Entry | None:
        try:
            return model.model_validate(fields)
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                # Members of a set have no order, and so no line of their own.
                names = [one for one in problem["loc"] if isinstance(one, str)]
                told = ".".join(names) or "raden"
                self.fault((*place, *names), f"{told}: {message(problem)}")
            return None


def _with_topics(fields: object, groups: Mapping[str, list[str]]) -> object:
    """A row with its groups of topics written out."""
    if not isinstance(fields, dict) or not isinstance(fields.get(_WHEN), dict):
        return fields
    when = dict(fields[_WHEN])
    for key in _TOPICS:
        if isinstance(named := when.get(key), list):
            when[key] = [
                topic
                for one in named
                for topic in (groups.get(one, [one]) if isinstance(one, str) else [one])
            ]
    return {**fields, _WHEN: when}
