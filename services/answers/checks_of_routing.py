"""What must hold between the routing table and the rest of the knowledge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from services.answers.knowledge import Knowledge
from services.answers.yaml_lines import Fault
from services.triage.judgement import Situation
from services.triage.routing import Row
from services.vocabulary import Urgency


def check_routing(knowledge: Knowledge, file: Path) -> list[Fault]:
    """Every fault of the table: what it names that does not exist, or may not be shown.

    Args:
        knowledge: With the table.
        file: Where the table stands, for the faults.
    """
    rows = knowledge.routing.rows
    return [Fault(file, row.line, what) for row in rows for what in _row(knowledge, row)]


def _row(knowledge: Knowledge, row: Row) -> Iterator[str]:
    for topic in sorted((row.when.topic or frozenset()) - knowledge.answers.keys()):
        yield f"det finns inget ämne {topic}"
    for place in sorted((row.when.municipality or frozenset()) - knowledge.municipalities.keys()):
        yield f"det finns ingen kommun {place}"
    places = (row.when.municipality or knowledge.municipalities.keys()) & (
        knowledge.municipalities.keys()
    )
    for place in sorted(places):
        for contact in row.contacts:
            if knowledge.contact(contact, place) is None:
                yield f"kontakten {contact} finns inte i {place}"
    professionals = frozenset({Situation.YRKESVERKSAM})
    for contact in row.contacts:
        known = knowledge.national_contacts.get(contact)
        if known and known.is_for_professionals and row.when.situation != professionals:
            yield f"kontakten {contact} är bara för yrkesverksamma, raden är för fler"
    urgent = row.when.urgency and row.when.urgency & {Urgency.AKUT, Urgency.HOG, Urgency.ORO}
    if urgent and not row.contacts:
        yield "den som behöver hjälp får ingen kontakt här"
