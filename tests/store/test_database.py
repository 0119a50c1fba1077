"""Both databases keep the same promises: constraints, aware times, readers that don't wait."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, StatementError

from services.store.conversations import lock_conversation
from services.store.database import Database
from services.store.tables import Conversation, Inbound
from services.vocabulary import Channel
from tests.conftest import NOON


def conversation(**values) -> Conversation:
    defaults = {
        "id": uuid4(),
        "channel": Channel.WEB,
        "municipality": "goteborg",
        "variant": "web",
        "created_at": NOON,
        "last_activity_at": NOON,
        "wrapped_key": b"k",
    }
    return Conversation(**(defaults | values))


async def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    async with database.begin() as session:
        session.add(conversation())
    async with database.read() as session:
        stored = await session.scalar(select(Conversation.created_at))
    assert stored == NOON
    assert stored.tzinfo is UTC


async def test_a_time_without_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without time zone"):
        async with database.begin() as session:
            session.add(conversation(created_at=datetime(2026, 1, 1)))  # noqa: DTZ001 - the fault itself


async def test_an_unknown_channel_is_refused_by_the_database_itself(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.begin() as session:
            session.add(conversation(channel="fax"))


async def test_a_message_belongs_to_a_conversation_that_exists(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.begin() as session:
            session.add(
                Inbound(
                    id=uuid4(),
                    conversation_id=uuid4(),
                    client_id="1",
                    position=1,
                    received_at=NOON,
                    body_sealed=b"",
                    judgement_sealed=b"",
                )
            )


async def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    async def store_and_fail() -> None:
        async with database.begin() as session:
            session.add(conversation())
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store_and_fail()
    async with database.read() as session:
        assert await session.scalar(select(Conversation)) is None


async def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    async with database.begin() as writing:
        writing.add(conversation())
        await writing.flush()
        async with database.read() as reading:
            assert await reading.scalar(select(Conversation)) is None


async def test_all_that_a_reader_sees_is_of_one_moment(database: Database) -> None:
    async with database.read() as reading:
        assert await reading.scalar(select(Conversation)) is None
        async with database.begin() as writing:
            writing.add(conversation())
        assert await reading.scalar(select(Conversation)) is None
    async with database.read() as reading:
        assert await reading.scalar(select(Conversation)) is not None


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
async def test_lost_connections_are_told_as_a_database_that_is_away_and_come_back(
    database: Database,
) -> None:
    with pytest.raises((OperationalError, InterfaceError, OSError)):
        async with database.begin() as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    async with database.begin() as session:
        session.add(conversation())
    async with database.read() as session:
        assert await session.scalar(select(Conversation)) is not None


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
async def test_of_two_who_wait_for_each_other_one_is_told_to_try_again(
    database: Database,
) -> None:
    rows = [conversation(), conversation()]
    async with database.begin() as session:
        session.add_all(rows)
    both_have_one = asyncio.Barrier(2)

    async def lock(first: UUID, second: UUID) -> None:
        async with database.begin() as session:
            await lock_conversation(session, first)
            await both_have_one.wait()
            await lock_conversation(session, second)

    one, other = rows[0].id, rows[1].id
    told = await asyncio.gather(lock(one, other), lock(other, one), return_exceptions=True)
    assert [type(each) for each in told if each] == [OperationalError]


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_the_embedded_database_survives_a_power_cut(database: Database) -> None:
    async with database.read() as session:
        assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await session.scalar(text("PRAGMA synchronous")) == 2  # FULL
        assert await session.scalar(text("PRAGMA foreign_keys")) == 1
