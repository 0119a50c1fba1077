"""Pages that look at many tickets, and at none of what was said: search, statistics, the logs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web
from aiohttp_jinja2 import render_template

from services.audit.log import record
from services.audit.record import Deed
from services.console.access import LOGIN
from services.console.corrections import read_candidates
from services.console.words import CHANNELS, DEEDS, OUTCOMES, STATES, URGENCIES, moment
from services.conversations.appkeys import CORE
from services.store.audit import list_latest_audit_records
from services.store.handling import count_tickets_by, search_tickets
from services.store.tables import TicketRow, TicketState
from services.tickets.outcome import TicketOutcome
from services.vocabulary import Urgency

MOST_FOUND: Final = 100
MOST_RECORDS: Final = 300
STATISTICS_DAYS: Final = 365
_SWEDEN: Final = ZoneInfo("Europe/Stockholm")


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket that a search found."""

    id: UUID
    reference: str
    urgency: Urgency
    urgency_word: str
    when: str
    state: str
    outcome: str


async def show_search(request: web.Request) -> web.StreamResponse:
    """Search by reference, time, status and outcome. Raises ``HTTPBadRequest``."""
    core, login = request.config_dict[CORE], request[LOGIN]
    asked = {name: value.strip() for name, value in request.query.items() if value.strip()}
    found: list[Found] = []
    if asked:
        now = core.clock()
        async with core.database.begin() as session:
            rows = await search_tickets(
                session,
                reference=_reference(asked.get("referens")),
                since=_midnight(asked.get("fran")),
                until=_midnight(asked.get("till"), days=1),
                state=_member(TicketState, asked.get("status")),
                outcome=_member(TicketOutcome, asked.get("utfall")),
                limit=MOST_FOUND,
            )
            await record(session, core.keyring, at=now, actor=login.actor, deed=Deed.SEARCH)
        found = [_found(row, now) for row in rows]
    context = {"login": login, "asked": asked, "found": found, "states": STATES}
    return render_template("search.html", request, context)


async def show_statistics(request: web.Request) -> web.StreamResponse:
    """How many tickets there were in a year, by urgency, channel and outcome."""
    core = request.config_dict[CORE]
    since = core.clock() - timedelta(days=STATISTICS_DAYS)
    async with core.database.read() as session:
        urgencies = await count_tickets_by(session, "urgency", since=since)
        channels = await count_tickets_by(session, "channel", since=since)
        outcomes = await count_tickets_by(session, "outcome", since=since)
    tables = {
        "Brådska": {word: urgencies.get(one, 0) for one, word in URGENCIES.items()},
        "Kanal": {word: channels.get(one, 0) for one, word in CHANNELS.items()},
        "Utfall": {
            **{word: outcomes.get(one, 0) for one, word in OUTCOMES.items()},
            "Inte avslutat": outcomes.get(None, 0),
        },
    }
    context = {"login": request[LOGIN], "tables": tables, "days": STATISTICS_DAYS}
    return render_template("statistics.html", request, context)


async def show_audit(request: web.Request) -> web.StreamResponse:
    """The latest records of the audit log."""
    core, login = request.config_dict[CORE], request[LOGIN]
    now = core.clock()
    async with core.database.begin() as session:
        await record(session, core.keyring, at=now, actor=login.actor, deed=Deed.READ_AUDIT)
        rows = await list_latest_audit_records(session, limit=MOST_RECORDS)
    records = [
        {
            "number": row.number,
            "when": moment(row.at, now),
            "actor": row.actor,
            "deed": DEEDS[Deed(row.deed)],
            "ticket": row.ticket_id,
            "about": row.about or "",
        }
        for row in rows
    ]
    return render_template("audit.html", request, {"login": login, "records": records})


async def show_corrections(request: web.Request) -> web.StreamResponse:
    """The corrections, without the persons."""
    candidates = await read_candidates(request.config_dict[CORE])
    context = {"login": request[LOGIN], "candidates": candidates, "urgencies": URGENCIES}
    return render_template("corrections.html", request, context)


async def export_corrections(request: web.Request) -> web.StreamResponse:
    """The same as JSON, one a line."""
    core, login = request.config_dict[CORE], request[LOGIN]
    candidates = await read_candidates(core)
    deed, now = Deed.EXPORT_CORRECTIONS, core.clock()
    async with core.database.begin() as session:
        await record(session, core.keyring, at=now, actor=login.actor, deed=deed)
    return web.Response(
        text="".join(f"{one.model_dump_json()}\n" for one in candidates),
        content_type="application/jsonl",
        headers={"Content-Disposition": 'attachment; filename="rattelser.jsonl"'},
    )


def _found(row: TicketRow, now: datetime) -> Found:
    return Found(
        id=row.id,
        reference=row.reference,
        urgency=row.urgency,
        urgency_word=URGENCIES[row.urgency],
        when=moment(row.created_at, now),
        state=STATES[row.state],
        outcome=OUTCOMES[TicketOutcome(row.outcome)] if row.outcome else "",
    )


def _reference(text: str | None) -> str | None:
    """As it is stored, however it was written down."""
    if text is None:
        return None
    bare = "".join(filter(str.isalnum, text.upper()))
    return f"{bare[:3]}-{bare[3:]}"


def _midnight(text: str | None, *, days: int = 0) -> datetime | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise web.HTTPBadRequest from None
    return datetime.combine(day, time(), tzinfo=_SWEDEN)


def _member[T: (TicketState, TicketOutcome)](kind: type[T], text: str | None) -> T | None:
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        raise web.HTTPBadRequest from None
