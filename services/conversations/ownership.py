"""Ownership: who speaks with the caller, the bot or a coordinator.

Each change raises the conversation's fence in the same transaction. A bot reply is stored only if
the fence still has the number it was made under (``turn._store``), so that the bot is silent from
the moment of the claim.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from services.answers.reply import Reply, TextBlock
from services.conversations.core import Core
from services.conversations.errors import (
    EmptyMessageError,
    MessageTooLongError,
    NotOwnerError,
    UnknownConversationError,
)
from services.conversations.inbox import MAX_MESSAGE_CHARACTERS
from services.conversations.sealing import conversation_key, outbound_row
from services.conversations.wakeups import QUEUE
from services.store.conversations import lock_conversation, next_position
from services.store.messages import find_outbound_by_client_id
from services.store.tables import Conversation, Outbound
from services.tickets.outcome import TicketOutcome
from services.tickets.queue import claim_ticket, close_ticket, release_ticket
from services.vocabulary import Author, Owner, PhraseId

_TAKES_OVER = PhraseId("samordnare_tar_over")
_HANDS_BACK = PhraseId("samordnare_lamnar")


async def take_over(core: Core, ticket_id: UUID, coordinator_id: UUID) -> UUID:
    """Claim a ticket and take over its conversation; give the conversation's id.

    A repeated claim by the one who has it changes nothing and tells the caller nothing new.

    Raises:
        TicketTakenError: another coordinator has it, or it is closed.
    """
    now = core.clock()
    async with core.database.begin() as session:
        ticket = await claim_ticket(session, ticket_id, coordinator_id, now)
        conversation = await _locked(session, ticket.conversation_id)
        if conversation.coordinator_id == coordinator_id:
            return conversation.id
        _change_owner(conversation, Owner.COORDINATOR, coordinator_id)
        _tell_caller(core, session, conversation, _TAKES_OVER, now)
    return _woken(core, conversation.id)


async def hand_back(core: Core, ticket_id: UUID, coordinator_id: UUID) -> UUID:
    """Give the conversation back to the bot and the ticket to the queue's waiting ones.

    Raises:
        NotTicketOwnerError: the ticket is not this coordinator's.
    """
    now = core.clock()
    async with core.database.begin() as session:
        ticket = await release_ticket(session, ticket_id, coordinator_id)
        conversation = await _locked(session, ticket.conversation_id)
        _change_owner(conversation, Owner.BOT, None)
        _tell_caller(core, session, conversation, _HANDS_BACK, now)
    return _woken(core, conversation.id)


async def close(core: Core, ticket_id: UUID, coordinator_id: UUID, outcome: TicketOutcome) -> UUID:
    """Close a ticket with its outcome and give its conversation back to the bot.

    Raises:
        NotTicketOwnerError: the ticket is not this coordinator's, or closed already.
    """
    now = core.clock()
    async with core.database.begin() as session:
        ticket = await close_ticket(session, ticket_id, coordinator_id, outcome, now)
        conversation = await _locked(session, ticket.conversation_id)
        _change_owner(conversation, Owner.BOT, None)
        _tell_caller(core, session, conversation, _HANDS_BACK, now)
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
        conversation = await _locked(session, conversation_id)
        if conversation.owner is not Owner.COORDINATOR or (
            conversation.coordinator_id != coordinator_id
        ):
            raise NotOwnerError
        known = await find_outbound_by_client_id(session, conversation_id, client_id)
        if known is not None:
            return known
        words = Reply(blocks=(TextBlock(text=text),))
        outbound = _add_outbound(
            core, session, conversation, words, Author.COORDINATOR, core.clock()
        )
        outbound.coordinator_id = coordinator_id
        outbound.client_id = client_id
    _woken(core, conversation_id)
    return outbound


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
    _add_outbound(core, session, conversation, words, Author.SERVICE, now)


def _add_outbound(
    core: Core,
    session: AsyncSession,
    conversation: Conversation,
    words: Reply,
    author: Author,
    now: datetime,
) -> Outbound:
    key = conversation_key(core.keyring, conversation)
    outbound = Outbound(
        id=(outbound_id := uuid4()),
        conversation_id=conversation.id,
        position=next_position(conversation),
        author=author,
        fence=conversation.fence,
        created_at=now,
        body_sealed=key.seal(words.model_dump_json(), row=outbound_row(outbound_id)),
    )
    session.add(outbound)
    return outbound


async def _locked(session: AsyncSession, conversation_id: UUID) -> Conversation:
    conversation = await lock_conversation(session, conversation_id)
    if conversation is None:
        raise UnknownConversationError
    return conversation


def _woken(core: Core, conversation_id: UUID) -> UUID:
    core.wakeups.wake(conversation_id)
    core.wakeups.wake(QUEUE)
    return conversation_id
