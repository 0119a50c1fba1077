"""Nothing is kept past its deadline, nothing is lost before it, and the report is true."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from services.audit.log import record
from services.audit.record import OPERATOR, Deed
from services.audit.verification import AuditBrokenError, Mark, verify_audit
from services.backup.restoring import restore_backup
from services.backup.taking import take_backup
from services.privacy.keyring import Keyring
from services.retention.deadlines import Deadlines
from services.retention.deleting import forget_in_backups
from services.retention.run import Report, preview, run_retention
from services.settings import Settings
from services.store.database import Database
from services.store.deletion import Kind, begin_job, is_job_due
from services.store.tables import (
    AuditHead,
    AuditRecord,
    ConsoleSession,
    Conversation,
    Coordinator,
    Inbound,
    Outbound,
    OutboundState,
    TicketNotice,
    TicketRow,
    TicketState,
)
from services.vocabulary import Author, Channel, Urgency
from tests.conftest import NOON
from tests.databases import Databases

KEYRING = Keyring(bytes(range(32)))
DECIDED = Deadlines.of(Settings(_env_file=None, retention_decision="KS 2026/12"))
UNDECIDED = Deadlines.of(Settings(_env_file=None))


@dataclass
class Store:
    database: Database

    async def conversation(
        self, *, age: timedelta, messages: int = 1, ticket: TicketState | None = None,
        closed: timedelta | None = None, **values: Any,
    ) -> UUID:  # fmt: skip
        """A conversation that has been silent for a time."""
        one, at = uuid4(), NOON - age
        _, wrapped = KEYRING.new_key(conversation=str(one))
        rows: list[Any] = [
            Conversation(
                id=one, channel=values.pop("channel", Channel.WEB), municipality="goteborg",
                variant="web", created_at=at, last_activity_at=at, wrapped_key=wrapped, **values,
            )
        ]  # fmt: skip
        rows += [
            Inbound(
                id=uuid4(), conversation_id=one, client_id=str(n), position=2 * n + 1,
                received_at=at, body_sealed=b"b", judgement_sealed=b"j",
            )
            for n in range(messages)
        ]  # fmt: skip
        rows.append(
            Outbound(
                id=uuid4(), conversation_id=one, position=100, author=Author.BOT, fence=0,
                created_at=at, body_sealed=b"o", state=OutboundState.DELIVERED,
                provider_id=uuid4().hex,
            )
        )  # fmt: skip
        if ticket is not None:
            rows += [
                TicketRow(
                    id=(ticket_id := uuid4()), reference=uuid4().hex[:8], conversation_id=one,
                    channel=Channel.WEB, municipality="goteborg", urgency=Urgency.ORO,
                    state=ticket, created_at=at, closed_at=NOON - closed if closed else None,
                    schema_version="1", body_sealed=b"t",
                ),
                TicketNotice(
                    id=uuid4(), ticket_id=ticket_id, way="w", urgency=Urgency.ORO, created_at=at
                ),
            ]  # fmt: skip
        async with self.database.begin() as session:
            for row in rows:
                session.add(row)
                await session.flush()
        return one

    async def left(self) -> set[UUID]:
        async with self.database.read() as session:
            return set(await session.scalars(select(Conversation.id)))

    async def run(self, deadlines: Deadlines = DECIDED, *, now: datetime = NOON) -> Report:
        return await run_retention(self.database, KEYRING, deadlines, actor=OPERATOR, now=now)

    async def count(self, table: type[Any]) -> int:
        async with self.database.read() as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


def days(number: float) -> timedelta:
    return timedelta(days=number)


async def test_each_kind_is_deleted_past_its_deadline_and_not_before(store: Store) -> None:
    old = {
        await store.conversation(age=days(1.1), messages=0),
        await store.conversation(age=days(2), is_probe=True),
        await store.conversation(age=days(181)),
        await store.conversation(age=days(2000), ticket=TicketState.CLOSED, closed=days(1826)),
    }
    kept = {
        await store.conversation(age=days(0.9), messages=0),
        await store.conversation(age=days(179)),
        await store.conversation(age=days(2000), ticket=TicketState.CLOSED, closed=days(1800)),
        await store.conversation(age=days(1800), ticket=TicketState.CLOSED, closed=days(1900)),
        await store.conversation(age=days(4000), ticket=TicketState.WAITING),
        await store.conversation(age=days(4000), ticket=TicketState.CLAIMED),
    }
    foreseen = await preview(store.database, DECIDED, now=NOON)
    assert await store.left() == old | kept, "a preview removes nothing"
    report = await store.run()
    assert await store.left() == kept
    assert {one.kind: one.deleted for one in report.counts} == {
        Kind.EMPTY: 2, Kind.WITHOUT_TICKET: 1, Kind.WITH_TICKET: 1,
    }  # fmt: skip
    assert [one.deleted for one in foreseen.counts] == [one.deleted for one in report.counts]
    assert await store.count(TicketRow) == 4
    assert await store.count(Outbound) == len(kept)


async def test_without_the_municipality_s_decision_no_conversation_goes_for_its_age(
    store: Store,
) -> None:
    empty = await store.conversation(age=days(2), messages=0)
    old = await store.conversation(age=days(1000))
    ticket = await store.conversation(age=days(3000), ticket=TicketState.CLOSED, closed=days(3000))
    report = await store.run(UNDECIDED)
    assert await store.left() == {old, ticket}
    assert empty not in await store.left()
    assert [one.undecided for one in report.counts] == [0, 1, 1]
    assert report.counts[1].oldest_left == NOON - days(1000)


async def test_what_must_be_kept_is_kept_and_told_of(store: Store) -> None:
    held = await store.conversation(
        age=days(3000), ticket=TicketState.CLOSED, closed=days(3000), held_at=NOON
    )
    report = await store.run()
    assert await store.left() == {held}
    assert report.counts[2].held == 1


async def test_more_than_a_batch_is_deleted_in_one_run(store: Store) -> None:
    for _ in range(120):
        await store.conversation(age=days(200))
    assert (await store.run()).deleted == 120
    assert await store.left() == set()


async def test_the_report_stands_in_the_audit_log(store: Store) -> None:
    await store.conversation(age=days(200))
    report = await store.run()
    assert report.number == 1
    assert report.chain is not None
    async with store.database.read() as session:
        await verify_audit(session, KEYRING, known=Mark(report.number, report.chain))
        noted = await session.scalar(select(AuditRecord))
    assert noted is not None
    assert noted.about == "empty 0, without_ticket 1, with_ticket 0, traces 0, audit 0"
    assert (await store.run()).number is None, "a run that does nothing says nothing"


async def test_traces_of_operation_go_and_the_conversations_stay(store: Store) -> None:
    old = await store.conversation(
        age=days(31), ticket=TicketState.CLOSED, closed=days(31), channel=Channel.VOICE,
        caller_hash=b"h" * 32,
    )  # fmt: skip
    new = await store.conversation(age=days(29), channel=Channel.VOICE, caller_hash=b"i" * 32)
    async with store.database.begin() as session:
        account = Coordinator(
            id=uuid4(), name="Anna", login="anna", password_hash="h", created_at=NOON
        )
        session.add(account)
        await session.flush()
        for age in (days(31), days(1)):
            session.add(
                ConsoleSession(
                    token_hash=str(age).encode(), coordinator_id=account.id, csrf_token="c",
                    created_at=NOON - age, last_seen_at=NOON - age,
                )
            )  # fmt: skip
    foreseen = await preview(store.database, DECIDED, now=NOON)
    report = await store.run()
    assert foreseen.traces == report.traces == 4
    assert await store.left() == {old, new}
    async with store.database.read() as session:
        hashes = dict(
            (await session.execute(select(Conversation.id, Conversation.caller_hash))).all()
        )
        ids = list(await session.scalars(select(Outbound.provider_id)))
    assert hashes == {old: None, new: b"i" * 32}
    assert ids.count(None) == 1
    assert await store.count(ConsoleSession) == 1
    assert await store.count(TicketNotice) == 0


async def note(store: Store, *, at: datetime) -> None:
    async with store.database.begin() as session:
        await record(session, KEYRING, at=at, actor=OPERATOR, deed=Deed.ACCOUNT_ADD)


async def test_the_audit_log_is_shortened_and_still_proves_itself(store: Store) -> None:
    for age in (2300, 2200, 100, 1):
        await note(store, at=NOON - days(age))
    async with store.database.read() as session:
        before = await verify_audit(session, KEYRING)
    report = await store.run()
    assert report.audit == 2
    async with store.database.read() as session:
        after = await verify_audit(session, KEYRING, known=before)
        assert after.number == 6
        with pytest.raises(AuditBrokenError, match="gallrad"):
            await verify_audit(session, KEYRING, known=Mark(1, b""))
    assert (await store.run(now=NOON + days(2189.5))).audit == 2
    async with store.database.read() as session:
        await verify_audit(session, KEYRING)


async def test_who_cuts_the_log_s_beginning_off_is_found_out(store: Store) -> None:
    for _ in range(4):
        await note(store, at=NOON)
    async with store.database.begin() as session:
        head = await session.get(AuditHead, 1)
        second = await session.get(AuditRecord, 2)
        assert head is not None
        assert second is not None
        head.start_number, head.start_chain = 2, second.chain
        for number in (1, 2):
            await session.delete(await session.get(AuditRecord, number))
    async with store.database.read() as session:
        with pytest.raises(AuditBrokenError):
            await verify_audit(session, KEYRING)


async def test_of_several_processes_one_does_the_daily_work(store: Store) -> None:
    async def begins(now: datetime) -> bool:
        async with store.database.begin() as session:
            return await begin_job(session, "retention", now=now, unless_since=now - days(1))

    assert await begins(NOON)
    async with store.database.read() as session:
        assert not await is_job_due(session, "retention", unless_since=NOON - days(1))
    assert sum(await asyncio.gather(*(begins(NOON) for _ in range(4)))) == 0
    later = NOON + days(1)
    assert sum(await asyncio.gather(*(begins(later) for _ in range(4)))) == 1


async def test_no_backup_brings_a_deleted_conversation_back(
    store: Store, databases: Databases, tmp_path: Path
) -> None:
    gone = await store.conversation(age=days(200), caller_hash=b"g" * 32)
    kept = await store.conversation(age=days(1), caller_hash=b"k" * 32)
    backup, keys = tmp_path / "backup", tmp_path / "backup.keys"
    await take_backup(store.database, KEYRING, backup, keys, now=NOON - days(1))
    await store.run()
    assert await forget_in_backups(store.database, KEYRING, keys, now=NOON)
    with databases.new() as url:
        new = Database.open(url)
        restored = await restore_backup(new, KEYRING, backup, keys, replace=False, now=NOON)
        assert (restored.conversations, restored.forgotten) == (1, 1)
        async with new.read() as session:
            assert list(await session.scalars(select(Conversation.id))) == [kept]
            assert list(await session.scalars(select(Inbound.conversation_id))) == [kept]
        await new.close()
    assert gone.bytes not in backup.read_bytes()


async def test_an_older_view_is_never_written_over_a_newer_key_file(
    store: Store, tmp_path: Path
) -> None:
    keys = tmp_path / "backup.keys"
    await store.conversation(age=days(1))
    backup = tmp_path / "backup"
    await take_backup(store.database, KEYRING, backup, keys, now=NOON)
    written = keys.read_bytes()
    assert await forget_in_backups(store.database, KEYRING, keys, now=NOON - days(1))
    assert keys.read_bytes() == written


async def test_without_backups_no_key_file_is_made(store: Store, tmp_path: Path) -> None:
    assert await forget_in_backups(store.database, KEYRING, tmp_path / "backup.keys", now=NOON)
    assert not any(tmp_path.glob("*.keys"))  # noqa: ASYNC240 - a test folder


def test_the_log_is_kept_at_least_as_long_as_the_tickets() -> None:
    with pytest.raises(ValidationError):
        Settings(_env_file=None, retention_ticket_days=3000, retention_audit_days=2000)


async def test_sqlite_s_files_have_nothing_left_of_a_deleted_key(
    tmp_path: Path, migrated_file: Path
) -> None:
    path = tmp_path / "one.db"
    shutil.copy(migrated_file, path)
    store = Store(Database.open(f"sqlite+aiosqlite:///{path}"))
    await store.database.use_write_ahead_log()
    old = await store.conversation(age=days(200), caller_hash=b"h" * 32)
    async with store.database.read() as session:
        conversation = await session.get(Conversation, old)
    assert conversation is not None

    def on_the_disk() -> bytes:
        return b"".join(one.read_bytes() for one in tmp_path.glob("one.db*"))

    assert conversation.wrapped_key in on_the_disk()
    await store.run()
    await store.database.forget_overwritten()
    left = on_the_disk()
    await store.database.close()
    assert conversation.wrapped_key not in left
    assert b"h" * 32 not in left
