"""Conversations that were had before: rows as the service itself seals them, written in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import insert

from services.answers.reply import Reply, TextBlock
from services.conversations.sealing import inbound_row, judgement_row, outbound_row
from services.privacy.keyring import ConversationKey, Keyring
from services.store.database import Database
from services.store.tables import (
    Base,
    Conversation,
    Inbound,
    InboundState,
    Outbound,
    OutboundState,
)
from services.triage.judgement import Judgement
from services.vocabulary import Author, Channel, MunicipalityId, Owner, Urgency, Variant

_EXCHANGES: Final = 2
"""Messages with their replies, in each conversation."""
_BATCH: Final = 1_000
_EVERY: Final = timedelta(minutes=5)
"""From one conversation to the next, backwards in time."""
_QUESTION: Final = "Vart vänder man sig om man är orolig för någon i familjen? " * 2
_ANSWER: Final = Reply(
    blocks=(TextBlock(text="Du kan ringa och rådfråga utan att säga namn. " * 12),)
)

type _Row = dict[str, Any]


async def store_conversations(
    database: Database,
    keyring: Keyring,
    number: int,
    *,
    now: datetime,
    municipality: MunicipalityId,
    progress: Callable[[int], None],
) -> None:
    """Store conversations that were answered and are over.

    Args:
        database: Migrated.
        keyring: What the service will open them with.
        number: How many.
        now: When the latest one was.
        municipality: Where their callers are.
        progress: Called with how many are stored.
    """
    for numbers in batched(range(number), _BATCH, strict=False):
        rows = [_conversation(keyring, now - _EVERY * one, municipality) for one in numbers]
        async with database.begin() as session:
            for table in (Conversation, Inbound, Outbound):
                await session.execute(insert(table), [row for had in rows for row in had[table]])
        progress(numbers[-1] + 1)


def _conversation(
    keyring: Keyring, at: datetime, municipality: MunicipalityId
) -> dict[type[Base], list[_Row]]:
    conversation_id = uuid4()
    key, wrapped = keyring.new_key(conversation=str(conversation_id))
    conversation = {
        "id": conversation_id,
        "channel": Channel.WEB,
        "municipality": municipality,
        "variant": Variant.WEB,
        "created_at": at,
        "last_activity_at": at,
        "wrapped_key": wrapped,
        "secret_hash": bytes(32),
        "owner": Owner.BOT,
        "fence": 0,
        "greeted": True,
        "danger_asked": False,
        "in_form": False,
        "last_position": 2 * _EXCHANGES,
    }
    exchanges = list(_exchanges(key, conversation_id, at))
    return {
        Conversation: [conversation],
        Inbound: [question for question, _ in exchanges],
        Outbound: [answer for _, answer in exchanges],
    }


def _exchanges(
    key: ConversationKey, conversation_id: UUID, at: datetime
) -> Iterator[tuple[_Row, _Row]]:
    judgement = Judgement(urgency=Urgency.INFO).model_dump_json()
    words = _ANSWER.model_dump_json()
    for number in range(_EXCHANGES):
        inbound_id, outbound_id = uuid4(), uuid4()
        yield (
            {
                "id": inbound_id,
                "conversation_id": conversation_id,
                "client_id": inbound_id.hex,
                "position": 2 * number + 1,
                "received_at": at,
                "body_sealed": key.seal(_QUESTION, row=inbound_row(inbound_id)),
                "state": InboundState.ANSWERED,
                "urgency": Urgency.INFO,
                "judgement_sealed": key.seal(judgement, row=judgement_row(inbound_id)),
                "answered_at": at,
            },
            {
                "id": outbound_id,
                "conversation_id": conversation_id,
                "position": 2 * number + 2,
                "in_reply_to": inbound_id,
                "author": Author.BOT,
                "fence": 0,
                "created_at": at,
                "body_sealed": key.seal(words, row=outbound_row(outbound_id)),
                "state": OutboundState.READY,
            },
        )
