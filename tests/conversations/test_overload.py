"""When too many wait: the chat says so at once, danger passes, and nothing taken is lost."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from services.conversations.backlog import Backlog
from services.conversations.core import Core
from services.conversations.inbox import Inbox, IncomingMessage, Receipt, Telephone
from services.conversations.overload import ManyWritingError
from services.conversations.worker import TurnWorker
from services.store.conversations import lock_conversation
from services.store.tables import Inbound
from services.vocabulary import Channel, MunicipalityId, Owner
from tests.conftest import ScriptedRasa

GOTEBORG = MunicipalityId("goteborg")
ACUTE = "han har en pistol och är på väg till skolan nu"
CALM = "Vad är Toleransprojektet?"
LIMIT = 2


@pytest.fixture
async def busy(core: Core, rasa: ScriptedRasa) -> Core:
    """A service where as many messages wait as may."""
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    narrow = replace(core, backlog=Backlog(LIMIT))
    for number in range(LIMIT):
        await send(narrow, CALM, client_id=str(number))
    return narrow


async def chat(core: Core) -> tuple[UUID, str]:
    return await Inbox(core).open_conversation(Channel.WEB, GOTEBORG)


async def send(
    core: Core, text: str, *, client_id: str = "", opened: tuple[UUID, str] | None = None
) -> Receipt:
    conversation_id, secret = opened or await chat(core)
    message = IncomingMessage(client_id or uuid4().hex, text)
    return await Inbox(core).receive(conversation_id, secret, message, channel=Channel.WEB)


async def stored(core: Core) -> int:
    async with core.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Inbound)) or 0


async def test_a_caller_in_the_chat_is_told_at_once_with_112_and_whom_to_call(busy: Core) -> None:
    with pytest.raises(ManyWritingError) as raised:
        await send(busy, CALM)
    words = "\n".join(raised.value.reply.as_texts())
    assert "Många skriver just nu" in words
    assert {"112", "socialtjanst", "orostelefon"} <= set(raised.value.reply.contacts)
    assert await stored(busy) == LIMIT, "what is not acknowledged is not stored half"


async def test_danger_is_answered_in_the_acknowledgement_all_the_same(busy: Core) -> None:
    receipt = await send(busy, ACUTE)
    assert receipt.reply is not None
    assert "112" in receipt.reply.reply.as_texts()[0]


async def test_a_yes_to_the_question_about_danger_is_danger_too(busy: Core) -> None:
    opened = await chat(busy)
    async with busy.database.begin() as session:
        conversation = await lock_conversation(session, opened[0])
        assert conversation is not None
        conversation.danger_asked = conversation.greeted = True
    assert (await send(busy, "ja", opened=opened)).reply is not None


async def test_a_text_message_is_taken_and_answered_later(busy: Core) -> None:
    inbox = Inbox(busy)
    number = "+46701740605"
    conversation_id = await inbox.conversation_of(
        Channel.SMS, GOTEBORG, Telephone(key=number, number=number)
    )
    receipt = await inbox.receive(
        conversation_id, None, IncomingMessage("SM1", CALM), channel=Channel.SMS
    )
    assert receipt.waits is not None
    assert await stored(busy) == LIMIT + 1


async def test_what_is_written_to_a_coordinator_waits_for_nobody(busy: Core) -> None:
    opened = await chat(busy)
    async with busy.database.begin() as session:
        conversation = await lock_conversation(session, opened[0])
        assert conversation is not None
        conversation.owner = Owner.COORDINATOR
    assert (await send(busy, CALM, opened=opened)).position == 1


async def test_what_was_acknowledged_is_acknowledged_again_and_answered(
    core: Core, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    busy = replace(core, backlog=Backlog(1))
    opened = await chat(busy)
    first = await send(busy, CALM, client_id="a", opened=opened)
    again = await send(busy, CALM, client_id="a", opened=opened)
    assert (again.position, again.waits) == (first.position, None)
    assert busy.backlog.waiting == 1, "a repeat is not one more"
    worker = TurnWorker(busy)
    await worker._sweep()
    while worker.running:
        await worker._running[opened[0]]
    assert (await send(busy, CALM, opened=opened)).waits is not None, "there is room again"
