"""What must hold between the routing table and the rest of the knowledge."""

from __future__ import annotations

from collections.abc import Iterator

from services.answers.knowledge import Knowledge
from services.answers.routing_file import PHRASES, ROWS
from services.answers.yaml_lines import Document, Fault
from services.triage.judgement import Situation
from services.triage.routing import Row, When
from services.vocabulary import Urgency


def check_routing(knowledge: Knowledge, document: Document) -> list[Fault]:
    """Every fault of the table: what it names that does not exist, or may not be shown.

    Args:
        knowledge: With the table.
        document: Where the table stands, for the faults.
    """
    faults = []
    for number, row in enumerate(knowledge.routing.rows):
        told = (*_when(knowledge, row.when), *_row(knowledge, row))
        faults += [document.fault((ROWS, number), what) for what in told]
    for number, said in enumerate(knowledge.routing.phrases):
        told = _when(knowledge, said.when)
        faults += [document.fault((PHRASES, number), what) for what in told]
        if said.phrase not in knowledge.phrases:
            what = f"det finns ingen fras {said.phrase}"
            faults.append(document.fault((PHRASES, number, "fras"), what))
    return faults


def _when(knowledge: Knowledge, when: When) -> tuple[str, ...]:
    topics = ((when.topic or frozenset()) | when.other_topic) - knowledge.answers.keys()
    places = (when.municipality or frozenset()) - knowledge.municipalities.keys()
    return (
        *(f"det finns inget ämne {topic}" for topic in sorted(topics)),
        *(f"det finns ingen kommun {place}" for place in sorted(places)),
    )


def _row(knowledge: Knowledge, row: Row) -> Iterator[str]:
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
