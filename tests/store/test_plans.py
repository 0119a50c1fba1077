"""What a message costs does not grow with what is stored: nothing looks through a whole table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from services.conversations.core import Core
from services.conversations.inbox import Inbox, IncomingMessage, Telephone
from services.conversations.sealing import conversation_key
from services.conversations.timeline import read_timeline
from services.store.conversations import get_conversation
from services.store.database import Database
from services.store.waiting import (
    count_waiting,
    find_oldest_due,
    find_oldest_waiting,
    list_waiting_conversations,
)
from services.vocabulary import Channel, MunicipalityId
from tests.conftest import NOON, ScriptedRasa
from tests.databases import Databases, SqliteDatabases
from tests.turns import take_turn

ACUTE = "han har en pistol och är på väg till skolan nu"
WORRIED = "jag är orolig för min son"
CALM = "Vad är Toleransprojektet?"
PHONE = Telephone(key="+46701740605", number="+46701740605")
GROWS = "conversations|inbound|outbound|tickets"
LOOKS_THROUGH = re.compile(rf"SCAN ({GROWS})\b(?! USING (COVERING )?INDEX ix_\w+_(waiting|due)\b)")
"""But what holds nothing else than what waits may be looked through."""


@pytest.fixture
def databases(migrated_file: Path, tmp_path: Path) -> Databases:
    """SQLite tells its plans whatever the tables hold; PostgreSQL's follow what is in them."""
    return SqliteDatabases(migrated_file, tmp_path)


@contextmanager
def statements_of(database: Database) -> Iterator[dict[str, Any]]:
    """Every statement that is run, with parameters that it was run with."""
    run: dict[str, Any] = {}

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            run[statement] = parameters

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield run
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def plan_of(database: Database, statement: str, parameters: Any) -> str:
    async with database.read() as session:
        connection = await session.connection()
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(row[3] for row in rows)


async def converse(core: Core, rasa: ScriptedRasa) -> None:
    """A text conversation with everything that a caller's message can lead to."""
    inbox = Inbox(core)
    place = MunicipalityId("goteborg")
    conversation_id = await inbox.conversation_of(Channel.SMS, place, PHONE)
    for number, words in enumerate((CALM, WORRIED, ACUTE, CALM, WORRIED)):
        if number == 1:
            rasa.answer = lambda request: {"handover": {"relation": "förälder", "samtycke": True}}
        else:
            rasa.answer = lambda request: {"answer": "toleransprojektet"}
        message = IncomingMessage(f"SM{number}", words)
        await inbox.receive(conversation_id, None, message, channel=Channel.SMS)
        await take_turn(core, conversation_id)
    async with core.database.read() as session:
        conversation = await get_conversation(session, conversation_id)
        assert conversation is not None
        key = conversation_key(core.keyring, conversation)
        assert len(await read_timeline(session, key, conversation, after=0)) > 8


async def look_for_what_waits(core: Core) -> None:
    """What the service does every other second, whether anybody writes or not."""
    async with core.database.read() as session:
        await list_waiting_conversations(session, worker="w", now=NOON, limit=10)
        await count_waiting(session)
        await find_oldest_waiting(session)
        await find_oldest_due(session, NOON)


async def test_nothing_that_a_message_leads_to_looks_through_a_table(
    core: Core, rasa: ScriptedRasa
) -> None:
    with statements_of(core.database) as run:
        await converse(core, rasa)
        await look_for_what_waits(core)
    assert len(run) > 10
    plans = [await plan_of(core.database, *one) for one in run.items()]
    assert [plan for plan in plans if LOOKS_THROUGH.search(plan)] == []
