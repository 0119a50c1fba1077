"""While somebody else has the database locked, danger is answered within a second all the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest

from services.conversations.core import Core
from services.conversations.inbox import AcuteNotStoredError, Inbox, IncomingMessage, Receipt
from services.store.conversations import lock_conversation
from services.store.database import Database
from services.store.messages import list_inbound_after
from services.vocabulary import Channel, MunicipalityId

ACUTE = "han har en pistol och är på väg till skolan nu"
type Opened = tuple[UUID, str]


@pytest.fixture
async def opened(core: Core) -> Opened:
    return await Inbox(core).open_conversation(Channel.WEB, MunicipalityId("goteborg"))


@asynccontextmanager
async def locked(core: Core, conversation_id: UUID) -> AsyncIterator[None]:
    """Another process holds the lock that a message needs: of the file, or of the row."""
    url = core.database.engine.url.render_as_string(hide_password=False)
    other = Database.open(url)
    async with other.begin() as session:
        await lock_conversation(session, conversation_id)
        yield
    await other.close()


async def send(core: Core, opened: Opened, message: IncomingMessage) -> Receipt:
    return await Inbox(core).receive(*opened, message, channel=Channel.WEB)


async def test_an_acute_caller_does_not_wait_for_the_lock(core: Core, opened: Opened) -> None:
    message = IncomingMessage(uuid4().hex, ACUTE)
    async with locked(core, opened[0]):
        began = time.monotonic()
        with pytest.raises(AcuteNotStoredError) as raised:
            await send(core, opened, message)
        took = time.monotonic() - began
    assert took < 1.0
    assert "112" in raised.value.reply.as_texts()[0]


async def test_what_was_answered_before_it_was_stored_is_stored_once_when_it_is_sent_again(
    core: Core, opened: Opened
) -> None:
    message = IncomingMessage(uuid4().hex, ACUTE)
    async with locked(core, opened[0]):
        with pytest.raises(AcuteNotStoredError):
            await send(core, opened, message)
    receipts = await asyncio.gather(*(send(core, opened, message) for _ in range(3)))
    assert {receipt.position for receipt in receipts} == {1}
    assert all(receipt.reply is not None for receipt in receipts)
    async with core.database.read() as session:
        assert len(await list_inbound_after(session, opened[0], 0)) == 1
