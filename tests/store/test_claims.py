"""What several processes share is claimed by exactly one, and nobody waits for what another has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.audit.log import record
from services.audit.record import OPERATOR, Deed
from services.audit.verification import verify_audit
from services.privacy.keyring import Keyring
from services.store.conversations import (
    get_conversation,
    lease_conversation,
    lock_conversation,
    release_lease,
    renew_leases,
)
from services.store.database import Database
from services.store.notices import list_tickets_without_notice
from services.store.outbox import claim_to_send
from services.store.tables import Inbound, Outbound, TicketRow
from services.store.waiting import list_waiting_conversations
from services.vocabulary import Author, Channel, Urgency
from tests.conftest import NOON
from tests.databases import Databases
from tests.store.test_database import conversation

LATER = NOON + timedelta(seconds=30)
on_a_server = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)


@pytest.fixture
async def processes(databases: Databases) -> AsyncIterator[list[Database]]:
    """What five processes have open: the same database."""
    with databases.new() as url:
        opened = [Database.open(url) for _ in range(5)]
        yield opened
        for database in opened:
            await database.close()


async def stored_conversation(database: Database) -> UUID:
    async with database.begin() as session:
        session.add(row := conversation())
    return row.id


def message(conversation_id: UUID) -> Inbound:
    return Inbound(
        id=uuid4(),
        conversation_id=conversation_id,
        client_id=uuid4().hex,
        position=1,
        received_at=NOON,
        body_sealed=b"",
        judgement_sealed=b"",
    )


async def lease(database: Database, conversation_id: UUID, worker: str) -> bool:
    async with database.begin() as session:
        return await lease_conversation(
            session, conversation_id, worker=worker, now=NOON, until=LATER
        )


async def test_of_workers_at_once_exactly_one_gets_the_lease(processes: list[Database]) -> None:
    found = await stored_conversation(processes[0])
    got = await asyncio.gather(
        *(lease(database, found, f"worker {n}") for n, database in enumerate(processes))
    )
    assert sum(got) == 1


@on_a_server
async def test_a_conversation_in_anothers_hands_is_left_without_waiting(
    processes: list[Database],
) -> None:
    found = await stored_conversation(processes[0])
    async with processes[0].begin() as session:
        await lock_conversation(session, found)
        async with asyncio.timeout(2):
            assert not await lease(processes[1], found, "another")
    assert await lease(processes[1], found, "another")


async def test_who_gives_a_lease_back_hears_of_a_message_that_came_meanwhile(
    database: Database,
) -> None:
    found = await stored_conversation(database)

    async def give_back() -> bool:
        async with database.begin() as session:
            return await release_lease(session, found, worker="one")

    assert await lease(database, found, "one")
    assert not await give_back()
    assert await lease(database, found, "one")
    async with database.begin() as session:
        session.add(message(found))
    assert await give_back()
    assert not await give_back(), "the lease is no longer ours, and so not our business"


async def test_a_lease_can_be_renewed_by_who_still_holds_it_and_by_nobody_else(
    database: Database,
) -> None:
    mine, anothers = [await stored_conversation(database) for _ in range(2)]
    assert await lease(database, mine, "one")
    assert await lease(database, anothers, "another")
    later = LATER + timedelta(seconds=20)
    async with database.begin() as session:
        await renew_leases(session, [mine, anothers], worker="one", until=later)
    async with database.read() as session:
        ends = [(await get_conversation(session, one)).leased_until for one in (mine, anothers)]
    assert ends == [later, LATER]


async def test_a_lease_that_a_wrong_clock_gave_binds_nobody(database: Database) -> None:
    found = await stored_conversation(database)
    async with database.begin() as session:
        an_hour_ahead = LATER + timedelta(hours=1)
        await lease_conversation(
            session, found, worker="killed", now=an_hour_ahead, until=an_hour_ahead
        )
        session.add(message(found))
    async with database.read() as session:
        waiting = await list_waiting_conversations(session, worker="next", now=NOON, limit=5)
    assert [(one.id, one.abandoned) for one in waiting] == [(found, True)]
    assert await lease(database, found, "next")


async def test_of_senders_at_once_exactly_one_gets_the_text_message(
    processes: list[Database],
) -> None:
    found = await stored_conversation(processes[0])
    async with processes[0].begin() as session:
        session.add(
            row := Outbound(
                id=uuid4(),
                conversation_id=found,
                position=1,
                author=Author.BOT,
                fence=0,
                created_at=NOON,
                body_sealed=b"",
                due_at=NOON,
            )
        )

    async def claim(database: Database) -> bool:
        async with database.begin() as session:
            return await claim_to_send(session, row.id, seen_due_at=NOON, until=LATER)

    assert sum(await asyncio.gather(*(claim(database) for database in processes))) == 1


@on_a_server
async def test_a_ticket_that_another_process_is_telling_of_is_left_to_it(
    processes: list[Database],
) -> None:
    found = await stored_conversation(processes[0])
    async with processes[0].begin() as session:
        session.add(
            TicketRow(
                id=uuid4(),
                reference="ABC-123",
                conversation_id=found,
                channel=Channel.WEB,
                municipality="goteborg",
                urgency=Urgency.ORO,
                created_at=NOON,
                schema_version="1",
                body_sealed=b"",
            )
        )
    async with processes[0].begin() as one, processes[1].begin() as other:
        assert len(await list_tickets_without_notice(one, "webhook")) == 1
        assert await list_tickets_without_notice(other, "webhook") == []


async def test_first_records_at_once_make_one_unbroken_audit_log(
    processes: list[Database],
) -> None:
    keyring = Keyring(bytes(range(32)))

    async def login(database: Database) -> None:
        async with database.begin() as session:
            await record(session, keyring, at=NOON, actor=OPERATOR, deed=Deed.LOGIN)

    await asyncio.gather(*(login(database) for database in processes))
    async with processes[0].read() as session:
        assert (await verify_audit(session, keyring)).number == len(processes)
