"""What a backup holds comes back; what was deleted since does not, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

from services.audit.log import record
from services.audit.record import OPERATOR, Deed
from services.audit.verification import verify_audit
from services.backup.contents import KEPT, Head
from services.backup.errors import (
    BackupError,
    BrokenFileError,
    KeyFileError,
    NotEmptyError,
    OtherVersionError,
    WrongKeyError,
)
from services.backup.key_file import refresh_key_file
from services.backup.restoring import Restored, restore_backup
from services.backup.sealed_file import Kind, read_sealed, writing_sealed
from services.backup.taking import Taken, take_backup
from services.privacy.keyring import Keyring
from services.store.database import Database
from services.store.dump import TABLES
from services.store.migrate import migrate
from services.store.tables import (
    AuditHead,
    AuditRecord,
    Base,
    ConsoleSession,
    Conversation,
    Coordinator,
    Correction,
    Inbound,
    Job,
    Outbound,
    RecoveryCode,
    TicketEdit,
    TicketNote,
    TicketNotice,
    TicketRow,
)
from services.vocabulary import Author, Channel, Urgency
from tests.conftest import NOON
from tests.databases import Databases
from tests.servers import Postgres
from tests.store.test_database import conversation

KEYRING = Keyring(bytes(range(32)))
LATER = NOON + timedelta(hours=1)
NOT_KEPT = {ConsoleSession.__tablename__, Job.__tablename__}
AUDIT = {AuditRecord.__tablename__, AuditHead.__tablename__}


@dataclass
class Place:
    """A database and the two files."""

    database: Database
    new: Database
    file: Path
    keys: Path

    async def back_up(self, at: datetime = NOON) -> Taken:
        return await take_backup(self.database, KEYRING, self.file, self.keys, now=at)

    async def restore(
        self, into: Database | None = None, keyring: Keyring = KEYRING, *, replace: bool = False
    ) -> Restored:
        return await restore_backup(
            into or self.new, keyring, self.file, self.keys, replace=replace, now=LATER
        )

    async def delete_from_outbound_on(self, conversation: UUID) -> None:
        """Delete a conversation that has messages alone."""
        async with self.database.begin() as session:
            for table in (Outbound, Inbound):
                await session.execute(delete(table).where(table.conversation_id == conversation))
            await session.execute(delete(Conversation).where(Conversation.id == conversation))


@pytest.fixture
async def place(databases: Databases, tmp_path: Path) -> AsyncIterator[Place]:
    with databases.new() as url, databases.empty() as other:
        here = Place(
            Database.open(url), Database.open(other), tmp_path / "backup", tmp_path / "backup.keys"
        )
        yield here
        await here.database.close()
        await here.new.close()


async def rows_of(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    async with database.read() as session:
        return {
            table.name: sorted((await session.execute(select(table))).all(), key=repr)
            for table in TABLES
        }


def messages(owner: Conversation) -> tuple[Inbound, Outbound]:
    inbound = Inbound(
        id=uuid4(), conversation_id=owner.id, client_id="1", position=1, received_at=NOON,
        body_sealed=b"\x00\xff", judgement_sealed=b"", urgency=Urgency.HOG,
    )  # fmt: skip
    outbound = Outbound(
        id=uuid4(), conversation_id=owner.id, position=2, in_reply_to=inbound.id,
        author=Author.BOT, fence=0, created_at=NOON, body_sealed=b"\x01",
    )  # fmt: skip
    return inbound, outbound


async def store(database: Database, *rows: Base) -> None:
    async with database.begin() as session:
        for row in rows:
            session.add(row)
            await session.flush()


async def store_conversation(database: Database, **values: Any) -> Conversation:
    owner = conversation(wrapped_key=uuid4().bytes, caller_hash=uuid4().bytes, **values)
    await store(database, owner, *messages(owner))
    return owner


async def store_ticket(database: Database, owner: Conversation, holder: Coordinator) -> None:
    """A conversation's ticket, with a row in every table that has something about tickets."""
    ticket = TicketRow(
        id=uuid4(), reference=uuid4().hex[:8], conversation_id=owner.id, channel=Channel.WEB,
        municipality="goteborg", urgency=Urgency.ORO, created_at=NOON, schema_version="1",
        body_sealed=b"b",
    )  # fmt: skip
    shared: dict[str, Any] = {"ticket_id": ticket.id, "made_at": NOON}
    inbound, outbound = messages(owner)
    inbound.client_id, inbound.position, outbound.position = "2", 3, 4
    await store(
        database,
        ticket,
        inbound,
        outbound,
        TicketEdit(
            id=uuid4(), coordinator_id=holder.id, field="f", change_sealed=b"c", **shared
        ),
        TicketNote(id=uuid4(), from_id=holder.id, to_id=holder.id, body_sealed=b"n", **shared),
        Correction(
            id=uuid4(), inbound_id=inbound.id, coordinator_id=holder.id,
            judged_urgency=Urgency.ORO, urgency=Urgency.AKUT, **shared,
        ),
        TicketNotice(
            id=uuid4(), ticket_id=ticket.id, way="webhook", urgency=Urgency.ORO, created_at=NOON
        ),
    )  # fmt: skip


async def store_account(database: Database) -> Coordinator:
    account = Coordinator(
        id=uuid4(), name="Anna Å", login="anna", password_hash="h", created_at=NOON, totp_step=3
    )
    code = RecoveryCode(coordinator_id=account.id, code_hash=b"r")
    session = ConsoleSession(
        token_hash=b"t", coordinator_id=account.id, csrf_token="c", created_at=NOON,
        last_seen_at=NOON,
    )  # fmt: skip
    await store(database, account, code, session, Job(name="retention", began_at=NOON))
    async with database.begin() as writing:
        await record(writing, KEYRING, at=NOON, actor=OPERATOR, deed=Deed.ACCOUNT_ADD)
    return account


async def test_every_row_of_every_table_comes_back_but_logins(place: Place) -> None:
    account = await store_account(place.database)
    owner = await store_conversation(place.database, coordinator_id=account.id, greeted=True)
    await store_ticket(place.database, owner, account)
    before = await rows_of(place.database)
    assert all(before.values()), "a table without a row proves nothing"
    taken = await place.back_up()
    restored = await place.restore()
    assert (taken.conversations, restored.conversations, restored.forgotten) == (1, 1, 0)
    after = await rows_of(place.new)
    assert all(after.pop(table) == [] for table in NOT_KEPT)
    for table in after.keys() - AUDIT:
        assert after[table] == before[table], table


async def test_the_restored_audit_log_is_whole_and_tells_of_the_restore(place: Place) -> None:
    await store_account(place.database)
    await place.back_up()
    await place.restore()
    async with place.new.read() as session:
        assert (await verify_audit(session, KEYRING)).number == 2
        last = await session.get_one(AuditRecord, 2)
    assert (last.deed, last.about) == (Deed.RESTORE, NOON.isoformat())


async def test_a_conversation_deleted_after_the_backup_does_not_come_back(place: Place) -> None:
    deleted = await store_conversation(place.database)
    kept = await store_conversation(place.database)
    await place.back_up()
    await place.delete_from_outbound_on(deleted.id)
    async with place.database.read() as session:
        await refresh_key_file(session, KEYRING, place.keys, now=LATER)
    restored = await place.restore()
    assert (restored.conversations, restored.forgotten) == (1, 1)
    async with place.new.read() as session:
        assert list(await session.scalars(select(Conversation.id))) == [kept.id]
        for table in (Inbound, Outbound):
            assert list(await session.scalars(select(table.conversation_id))) == [kept.id]


async def test_what_was_told_about_a_deleted_conversation_stays_away_too(place: Place) -> None:
    account = await store_account(place.database)
    deleted = await store_conversation(place.database)
    await store_ticket(place.database, deleted, account)
    await place.back_up()
    # As if every table that points to it had been cleared.
    async with place.database.begin() as session:
        for table in reversed(TABLES):
            if table.name not in {Coordinator.__tablename__, RecoveryCode.__tablename__, *AUDIT}:
                await session.execute(delete(table))
    async with place.database.read() as session:
        await refresh_key_file(session, KEYRING, place.keys, now=LATER)
    await place.restore()
    full = {name for name, rows in (await rows_of(place.new)).items() if rows}
    assert full == {Coordinator.__tablename__, RecoveryCode.__tablename__, *AUDIT}


async def test_the_next_backup_takes_a_deleted_conversation_out_of_all_earlier_ones(
    place: Place,
) -> None:
    deleted = await store_conversation(place.database)
    await store_conversation(place.database)
    await place.back_up()
    await place.delete_from_outbound_on(deleted.id)
    first, place.file = place.file, place.file.with_name("second")
    await place.back_up(LATER)
    place.file = first
    assert (await place.restore()).forgotten == 1


async def test_a_backup_has_neither_a_conversation_s_key_nor_what_leads_to_its_caller(
    place: Place,
) -> None:
    owner = await store_conversation(place.database)
    await place.back_up()
    opened = b"\n".join(read_sealed(place.file, KEYRING, Kind.BACKUP))
    assert str(owner.id).encode() in opened
    assert owner.caller_hash
    for secret in (owner.wrapped_key, owner.caller_hash):
        assert b64encode(secret) not in opened


async def test_a_backup_is_of_one_moment_while_others_write(place: Place) -> None:
    for _ in range(20):
        await store_conversation(place.database)
    stop = asyncio.Event()

    async def go_on_writing() -> None:
        while not stop.is_set():
            await store_conversation(place.database)

    async with asyncio.TaskGroup() as group:
        group.create_task(go_on_writing())
        taken = await place.back_up()
        stop.set()
    restored = await place.restore()
    after = await rows_of(place.new)
    assert restored.conversations == taken.conversations >= 20
    assert len(after["inbound"]) == len(after["outbound"]) == taken.conversations


async def test_a_database_that_is_not_empty_is_left_alone(place: Place) -> None:
    await store_conversation(place.database)
    await place.back_up()
    before = await rows_of(place.database)
    with pytest.raises(NotEmptyError, match=r"conversations \(1\).*--replace"):
        await place.restore(place.database)
    assert await rows_of(place.database) == before


async def test_replace_puts_the_backup_in_the_place_of_what_there_is(place: Place) -> None:
    kept = await store_conversation(place.database)
    await place.back_up()
    await store_conversation(place.database)
    async with place.database.begin() as session:
        await session.execute(update(Conversation).values(municipality="malmo"))
    await place.restore(place.database, replace=True)
    async with place.database.read() as session:
        rows = (await session.execute(select(Conversation.id, Conversation.municipality))).all()
    assert rows == [(kept.id, "goteborg")]


async def test_a_restore_that_fails_half_way_leaves_what_there_was(place: Place) -> None:
    owner = await store_conversation(place.database)
    await place.back_up()
    *lines, last = read_sealed(place.file, KEYRING, Kind.BACKUP)
    with writing_sealed(place.file, KEYRING, Kind.BACKUP) as file:
        for line in (*lines, last.replace(str(owner.id).encode(), str(uuid4()).encode())):
            file.write(line)
    before = await rows_of(place.database)
    with pytest.raises(Exception, match=r"FOREIGN KEY|ForeignKey"):
        await place.restore(place.database, replace=True)
    assert await rows_of(place.database) == before


async def test_nothing_is_touched_for_a_broken_file_or_another_key(place: Place) -> None:
    await store_conversation(place.database)
    await place.back_up()
    before = await rows_of(place.database)
    with pytest.raises(WrongKeyError):
        await place.restore(place.database, Keyring(bytes(32)), replace=True)
    content = bytearray(place.file.read_bytes())
    content[-1] ^= 1
    place.file.write_bytes(content)
    with pytest.raises(BrokenFileError):
        await place.restore(place.database, replace=True)
    assert await rows_of(place.database) == before


@pytest.mark.parametrize("change", [{"revision": "0001"}, {"columns": {"conversations": ("id",)}}])
async def test_a_backup_of_another_form_is_refused_with_what_to_do(
    place: Place, change: dict[str, Any]
) -> None:
    await place.back_up()
    head, *lines = read_sealed(place.file, KEYRING, Kind.BACKUP)
    other = Head.model_validate_json(head).model_copy(update=change)
    with writing_sealed(place.file, KEYRING, Kind.BACKUP) as file:
        for line in (other.model_dump_json().encode(), *lines):
            file.write(line)
    with pytest.raises(OtherVersionError, match="den version av programmet"):
        await place.restore()


async def test_a_database_that_was_never_prepared_is_not_backed_up(place: Place) -> None:
    place.database, place.new = place.new, place.database
    with pytest.raises(OtherVersionError, match="Starta tjänsten"):
        await place.back_up()
    assert not place.file.exists()
    assert not place.keys.exists()


async def test_a_key_file_older_than_the_backup_or_missing_is_refused(place: Place) -> None:
    await store_conversation(place.database)
    await place.back_up(NOON)
    older = place.keys.read_bytes()
    place.file = place.file.with_name("second")
    await place.back_up(LATER)
    place.keys.write_bytes(older)
    with pytest.raises(KeyFileError, match="äldre än säkerhetskopian"):
        await place.restore()
    place.keys.unlink()
    with pytest.raises(KeyFileError, match="saknas"):
        await place.restore()


async def test_a_new_database_does_not_take_the_key_file_of_the_lost_one(place: Place) -> None:
    await store_conversation(place.database)
    await place.back_up()
    keys = place.keys.read_bytes()
    await place.restore()
    async with place.new.begin() as session:
        for table in reversed(TABLES):
            await session.execute(delete(table))
    await store_conversation(place.new)
    with pytest.raises(KeyFileError, match="annan databas"):
        await take_backup(place.new, KEYRING, place.file.with_name("second"), place.keys, now=LATER)
    assert place.keys.read_bytes() == keys
    assert not place.file.with_name("second").exists()


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_a_backup_of_the_embedded_database_can_be_restored_into_postgresql(
    place: Place, postgres: Postgres
) -> None:
    account = await store_account(place.database)
    owner = await store_conversation(place.database, coordinator_id=account.id)
    await store_ticket(place.database, owner, account)
    await place.back_up()
    with postgres.database() as url:
        server = Database.open(url)
        await place.restore(server)
        before, after = await rows_of(place.database), await rows_of(server)
        await server.close()
    for table in after.keys() - AUDIT - NOT_KEPT:
        assert after[table] == before[table], table


async def test_a_backup_is_never_written_over(place: Place) -> None:
    await place.back_up()
    with pytest.raises(BackupError, match="finns redan"):
        await place.back_up()


def test_every_table_but_logins_is_in_a_backup() -> None:
    assert {table.name for table in TABLES} - {table.name for table in KEPT} == NOT_KEPT


async def test_work_that_was_begun_makes_a_new_database_none_that_is_used(place: Place) -> None:
    await place.back_up()
    await migrate(place.new)
    await store(place.new, Job(name="retention", began_at=NOON))
    await place.restore()
