"""Ownership: who speaks with the caller, the bot or a coordinator.

Each change raises the conversation's fence in the same transaction. A bot reply is stored only if
the fence still has the number it was made under (``turn._store``), so that the bot is silent from
the moment of the claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.answers.reply import Reply, TextBlock
from services.audit.log import record
from services.audit.record import SERVICE, Actor, Deed
from services.conversations.core import Core
from services.conversations.errors import (
    EmptyMessageError,
    MessageTooLongError,
    NotOwnerError,
)
from services.conversations.inbox import MAX_MESSAGE_CHARACTERS
from services.conversations.locking import lock_known_conversation, lock_ticket
from services.conversations.outcome import add_words
from services.conversations.wakeups import OUTBOX, QUEUE
from services.store.coordinators import get_coordinator
from services.store.handling import list_unanswered_claims
from services.store.messages import find_outbound_by_client_id
from services.store.tables import Conversation, Outbound, TicketRow
from services.tickets.clocks import Clocks
from services.tickets.outcome import TicketOutcome
from services.tickets.queue import (
    claim_ticket,
    close_ticket,
    release_ticket,
    return_ticket,
    transfer_ticket,
)
from services.vocabulary import Author, Channel, Owner, PhraseId

MAX_SMS_CHARACTERS: Final = 1_500
"""Twilio takes 1,600 in one message (its error 21617), and says who writes besides."""

_TAKES_OVER = PhraseId("samordnare_tar_over")
_HANDS_BACK = PhraseId("samordnare_lamnar")
_DID_NOT_ANSWER = PhraseId("samordnare_hann_inte")
_CHANGES = PhraseId("samordnare_byts")


async def take_over(core: Core, ticket_id: UUID, coordinator_id: UUID) -> UUID:
    """Claim a ticket and take over its conversation; give the conversation's id.

    A repeated claim by the one who has it changes nothing and tells the caller nothing new.

    Raises:
        TicketTakenError: another coordinator has it, or it is closed.
    """
    now = core.clock()
    async with core.database.begin() as session:
        conversation = (await lock_ticket(core, session, ticket_id)).conversation
        await claim_ticket(session, ticket_id, coordinator_id, now)
        if conversation.coordinator_id == coordinator_id:
            return conversation.id
        _change_owner(conversation, Owner.COORDINATOR, coordinator_id)
        _tell_caller(core, session, conversation, _TAKES_OVER, now)
        await _record(core, session, coordinator_id, Deed.CLAIM, ticket_id)
    return _woken(core, conversation.id)


async def hand_back(core: Core, ticket_id: UUID, coordinator_id: UUID) -> UUID:
    """Give the conversation back to the bot and the ticket to the queue's waiting ones.

    Raises:
        NotTicketOwnerError: the ticket is not this coordinator's.
    """
    now = core.clock()
    async with core.database.begin() as session:
        conversation = (await lock_ticket(core, session, ticket_id)).conversation
        await release_ticket(session, ticket_id, coordinator_id)
        _change_owner(conversation, Owner.BOT, None)
        _tell_caller(core, session, conversation, _HANDS_BACK, now)
        await _record(core, session, coordinator_id, Deed.HAND_BACK, ticket_id)
    return _woken(core, conversation.id)


async def transfer(
    core: Core, ticket_id: UUID, coordinator_id: UUID, colleague_id: UUID, note: str
) -> UUID:
    """Give a conversation and its ticket to a colleague; the bot stays silent throughout.

    Raises:
        NotTicketOwnerError: the ticket is not this coordinator's.
        NoColleagueError: there is no such colleague.
    """
    now = core.clock()
    async with core.database.begin() as session:
        locked = await lock_ticket(core, session, ticket_id)
        conversation, key = locked.conversation, locked.key
        await transfer_ticket(session, ticket_id, coordinator_id, colleague_id, key, note, now)
        _change_owner(conversation, Owner.COORDINATOR, colleague_id)
        _tell_caller(core, session, conversation, _CHANGES, now)
        await _record(core, session, coordinator_id, Deed.TRANSFER, ticket_id)
    return _woken(core, conversation.id)


async def return_unanswered(core: Core, clocks: Clocks) -> list[UUID]:
    """Give back to the queue what was claimed and not answered in time; give those tickets' ids.

    What the caller has written meanwhile stays in the conversation for whoever takes it next.
    """
    now = core.clock()
    async with core.database.read() as session:
        late = _late(await list_unanswered_claims(session), clocks, now)
    returned = []
    for ticket_id in late:
        async with core.database.begin() as session:
            conversation = (await lock_ticket(core, session, ticket_id)).conversation
            # Looked at anew under the lock: an answer may have come in between.
            if ticket_id not in _late(await list_unanswered_claims(session), clocks, now):
                continue
            await return_ticket(session, ticket_id, now)
            _change_owner(conversation, Owner.BOT, None)
            _tell_caller(core, session, conversation, _DID_NOT_ANSWER, now)
            deed = Deed.RETURN
            await record(
                session, core.keyring, at=now, actor=SERVICE, deed=deed, ticket_id=ticket_id
            )
        returned.append(ticket_id)
        _woken(core, conversation.id)
    return returned


async def close(core: Core, ticket_id: UUID, coordinator_id: UUID, outcome: TicketOutcome) -> UUID:
    """Close a ticket with its outcome and give its conversation back to the bot.

    Raises:
        NotTicketOwnerError: the ticket is not this coordinator's, or closed already.
    """
    now = core.clock()
    async with core.database.begin() as session:
        conversation = (await lock_ticket(core, session, ticket_id)).conversation
        await close_ticket(session, ticket_id, coordinator_id, outcome, now)
        _change_owner(conversation, Owner.BOT, None)
        _tell_caller(core, session, conversation, _HANDS_BACK, now)
        await _record(core, session, coordinator_id, Deed.CLOSE, ticket_id, about=outcome)
    return _woken(core, conversation.id)


async def say(
    core: Core, conversation_id: UUID, coordinator_id: UUID, *, client_id: str, text: str
) -> Outbound:
    """Send a coordinator's own words to the caller; the same ``client_id`` again sends nothing new.

    Raises:
        NotOwnerError: the coordinator does not own the conversation.
        EmptyMessageError, MessageTooLongError: nothing was stored.
    """
    if not text.strip():
        raise EmptyMessageError
    if len(text) > MAX_MESSAGE_CHARACTERS:
        raise MessageTooLongError
    async with core.database.begin() as session:
        conversation = await lock_known_conversation(session, conversation_id)
        if conversation.owner is not Owner.COORDINATOR or (
            conversation.coordinator_id != coordinator_id
        ):
            raise NotOwnerError
        if conversation.channel is Channel.SMS and len(text) > MAX_SMS_CHARACTERS:
            raise MessageTooLongError
        known = await find_outbound_by_client_id(session, conversation_id, client_id)
        if known is not None:
            return known
        words = Reply(blocks=(TextBlock(text=text),))
        outbound = add_words(core, session, conversation, words, Author.COORDINATOR, core.clock())
        outbound.coordinator_id = coordinator_id
        outbound.client_id = client_id
    _woken(core, conversation_id)
    return outbound


def _late(claimed: Sequence[TicketRow], clocks: Clocks, now: datetime) -> list[UUID]:
    return [
        row.id
        for row in claimed
        if row.claimed_at and now - row.claimed_at >= clocks.answer_after_claim(row.urgency)
    ]


async def _record(
    core: Core,
    session: AsyncSession,
    coordinator_id: UUID,
    deed: Deed,
    ticket_id: UUID,
    *,
    about: str | None = None,
) -> None:
    coordinator = await get_coordinator(session, coordinator_id)
    await record(
        session,
        core.keyring,
        at=core.clock(),
        actor=Actor(coordinator.name if coordinator else "", coordinator_id),
        deed=deed,
        ticket_id=ticket_id,
        about=about,
    )


def _change_owner(conversation: Conversation, owner: Owner, coordinator_id: UUID | None) -> None:
    conversation.owner = owner
    conversation.coordinator_id = coordinator_id
    conversation.fence += 1


def _tell_caller(
    core: Core,
    session: AsyncSession,
    conversation: Conversation,
    phrase: PhraseId,
    now: datetime,
) -> None:
    words = core.renderer.phrase(phrase, core.setting(conversation))
    add_words(core, session, conversation, words, Author.SERVICE, now)


def _woken(core: Core, conversation_id: UUID) -> UUID:
    core.wakeups.wake(conversation_id)
    core.wakeups.wake(QUEUE)
    core.wakeups.wake(OUTBOX)
    return conversation_id
