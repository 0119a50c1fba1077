"""RADERA: what nobody has acted on is deleted; of the rest the caller is told the truth."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from services.audit.log import record
from services.audit.record import Actor, Deed
from services.audit.verification import verify_audit
from services.conversations.core import Core
from services.conversations.deletion import FAREWELL, Wanted, read_deletion
from services.conversations.errors import UnknownConversationError
from services.conversations.handover import tell_coordinators
from services.conversations.inbox import Inbox, IncomingMessage, Telephone
from services.conversations.ownership import take_over
from services.conversations.sealing import conversation_key
from services.conversations.tidying import Tidying
from services.retention.deadlines import Deadlines
from services.settings import Settings
from services.store.conversations import lock_conversation
from services.store.deletion import delete_conversation_rows
from services.store.dump import TABLES
from services.store.tables import AuditRecord, Conversation, Outbound, TicketRow
from services.store.tickets import get_ticket
from services.vocabulary import Channel, MunicipalityId, Owner
from tests.conftest import NOON, ScriptedRasa
from tests.conversations.test_turns import Caller, caller, coordinators, ticket_id
from tests.turns import take_turn

__all__ = ["caller", "coordinators", "ticket_id"]

NUMBER = "+46701740605"
"""From the series that PTS keeps for fiction."""


async def say(caller: Caller, text: str, *, choice: str | None = None) -> str:
    """Write, and give the last words that the caller then sees."""
    message = IncomingMessage(f"m{len(await caller.sees())}", text, choice=choice)
    await caller.receive(message)
    await take_turn(caller.core, caller.conversation.id)
    last = (await caller.hears())[-1]
    assert last.reply is not None
    return "\n".join(last.reply.as_texts())


def tidying(core: Core, folder: Path, *, after: timedelta = FAREWELL) -> Tidying:
    settings = Settings(_env_file=None, state_dir=folder)
    later = replace(core, clock=lambda: NOON + after)
    return Tidying(later, Deadlines.of(settings), settings.backup_key_file)


async def rows_of(core: Core, conversation: UUID) -> dict[str, int]:
    """How many rows there are, by table, besides the log of deeds and of jobs."""
    async with core.database.read() as session:
        counts = {
            table.name: await session.scalar(select(func.count()).select_from(table)) or 0
            for table in TABLES
            if table.name not in {"audit", "audit_head", "jobs", "coordinators"}
        }
    return {name: count for name, count in counts.items() if count}


async def test_a_conversation_is_deleted_after_one_question(caller: Caller, tmp_path: Path) -> None:
    await say(caller, "hej")
    asked = await say(caller, "RADERA")
    assert "Vill du radera samtalet?" in asked
    done = await say(caller, "ja")
    assert "Nu raderar vi samtalet" in done
    assert "112" in done
    await tidying(caller.core, tmp_path).look()
    assert await rows_of(caller.core, caller.conversation.id) == {}
    async with caller.core.database.read() as session:
        assert (await verify_audit(session, caller.core.keyring)).number == 1
        noted = await session.scalar(select(AuditRecord))
    assert noted is not None
    assert (noted.deed, noted.about) == ("delete", "på begäran: 1")


async def test_the_last_words_stay_until_they_have_been_read(
    caller: Caller, tmp_path: Path
) -> None:
    await say(caller, "RADERA")
    await say(caller, "ja")
    await tidying(caller.core, tmp_path, after=FAREWELL / 2).look()
    assert "raderar" in str((await caller.hears())[-1].reply)


async def test_from_the_confirmation_on_the_secret_opens_nothing(caller: Caller) -> None:
    await say(caller, "RADERA")
    await say(caller, "ja")
    with pytest.raises(UnknownConversationError):
        await caller.inbox.authenticate(caller.conversation.id, caller.secret)
    with pytest.raises(UnknownConversationError):
        await caller.send("hej igen")


@pytest.mark.parametrize("no", ["nej", "Nej, behåll det"])
async def test_who_says_no_keeps_the_conversation(caller: Caller, no: str, tmp_path: Path) -> None:
    await say(caller, "RADERA")
    assert "samtalet är kvar" in await say(caller, no)
    await tidying(caller.core, tmp_path).look()
    assert (await caller.row()).delete_after is None


async def test_who_writes_something_else_is_answered_and_nothing_is_deleted(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    await say(caller, "RADERA")
    assert "Toleransprojektet" in await say(caller, "Vad är Toleransprojektet?")
    # A late yes answers no question.
    await say(caller, "ja")
    assert (await caller.row()).delete_after is None


async def test_danger_is_answered_first_also_when_deletion_was_asked_about(caller: Caller) -> None:
    await say(caller, "RADERA")
    receipt = await caller.send("ja, han har en pistol och är på väg till skolan nu")
    assert receipt.reply is not None
    assert "112" in str(receipt.reply)
    assert (await caller.row()).delete_after is None


async def test_the_buttons_do_the_same_as_the_words(caller: Caller) -> None:
    assert "Vill du radera" in await say(caller, "", choice="radera_samtalet")
    assert "samtalet är kvar" in await say(caller, "", choice="radera_nej")
    # A button of an earlier reply asks again: one question, one answer.
    assert "Vill du radera" in await say(caller, "", choice="radera_ja")
    assert "Nu raderar vi" in await say(caller, "", choice="radera_ja")


async def test_the_answer_about_deletion_has_a_button_for_it(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "radera_uppgifter"}
    await say(caller, "kan jag få mina uppgifter borttagna någon gång?")
    reply = (await caller.hears())[-1].reply
    assert reply is not None
    assert reply.choices[0].id == "radera_samtalet"


async def test_a_ticket_is_kept_the_caller_told_why_and_a_coordinator_asked(
    caller: Caller, ticket_id: UUID, tmp_path: Path
) -> None:
    told = await say(caller, "radera allt")
    async with caller.core.database.read() as session:
        ticket = await get_ticket(session, ticket_id)
    assert ticket is not None
    assert ticket.reference in told
    assert "Jag kan inte radera samtalet själv" in told
    assert "inte lova" in told
    assert ticket.deletion_asked_at == NOON
    assert "Jag kan inte radera" in await say(caller, "", choice="radera_ja")
    await tidying(caller.core, tmp_path).look()
    assert (await caller.row()).delete_after is None


async def test_to_a_coordinator_who_has_the_conversation_the_request_is_a_message(
    caller: Caller, ticket_id: UUID, coordinators: list[UUID]
) -> None:
    await take_over(caller.core, ticket_id, coordinators[0])
    heard = len(await caller.hears())
    await caller.send("RADERA")
    await take_turn(caller.core, caller.conversation.id)
    assert len(await caller.hears()) == heard, "the bot is silent"
    async with caller.core.database.read() as session:
        ticket = await get_ticket(session, ticket_id)
    assert ticket is not None
    assert ticket.deletion_asked_at == NOON
    assert (await caller.row()).owner is Owner.COORDINATOR


async def test_after_a_closed_ticket_a_coordinator_decides_too(
    caller: Caller, ticket_id: UUID
) -> None:
    async with caller.core.database.begin() as session:
        ticket = await get_ticket(session, ticket_id)
        assert ticket is not None
        ticket.state = "closed"
    assert "Jag kan inte radera" in await say(caller, "RADERA")
    async with caller.core.database.read() as session:
        asked = await session.scalars(
            select(TicketRow).where(TicketRow.deletion_asked_at.is_not(None))
        )
    assert [one.state for one in asked] == ["waiting"]


async def test_where_the_operator_lets_nobody_delete_a_coordinator_is_asked(
    caller: Caller,
) -> None:
    caller.core = replace(caller.core, deletes_on_request=False)
    assert "Jag kan inte radera" in await say(caller, "RADERA")
    assert (await caller.row()).delete_after is None


async def test_a_ticket_that_is_made_meanwhile_keeps_the_conversation(
    caller: Caller, rasa: ScriptedRasa, tmp_path: Path
) -> None:
    await say(caller, "RADERA")
    await caller.send("ja", client_id="late")
    rasa.answer = lambda request: {"handover": {"relation": "förälder", "samtycke": True}}
    async with caller.core.database.begin() as session:
        conversation = await lock_conversation(session, caller.conversation.id)
        assert conversation is not None
        await tell_coordinators(caller.core, session, conversation, asked=True)
    await take_turn(caller.core, caller.conversation.id)
    assert "Jag kan inte radera" in str((await caller.hears())[-1].reply)
    assert (await caller.row()).delete_after is None


async def test_a_text_message_caller_gets_the_last_words_and_begins_anew(
    core: Core, tmp_path: Path
) -> None:
    inbox, person = Inbox(core), Telephone(key=NUMBER, number=NUMBER)
    first = await inbox.conversation_of(Channel.SMS, MunicipalityId("goteborg"), person)
    for sid, words in enumerate(("RADERA", "JA")):
        message = IncomingMessage(f"SM{sid}", words)
        await inbox.receive(first, None, message, channel=Channel.SMS)
        await take_turn(core, first)
    await tidying(core, tmp_path).look()
    async with core.database.begin() as session:
        waiting = (
            await session.scalars(
                select(Outbound).where(
                    Outbound.conversation_id == first, Outbound.due_at.is_not(None)
                )
            )
        ).all()
        assert waiting, "the last words have not left"
        for one in waiting:
            one.due_at = None
    second = await inbox.conversation_of(Channel.SMS, MunicipalityId("goteborg"), person)
    assert second != first
    await tidying(core, tmp_path).look()
    async with core.database.read() as session:
        assert list(await session.scalars(select(Conversation.id))) == [second]


async def test_last_words_that_can_not_leave_hold_nothing_up_for_long(
    core: Core, tmp_path: Path
) -> None:
    inbox, person = Inbox(core), Telephone(key=NUMBER, number=NUMBER)
    first = await inbox.conversation_of(Channel.SMS, MunicipalityId("goteborg"), person)
    for sid, words in enumerate(("RADERA", "JA")):
        message = IncomingMessage(f"SM{sid}", words)
        await inbox.receive(first, None, message, channel=Channel.SMS)
        await take_turn(core, first)
    await tidying(core, tmp_path, after=timedelta(minutes=11)).look()
    assert await rows_of(core, first) == {}


async def test_what_was_written_in_the_audit_log_goes_with_the_conversation(
    caller: Caller, ticket_id: UUID, coordinators: list[UUID]
) -> None:
    core = caller.core
    detail = (conversation_key(core.keyring, await caller.row()), "ett skäl")
    async with core.database.begin() as session:
        await record(
            session, core.keyring, at=NOON, actor=Actor("Anna", coordinators[0]),
            deed=Deed.REVEAL, ticket_id=ticket_id, detail=detail,
        )  # fmt: skip
    async with core.database.begin() as session:
        await delete_conversation_rows(session, [caller.conversation.id])
    assert await rows_of(core, caller.conversation.id) == {}
    async with core.database.read() as session:
        await verify_audit(session, core.keyring)
        left = list(await session.scalars(select(AuditRecord)))
    assert [one.detail_sealed for one in left] == [None] * len(left)


@pytest.mark.parametrize(
    ("text", "asked", "wanted"),
    [
        ("RADERA", False, Wanted.ASKS), ("radera samtalet", False, Wanted.ASKS),
        ("delete", False, Wanted.ASKS), ("ja", False, None), ("nej", False, None),
        ("ja", True, Wanted.CONFIRMS), ("RADERA", True, Wanted.CONFIRMS),
        ("nej", True, Wanted.KEEPS), ("nej, radera inte", True, Wanted.KEEPS),
        ("yes", True, Wanted.CONFIRMS), ("no", True, Wanted.KEEPS),
        ("ja men vad händer med det jag skrev", True, None),
        ("hon har raderat allt i mobilen", False, None),
    ],
)  # fmt: skip
def test_a_wish_for_deletion_is_read_from_the_words_alone(
    text: str, asked: bool, wanted: Wanted | None
) -> None:
    assert read_deletion(None, text, asked=asked) is wanted
