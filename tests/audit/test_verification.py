"""The audit log: what was changed, removed or put in shows, also when the content is gone."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from services.audit.log import detail_row, record
from services.audit.record import Actor, Deed
from services.audit.verification import AuditBrokenError, Mark, verify_audit
from services.privacy.keyring import Keyring
from services.store.database import Database
from services.store.tables import AuditHead, AuditRecord
from tests.conftest import NOON

KEYRING = Keyring(bytes(range(32)))
ANNA = Actor("Anna Berg", uuid4())
KEY, _ = KEYRING.new_key(conversation="ett samtal")


async def write(database: Database, number: int = 5) -> None:
    async with database.begin() as session:
        for place in range(number):
            await record(
                session,
                KEYRING,
                at=NOON,
                actor=ANNA,
                deed=Deed.REVEAL,
                ticket_id=uuid4(),
                about=str(place),
                detail=(KEY, "för att ringa upp"),
            )


async def verify(database: Database, known: Mark | None = None) -> Mark:
    async with database.read() as session:
        return await verify_audit(session, KEYRING, known=known)


async def test_a_log_that_nobody_touched_is_right_and_so_is_an_empty_one(
    database: Database,
) -> None:
    assert (await verify(database)).number == 0
    await write(database, 3)
    mark = await verify(database)
    assert mark.number == 3
    await write(database, 2)
    assert (await verify(database, Mark.parse(str(mark)))).number == 5


async def test_the_log_can_be_verified_when_retention_has_removed_the_content(
    database: Database,
) -> None:
    await write(database)
    async with database.begin() as session:
        await session.execute(update(AuditRecord).values(detail_sealed=None))
    assert (await verify(database)).number == 5


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "Björn Ek"},
        {"actor_id": uuid4()},
        {"deed": "view"},
        {"deed": "påhittad"},
        {"about": "något annat"},
        {"about": None},
        {"ticket_id": uuid4()},
        {"at": NOON.replace(hour=3)},
        {"detail_sealed": b"utbytt"},
        {"detail_hash": bytes(32)},
        {"chain": bytes(32)},
    ],
    ids=str,
)
async def test_a_changed_record_is_found_by_its_number(database: Database, change: dict) -> None:
    await write(database)
    async with database.begin() as session:
        await session.execute(update(AuditRecord).where(AuditRecord.number == 3).values(**change))
    with pytest.raises(AuditBrokenError, match="Post 3 är ändrad"):
        await verify(database)


@pytest.mark.parametrize("number", [1, 3, 5])
async def test_a_removed_record_is_missed(database: Database, number: int) -> None:
    await write(database)
    async with database.begin() as session:
        await session.execute(delete(AuditRecord).where(AuditRecord.number == number))
    with pytest.raises(AuditBrokenError):
        await verify(database)


async def test_records_cut_off_with_the_head_set_back_are_missed_by_a_mark_from_before(
    database: Database,
) -> None:
    await write(database)
    mark = await verify(database)
    async with database.begin() as session:
        await session.execute(delete(AuditRecord).where(AuditRecord.number > 3))
        chain = await session.scalar(select(AuditRecord.chain).where(AuditRecord.number == 3))
        await session.execute(update(AuditHead).values(number=3, chain=chain))
    with pytest.raises(AuditBrokenError, match="före märket"):
        await verify(database, mark)


async def test_without_the_master_key_no_chain_can_be_made(database: Database) -> None:
    await write(database)
    async with database.read() as session:
        with pytest.raises(AuditBrokenError):
            await verify_audit(session, Keyring(bytes(32)))


async def test_a_deed_that_fails_leaves_no_record(database: Database) -> None:
    async def record_and_fail() -> None:
        async with database.begin() as session:
            await record(session, KEYRING, at=NOON, actor=ANNA, deed=Deed.CLAIM)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await record_and_fail()
    assert (await verify(database)).number == 0


async def test_a_reason_can_be_read_with_the_conversations_key_alone(database: Database) -> None:
    await write(database, 1)
    async with database.read() as session:
        row = await session.get(AuditRecord, 1)
    assert row is not None
    assert row.detail_sealed is not None
    assert KEY.open(row.detail_sealed, row=detail_row(1)) == "för att ringa upp"


@pytest.mark.parametrize("text", ["", "x", "1:zz", ":", "x:00"])
def test_a_mark_that_is_no_mark_is_refused(text: str) -> None:
    with pytest.raises(AuditBrokenError):
        Mark.parse(text)
