"""Corrections of the assistant's judgement: made with one click, and given out without the person.

What is given out is a candidate for evaluation data. No machine can promise that a text says
nothing of who wrote it, so each line says that a human has yet to review it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict

from services.audit.log import record
from services.audit.record import Deed
from services.console.masking import mask_numbers
from services.console.sessions import Login
from services.conversations.core import Core
from services.conversations.locking import lock_ticket
from services.conversations.sealing import conversation_key, open_inbound, open_judgement
from services.conversations.wakeups import QUEUE
from services.privacy.masking import mask_identifiers
from services.store.conversations import get_conversation
from services.store.handling import list_corrections
from services.store.messages import find_most_urgent_inbound
from services.store.tables import Correction
from services.tickets.errors import FieldError
from services.triage.judgement import Judgement
from services.vocabulary import Channel, TopicId, Urgency

_ADDRESS: Final = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|@\w+", re.IGNORECASE)
_DIGITS: Final = re.compile(r"[•\d](?:[•\d][-\s]?){3,}")
_NAME: Final = re.compile(r"(?<![.!?\n] )(?<!^)(?<![.!?\n])\b[A-ZÅÄÖ][\w-]+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RightJudgement:
    """What a coordinator says it should have been; nothing for what was right."""

    urgency: Urgency | None
    topic: TopicId | None


class Candidate(BaseModel):
    """A correction without the person: one line of the export."""

    model_config = ConfigDict(frozen=True)

    text: str
    channel: Channel
    municipality: str
    month: str
    judged_urgency: Urgency
    urgency: Urgency
    judged_topic: str | None
    topic: str | None
    reviewed: bool = False


async def correct_judgement(
    core: Core, ticket_id: UUID, login: Login, right: RightJudgement
) -> None:
    """Keep a correction, and let the ticket have the urgency that a human gave it.

    Raises:
        UnknownTicketError, FieldError
    """
    if right.topic is not None and right.topic not in core.renderer.knowledge.answers:
        raise FieldError
    now = core.clock()
    async with core.database.begin() as session:
        locked = await lock_ticket(core, session, ticket_id)
        row = locked.row
        inbound = await find_most_urgent_inbound(session, row.conversation_id)
        judgement = open_judgement(locked.key, inbound) if inbound else None
        session.add(
            Correction(
                id=uuid4(),
                ticket_id=ticket_id,
                inbound_id=inbound.id if inbound else None,
                coordinator_id=login.coordinator_id,
                made_at=now,
                judged_urgency=judgement.urgency if judgement else row.urgency,
                urgency=right.urgency or row.urgency,
                judged_topic=_topic(judgement),
                topic=right.topic,
            )
        )
        row.urgency = right.urgency or row.urgency
        await record(
            session,
            core.keyring,
            at=now,
            actor=login.actor,
            deed=Deed.CORRECT,
            ticket_id=ticket_id,
            about=" ".join(filter(None, (right.urgency, right.topic))),
        )
    core.wakeups.wake(QUEUE)


async def read_candidates(core: Core) -> list[Candidate]:
    """Every correction without the person, in order."""
    candidates = []
    async with core.database.read() as session:
        for correction, inbound, ticket in await list_corrections(session):
            conversation = await get_conversation(session, inbound.conversation_id)
            if conversation is None:
                continue
            text = open_inbound(conversation_key(core.keyring, conversation), inbound)
            candidates.append(
                Candidate(
                    text=anonymise(text),
                    channel=ticket.channel,
                    municipality=ticket.municipality,
                    month=f"{correction.made_at:%Y-%m}",
                    judged_urgency=correction.judged_urgency,
                    urgency=correction.urgency,
                    judged_topic=correction.judged_topic,
                    topic=correction.topic,
                )
            )
    return candidates


def anonymise(text: str) -> str:
    """The text without what is most likely to tell who wrote it, or of whom.

    Numbers and addresses go, and each capitalised word within a sentence. A name at a sentence's
    beginning or in small letters stays: hence the review by a human.
    """
    without = _ADDRESS.sub("[adress]", mask_numbers(mask_identifiers(text, may_be_reached=True)))
    return _NAME.sub("[namn]", _DIGITS.sub("[nummer]", without))


def _topic(judgement: Judgement | None) -> str | None:
    reasons = judgement.why if judgement else ()
    return next((reason.what for reason in reasons if reason.by == "topic"), None)
