"""Deleting a conversation by decision: who may, what is told, and what is left."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from services.conversations.tidying import Tidying
from services.retention.deadlines import Deadlines
from services.settings import Settings
from services.store.conversations import lock_conversation
from services.store.tables import Conversation, Inbound, Outbound, Role, TicketRow
from services.store.tickets import get_ticket
from tests.console.conftest import Console, Visitor


def page(ticket: UUID, deed: str = "") -> str:
    return f"/samordnare/arende/{ticket}{deed}"


async def delete(visitor: Visitor, ticket: UUID, **fields: str) -> int:
    await visitor.get(page(ticket))
    fields = {"reason": "begaran", "decision": "KS 2026/12", **fields}
    return (await visitor.send(page(ticket, "/radera"), **fields)).status


async def tidy(console: Console, folder: Path) -> None:
    settings = Settings(_env_file=None, state_dir=folder)
    console.clock.go(minutes=11)
    await Tidying(console.core, Deadlines.of(settings), settings.backup_key_file).look()


async def test_who_answers_for_the_work_deletes_with_a_reason_and_the_caller_is_told(
    console: Console, tmp_path: Path
) -> None:
    caller = await console.caller()
    ticket = await caller.ask_for_human()
    await caller.write("Vad är Toleransprojektet?")
    lead = await console.coordinator("Lena Lead", role=Role.ANSVARIG)
    assert await delete(lead, ticket) == 303
    assert "beslutat att radera samtalet" in str((await caller.sees())[-1].reply)
    assert ("Lena Lead", "delete", "begaran KS 2026/12") in await console.deeds()
    await tidy(console, tmp_path)
    async with console.core.database.read() as session:
        for table in (Conversation, Inbound, Outbound, TicketRow):
            assert await session.scalar(select(func.count()).select_from(table)) == 0
    assert ("Lena Lead", "delete", "begaran KS 2026/12") in await console.deeds()
    assert (await lead.get(page(ticket))).status == 404


async def test_a_coordinator_sees_the_request_and_may_not_delete(console: Console) -> None:
    ticket = await console.ticket()
    async with console.core.database.begin() as session:
        row = await get_ticket(session, ticket)
        assert row is not None
        row.deletion_asked_at = console.clock() - timedelta(minutes=5)
    anna = await console.coordinator()
    shown = await anna.read(page(ticket))
    assert "vill att samtalet raderas" in shown
    assert "/radera" not in shown
    assert await delete(anna, ticket) == 403
    assert (await console.row(ticket)).closed_at is None


@pytest.mark.parametrize("fields", [{"reason": ""}, {"reason": "annat"}, {"decision": "x" * 31}])
async def test_a_reason_is_one_of_few_so_that_no_content_stays_in_the_log(
    console: Console, fields: dict[str, str]
) -> None:
    ticket = await console.ticket()
    lead = await console.coordinator("Lena Lead", role=Role.ANSVARIG)
    assert await delete(lead, ticket, **fields) == 400
    assert (await console.row(ticket)).closed_at is None


async def test_what_must_be_kept_is_not_deleted(console: Console) -> None:
    ticket = await console.ticket()
    async with console.core.database.begin() as session:
        row = await get_ticket(session, ticket)
        assert row is not None
        conversation = await lock_conversation(session, row.conversation_id)
        assert conversation is not None
        conversation.held_at = console.clock()
    lead = await console.coordinator("Lena Lead", role=Role.ANSVARIG)
    await lead.get(page(ticket))
    response = await lead.send(page(ticket, "/radera"), reason="begaran", decision="")
    assert response.status == 409
    assert "undantaget från gallring" in await response.text()


async def test_a_page_that_is_open_hears_that_the_conversation_is_gone(
    console: Console, tmp_path: Path
) -> None:
    caller = await console.caller()
    ticket = await caller.ask_for_human()
    lead = await console.coordinator("Lena Lead", role=Role.ANSVARIG)
    path = f"/samordnare/api/tickets/{ticket}/events"
    async with lead.session.get(path) as stream:
        await stream.content.readuntil(b"\n\n")
        assert await delete(lead, ticket) == 303
        await tidy(console, tmp_path)
        async with asyncio.timeout(10):
            rest = await stream.content.read()
    assert b"event: gone" in rest
