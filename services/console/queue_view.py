"""The queue in words: what the queue page shows and what is announced."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.answers.knowledge import Knowledge
from services.console.words import CHANNELS, URGENCIES, duration, moment
from services.settings import Settings
from services.store.coordinators import list_on_duty
from services.tickets.clocks import Clocks
from services.tickets.queue import QueueEntry, read_queue
from services.vocabulary import Channel, MunicipalityId, Urgency


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One ticket of the queue."""

    id: UUID
    reference: str
    urgency: Urgency
    urgency_word: str
    channel: Channel
    channel_word: str
    municipality: str
    waited: str
    due: str
    overdue: bool
    holder: str | None
    mine: bool
    returned: bool

    @property
    def announcement(self) -> str:
        """What is said when the ticket begins to wait, or its time has run out."""
        what = f"{self.urgency_word}, {self.channel_word}, {self.municipality}"
        start = "Försenat" if self.overdue else "Väntar på svar"
        start = "Tillbaka i kön" if self.returned else start
        return f"{start}: {self.reference}. {what}."


@dataclass(frozen=True, slots=True)
class QueueView:
    """The whole queue for one coordinator: what nobody has taken, and what somebody has."""

    waiting: tuple[QueueRow, ...]
    taken: tuple[QueueRow, ...]
    on_duty: tuple[str, ...]
    i_am_on_duty: bool

    @property
    def rows(self) -> tuple[QueueRow, ...]:
        """Every row."""
        return self.waiting + self.taken

    @property
    def mark(self) -> str:
        """The same for the same content, so that a stream tells nothing twice."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


async def read_queue_view(
    session: AsyncSession,
    knowledge: Knowledge,
    settings: Settings,
    coordinator_id: UUID,
    now: datetime,
) -> QueueView:
    """The queue as one coordinator sees it now."""
    entries = await read_queue(session, Clocks(settings), now)
    rows = [_row(entry, knowledge, coordinator_id, now) for entry in entries]
    idle = timedelta(minutes=settings.coordinator_idle_minutes)
    on_duty = await list_on_duty(session, seen_since=now - idle)
    return QueueView(
        waiting=tuple(row for row in rows if row.holder is None),
        taken=tuple(row for row in rows if row.holder is not None),
        on_duty=tuple(one.name for one in on_duty),
        i_am_on_duty=any(one.id == coordinator_id for one in on_duty),
    )


def municipality_name(knowledge: Knowledge, municipality: MunicipalityId) -> str:
    """A municipality's name; its id if the knowledge no longer has it."""
    known = knowledge.municipalities.get(municipality)
    return known.name if known else municipality


def _row(entry: QueueEntry, knowledge: Knowledge, coordinator_id: UUID, now: datetime) -> QueueRow:
    return QueueRow(
        id=entry.id,
        reference=entry.reference,
        urgency=entry.urgency,
        urgency_word=URGENCIES[entry.urgency],
        channel=entry.channel,
        channel_word=CHANNELS[entry.channel],
        municipality=municipality_name(knowledge, entry.municipality),
        waited=duration(now - entry.created_at),
        due=_due(entry, now),
        overdue=entry.overdue,
        holder=entry.holder,
        mine=entry.holder_id == coordinator_id,
        returned=entry.returned,
    )


def _due(entry: QueueEntry, now: datetime) -> str:
    if entry.answered_at is not None:
        return f"Fick svar {moment(entry.answered_at, now)}"
    if entry.overdue:
        return f"Försenat {duration(now - entry.due_at)}"
    left = entry.due_at - now
    if left.days:
        return f"Svar senast {moment(entry.due_at, now)}"
    return f"Svar senast {moment(entry.due_at, now)}, {duration(left)} kvar"
