"""What goes into the outbox, and what a caller asks of it: numbers in writing, STOPP and START."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from services.answers.reply import ContactBlock, Reply
from services.conversations.core import Core
from services.conversations.delivery import STOPPED
from services.conversations.sealing import conversation_key, open_outbound, outbound_row
from services.conversations.wakeups import OUTBOX
from services.store.conversations import lock_conversation, next_position
from services.store.messages import find_outbound_by_client_id
from services.store.outbox import find_last_reply, withhold_before
from services.store.tables import Conversation, Outbound, OutboundState
from services.vocabulary import Author, Channel


def post(
    core: Core, conversation: Conversation, outbound: Outbound, now: datetime, *, acute: bool
) -> None:
    """Have a message leave by text message, if that is how its caller writes.

    After STOPP nothing leaves but the answer to an acute message. What nobody is waiting for keeps
    the quiet hours.
    """
    if conversation.channel is not Channel.SMS:
        return
    if conversation.stopped_at is not None and not acute:
        outbound.state, outbound.failure = OutboundState.FAILED, STOPPED
        return
    outbound.due_at = now
    if outbound.author is Author.SERVICE:
        active = conversation.last_activity_at
        outbound.due_at = core.quiet_hours.leaves_at(now, caller_active_at=active)


async def text_contacts(core: Core, conversation_id: UUID, client_id: str) -> bool:
    """Text the numbers of the bot's last reply to a caller on the phone, as they asked.

    Args:
        core: The parts.
        conversation_id: The call's.
        client_id: The caller's own id for asking; the same again sends nothing.

    Returns:
        False if there is no number to send to, or nothing to send.
    """
    async with core.database.begin() as session:
        conversation = await lock_conversation(session, conversation_id)
        last = await find_last_reply(session, conversation_id)
        if conversation is None or conversation.number_sealed is None or last is None:
            return False
        if await find_outbound_by_client_id(session, conversation_id, client_id) is not None:
            return True
        key = conversation_key(core.keyring, conversation)
        blocks = open_outbound(key, last[0]).blocks
        contacts = tuple(one for one in blocks if isinstance(one, ContactBlock) and one.number)
        if not contacts:
            return False
        now = core.clock()
        session.add(
            Outbound(
                id=(outbound_id := uuid4()),
                conversation_id=conversation_id,
                position=next_position(conversation),
                client_id=client_id,
                author=Author.SERVICE,
                fence=conversation.fence,
                created_at=now,
                body_sealed=key.seal(
                    Reply(blocks=contacts).model_dump_json(), row=outbound_row(outbound_id)
                ),
                due_at=now,
            )
        )
    core.wakeups.wake(OUTBOX)
    return True


async def stop_messages(core: Core, conversation_id: UUID, *, before: int | None = None) -> None:
    """Let nothing more leave, as the caller asked; what is to leave and has not is withheld.

    Args:
        core: The parts.
        conversation_id: Whose.
        before: Withhold only what stands before this position.
    """
    async with core.database.begin() as session:
        conversation = await lock_conversation(session, conversation_id)
        if conversation is None:
            return
        conversation.stopped_at = conversation.stopped_at or core.clock()
        last = conversation.last_position + 1
        await withhold_before(
            session, conversation_id, last if before is None else before, failure=STOPPED
        )


async def resume_messages(core: Core, conversation_id: UUID) -> None:
    """Let messages leave again, as the caller asked."""
    async with core.database.begin() as session:
        conversation = await lock_conversation(session, conversation_id)
        if conversation is not None:
            conversation.stopped_at = None
