"""The content: are the texts right, and are the facts fresh?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from services.answers.freshness import contacts_to_confirm, stale_answers
from services.answers.hours import swedish_day
from services.answers.loading import KnowledgeError, load_knowledge
from services.cli.doctor.finding import Finding, Patient, fault, ok, warning
from services.vocabulary import MunicipalityId

_SHOWN: Final = 3


async def look_at_content(patient: Patient) -> AsyncIterator[Finding]:
    """Can the knowledge be used, is the municipality in it, and what is old?"""
    part, settings = "Texterna", patient.settings
    try:
        knowledge = load_knowledge(settings.knowledge_dir)
    except KnowledgeError as error:
        first = "; ".join(str(one) for one in error.faults[:_SHOWN])
        more = f" och {len(error.faults) - _SHOWN} till" if len(error.faults) > _SHOWN else ""
        yield fault(
            part, f"Fel i innehållet: {first}{more}.", "Rätta, och kör: oroslotsen knowledge check"
        )
        return
    yield ok(part, f"{len(knowledge.answers)} svar utan fel (version {knowledge.version}).")
    known = knowledge.municipalities
    if MunicipalityId(settings.municipality) not in known:
        yield fault(
            "Kommunen",
            f"MUNICIPALITY är {settings.municipality}, som inte finns.",
            f"Sätt MUNICIPALITY till någon av: {', '.join(sorted(known))}.",
        )
    today = swedish_day(patient.now)
    calls, stale = contacts_to_confirm(knowledge, today), stale_answers(knowledge, today)
    if calls:
        yield warning(
            "Kontakter",
            f"{len(calls)} kontakter är inte bekräftade på ett år, eller saknar uppgifter. Äldst: "
            f"{calls[0].name} ({calls[0].confirmed_words}).",
            "oroslotsen knowledge check visar vem du ska ringa och vad du ska fråga.",
        )
    if stale:
        yield warning(
            "Granskning",
            f"{len(stale)} svar skulle ha granskats. Äldst: {stale[0].id} ({stale[0].review_by}).",
            "oroslotsen knowledge preview, kryssa för det som är gammalt.",
        )
