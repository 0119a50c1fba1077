"""One run of retention: count, delete, and report in a way that can be checked afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.audit.log import record
from services.audit.record import LOG_REMOVED, START, Actor, Deed
from services.privacy.keyring import Keyring
from services.retention.deadlines import Deadlines
from services.store.audit import (
    delete_audit_records_until,
    find_last_audit_record_before,
    get_audit_head,
    lock_audit_head,
)
from services.store.database import Database
from services.store.deletion import (
    Kind,
    count_old_conversations,
    count_traces,
    delete_conversation_rows,
    delete_traces,
    find_oldest_conversation,
    list_old_conversations,
)

_AT_A_TIME: Final = 50


@dataclass(frozen=True, slots=True)
class Count:
    """What a run did with one kind of conversation.

    ``deleted`` are those that it deleted, or would have; ``undecided`` those that are old enough
    and wait for the municipality's decision; ``held`` those that must be kept all the same.
    ``oldest_left`` is when something was last said in the one that has been silent longest.
    """

    kind: Kind
    before: datetime
    deleted: int
    undecided: int
    held: int
    oldest_left: datetime | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did. ``number`` and ``chain`` are of its record in the audit log, if any."""

    at: datetime
    decision: str | None
    counts: tuple[Count, ...]
    traces: int
    audit: int
    number: int | None = None
    chain: bytes | None = None

    @property
    def deleted(self) -> int:
        """How many conversations."""
        return sum(one.deleted for one in self.counts)

    @property
    def did_something(self) -> bool:
        """Whether anything was removed."""
        return bool(self.deleted or self.traces or self.audit)

    def in_short(self) -> str:
        """The counts, for the audit log."""
        parts = [f"{one.kind} {one.deleted}" for one in self.counts]
        return ", ".join((*parts, f"traces {self.traces}", f"audit {self.audit}"))


async def preview(database: Database, deadlines: Deadlines, *, now: datetime) -> Report:
    """What a run would do now."""
    counts = [await _preview(database, deadlines, kind, now) for kind in Kind]
    async with database.read() as session:
        traces = await count_traces(session, before=now - deadlines.traces)
        last = await find_last_audit_record_before(session, now - deadlines.audit)
        head = await get_audit_head(session)
    audit = last.number - head.start_number if last and head else 0
    return Report(now, deadlines.decision, tuple(counts), traces, audit)


async def run_retention(
    database: Database, keyring: Keyring, deadlines: Deadlines, *, actor: Actor, now: datetime
) -> Report:
    """Remove what is old enough, and put the counts in the audit log if there were any.

    Args:
        database: May be in use.
        keyring: Chains the log.
        deadlines: For how long what is kept.
        actor: Who runs it.
        now: The time, aware.
    """
    counts = [await _delete(database, deadlines, kind, now) for kind in Kind]
    async with database.begin() as session:
        traces = await delete_traces(session, before=now - deadlines.traces)
    audit = await _shorten_log(database, keyring, deadlines, actor, now)
    report = Report(now, deadlines.decision, tuple(counts), traces, audit)
    if not report.did_something:
        return report
    async with database.begin() as session:
        about = report.in_short()
        await record(session, keyring, at=now, actor=actor, deed=Deed.RETENTION, about=about)
        head = await lock_audit_head(session, start=START)
        number, chain = head.number, head.chain
    return Report(now, deadlines.decision, tuple(counts), traces, audit, number, chain)


async def _preview(database: Database, deadlines: Deadlines, kind: Kind, now: datetime) -> Count:
    before = now - deadlines.conversations[kind]
    async with database.read() as session:
        old = await count_old_conversations(session, kind, before=before, held=False)
        held = await count_old_conversations(session, kind, before=before, held=True)
        oldest = await find_oldest_conversation(session, kind)
    waits = deadlines.takes_decision(kind)
    return Count(kind, before, 0 if waits else old, old if waits else 0, held, oldest)


async def _delete(database: Database, deadlines: Deadlines, kind: Kind, now: datetime) -> Count:
    found = await _preview(database, deadlines, kind, now)
    deleted = 0
    while found.deleted:
        async with database.begin() as session:
            ids = await list_old_conversations(session, kind, before=found.before, limit=_AT_A_TIME)
            await delete_conversation_rows(session, ids)
        deleted += len(ids)
        if len(ids) < _AT_A_TIME:
            break
    async with database.read() as session:
        oldest = await find_oldest_conversation(session, kind)
    return Count(kind, found.before, deleted, found.undecided, found.held, oldest)


async def _shorten_log(
    database: Database, keyring: Keyring, deadlines: Deadlines, actor: Actor, now: datetime
) -> int:
    """Remove the log's oldest records; what is left begins with the chain that they ended with."""
    async with database.begin() as session:
        head = await lock_audit_head(session, start=START)
        last = await find_last_audit_record_before(session, now - deadlines.audit)
        if last is None:
            return 0
        head.start_number, head.start_chain = last.number, last.chain
        removed = await delete_audit_records_until(session, last.number)
        about = f"{LOG_REMOVED}{last.number}"
        await record(session, keyring, at=now, actor=actor, deed=Deed.RETENTION, about=about)
    return removed
