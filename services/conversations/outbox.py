"""The outbox: text messages leave in order, one sender at a time, and no crash loses one.

A message is claimed in the database before the carrier gets it. What a killed process, a silent
carrier or a fault of the carrier's leaves open is looked up at the carrier before it is sent again
(see ``delivery`` for the rules).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from services.conversations.core import Core
from services.conversations.delivery import (
    LEASE,
    NO_NUMBER,
    Attempt,
    Carrier,
    Letter,
    Pending,
    Refused,
    Sent,
    Standing,
    Unclear,
    after_attempt,
    after_failed_delivery,
    next_to_send,
)
from services.conversations.handover import tell_coordinators
from services.conversations.sealing import (
    conversation_key,
    number_row,
    open_outbound,
)
from services.conversations.wakeups import OUTBOX, QUEUE
from services.store.conversations import get_conversation, lock_conversation
from services.store.outbox import (
    claim_to_send,
    find_known_provider_ids,
    get_outbound,
    get_urgency_answered,
    list_conversations_with_due_messages,
    list_pending,
    lock_outbound,
    postpone,
)
from services.store.tables import Conversation, Outbound, OutboundState
from services.vocabulary import Author, Urgency, Variant

SWEEP_SECONDS: Final = 1.0
_SWEEP_LIMIT: Final = 50
_FINISH_SECONDS: Final = 4.0
"""What the carrier has not answered by then is looked up at the next start."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """What the carrier says of a message that it had."""

    provider_id: str
    state: OutboundState
    code: str | None = None
    temporary: bool = False
    """A failure that may pass, such as a phone that is switched off."""


class Outbox:
    """Sends what is due until it is stopped."""

    def __init__(self, core: Core, carrier: Carrier, *, at_once: int = 8) -> None:
        self._core = core
        self._carrier = carrier
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(at_once)

    async def run(self) -> None:
        """Send what is due at each wake-up and every ``SWEEP_SECONDS``, until cancelled."""
        try:
            with self._core.wakeups.following(OUTBOX) as news:
                while True:
                    news.clear()
                    with contextlib.suppress(SQLAlchemyError, OSError):
                        await self._sweep()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(news.wait(), SWEEP_SECONDS)
        finally:
            await self._finish()

    async def _sweep(self) -> None:
        async with self._core.database.read() as session:
            due = await list_conversations_with_due_messages(
                session, now=self._core.clock(), limit=_SWEEP_LIMIT
            )
        for conversation_id in due:
            if conversation_id not in self._running:
                task = asyncio.create_task(self._empty(conversation_id))
                self._running[conversation_id] = task
                task.add_done_callback(partial(self._ended, conversation_id))

    async def _empty(self, conversation_id: UUID) -> None:
        async with self._places:
            while await send_next(self._core, self._carrier, conversation_id):
                pass

    def _ended(self, conversation_id: UUID, task: asyncio.Task[None]) -> None:
        del self._running[conversation_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            # The message is still in the outbox, and a later sweep takes it up again.
            _log.error("sending_failed", exc_info=error)

    async def _finish(self) -> None:
        # What is on its way is seen to its end, so that nothing is left open without need.
        if tasks := list(self._running.values()):
            await asyncio.wait(tasks, timeout=_FINISH_SECONDS)


async def send_next(core: Core, carrier: Carrier, conversation_id: UUID) -> bool:
    """Send what is next in a conversation.

    Returns:
        False if nothing leaves now.
    """
    now = core.clock()
    async with core.database.read() as session:
        rows = await list_pending(session, conversation_id)
        pending = next_to_send([_pending(row, urgency) for row, urgency in rows], now)
        conversation = await get_conversation(session, conversation_id)
    if pending is None:
        await _wait_with_first(core, [row for row, _ in rows], now)
    if pending is None or conversation is None:
        return False
    row = next(row for row, _ in rows if row.id == pending.id)
    letter = _letter(core, conversation, row, pending)
    async with core.database.begin() as session:
        if not await claim_to_send(
            session, pending.id, seen_due_at=pending.due_at, until=now + LEASE
        ):
            return False
    attempt = await _attempt(core, carrier, letter, pending)
    await _settle(core, pending, attempt)
    return True


async def _wait_with_first(core: Core, rows: Sequence[Outbound], now: datetime) -> None:
    """Let what waits for an earlier message be due with it, so that no sweep takes it up before."""
    blocked = [row.id for row in rows if row.due_at and row.due_at <= now]
    if blocked and (until := rows[0].due_at) is not None and until > now:
        async with core.database.begin() as session:
            await postpone(session, blocked, until=until)


async def _attempt(
    core: Core, carrier: Carrier, letter: Letter | None, pending: Pending
) -> Attempt:
    if letter is None:
        return Refused(NO_NUMBER, again=False)
    if pending.uncertain:
        found = await carrier.find(letter)
        if found is None and not pending.acute:
            return Unclear("not_asked")
        if found:
            async with core.database.read() as session:
                known = await find_known_provider_ids(session, found)
            if left := [one for one in found if one not in known]:
                return Sent(left[0])
    return await carrier.send(letter)


async def _settle(core: Core, pending: Pending, attempt: Attempt) -> None:
    async with core.database.begin() as session:
        locked = await _lock(session, pending.id)
        if locked is None or locked[0].state is not OutboundState.SENDING:
            # The carrier's own report was faster: it knows better.
            return
        standing = after_attempt(attempt, pending, core.clock())
        await _stand(core, session, *locked, standing)
    _announce(core, locked[1].id)
    if not isinstance(attempt, Sent):
        _log.warning("text_message_not_sent", state=standing.state, cause=standing.failure)


async def record_report(core: Core, outbound_id: UUID, report: Report) -> None:
    """Take down what the carrier says of a message; a late or repeated report changes nothing.

    Args:
        core: The parts.
        outbound_id: Our id for it, which the carrier says back.
        report: What it says.
    """
    async with core.database.begin() as session:
        locked = await _lock(session, outbound_id)
        if locked is None or locked[0].state is OutboundState.DELIVERED:
            return
        row = locked[0]
        match report.state:
            case OutboundState.DELIVERED:
                standing = Standing(OutboundState.DELIVERED, None, provider_id=report.provider_id)
            case OutboundState.SENT if _is_of_this_attempt(row, report):
                standing = Standing(OutboundState.SENT, None, provider_id=report.provider_id)
            case OutboundState.FAILED if _is_of_this_attempt(row, report):
                urgency = await get_urgency_answered(session, row)
                standing = after_failed_delivery(
                    report.code or "unknown",
                    temporary=report.temporary,
                    pending=_pending(row, urgency),
                    now=core.clock(),
                )
                standing = replace(standing, provider_id=report.provider_id)
                _log.warning("text_message_not_delivered", cause=report.code)
            case _:
                return
        await _stand(core, session, *locked, standing)
    _announce(core, locked[1].id)


def _is_of_this_attempt(row: Outbound, report: Report) -> bool:
    """Whether a report is of the latest attempt: one of an earlier try may come late, or twice."""
    known = row.provider_id == report.provider_id
    match row.state:
        case OutboundState.SENT:
            return known
        case OutboundState.SENDING:
            # A report may be faster than the answer to the request, or all that a crash left.
            return not known
    return False


async def _lock(session: AsyncSession, outbound_id: UUID) -> tuple[Outbound, Conversation] | None:
    """A message and its conversation, locked in the order that everyone locks them."""
    seen = await get_outbound(session, outbound_id)
    conversation = await lock_conversation(session, seen.conversation_id) if seen else None
    row = await lock_outbound(session, outbound_id) if conversation else None
    return (row, conversation) if row and conversation else None


async def _stand(
    core: Core,
    session: AsyncSession,
    row: Outbound,
    conversation: Conversation,
    standing: Standing,
) -> None:
    row.state, row.due_at, row.failure = standing.state, standing.due_at, standing.failure
    row.provider_id = standing.provider_id or row.provider_id
    if row.due_at is not None and row.attempts and row.author is not Author.COORDINATOR:
        # A late second try comes of our own accord: nobody is waiting with the phone in hand.
        active = conversation.last_activity_at
        acute = await get_urgency_answered(session, row) is Urgency.AKUT
        if not acute:
            row.due_at = core.quiet_hours.leaves_at(row.due_at, caller_active_at=active)
    if row.state is OutboundState.FAILED:
        await tell_coordinators(core, session, conversation)


def _announce(core: Core, conversation_id: UUID) -> None:
    """Let the open pages look anew. Called when all is committed: they read at once."""
    core.wakeups.wake(conversation_id)
    core.wakeups.wake(QUEUE)


def _pending(row: Outbound, urgency: Urgency | None) -> Pending:
    return Pending(
        id=row.id,
        position=row.position,
        state=row.state,
        due_at=row.due_at or row.created_at,
        attempts=row.attempts,
        acute=urgency is Urgency.AKUT,
        created_at=row.created_at,
    )


def _letter(
    core: Core, conversation: Conversation, row: Outbound, pending: Pending
) -> Letter | None:
    if conversation.number_sealed is None:
        return None
    key = conversation_key(core.keyring, conversation)
    return Letter(
        id=row.id,
        to=key.open(conversation.number_sealed, row=number_row(conversation.id)),
        author=row.author,
        variant=Variant(conversation.variant),
        acute=pending.acute,
        reply=open_outbound(key, row),
        created_at=row.created_at,
    )
