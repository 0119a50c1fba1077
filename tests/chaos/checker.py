"""The checker: what callers and coordinators met, held against what the database keeps. Pure.

It shares no code with what it checks. Each rule is a function that gives a line for each time that
it is broken; no line ever holds anybody's words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from services.audit.record import Deed
from services.store.tables import InboundState, OutboundState
from services.vocabulary import Author, Channel, Urgency
from tests.chaos.records import Attempt, CallerRecord, CoordinatorRecord, End, Sent
from tests.chaos.stored import In, Out, StoredConversation

ACUTE_SECONDS = 1.0
NEAR_DEATH = 0.5
"""Seconds around a port's absence: it is looked at ten times a second, and a connection that a
dead process leaves is cut a moment before or after."""

_TO_COORDINATOR = {Deed.CLAIM, Deed.TRANSFER}
_GONE_OUT = {OutboundState.SENT, OutboundState.DELIVERED}


@dataclass(frozen=True, slots=True)
class Absence:
    """When a service's port refused connections, by the machine's monotonic clock."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Met:
    """What a run's callers and coordinators met, and what the stand-in for Twilio carried."""

    callers: Sequence[CallerRecord]
    coordinators: Sequence[CoordinatorRecord]
    absences: Sequence[Absence]
    carried: Mapping[UUID, int]
    """How often each of our text messages left, by its id."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was counted, and every broken rule on a line; an acute reply too late is counted."""

    conversations: int
    acknowledged: int
    one_outcome: int
    answered: int
    unstored: int
    to_coordinator: int
    lost: int
    doubled: int
    tickets: int
    claims: int
    acute: int
    acute_in_time: int
    slowest_acute: float
    longest_acute_wait: float
    longest_absence: float
    longest_wait: float
    too_late: int
    texts: int
    texts_once: int
    broken: tuple[str, ...]

    @property
    def breaches(self) -> int:
        """How often a rule was broken."""
        return len(self.broken) + self.acute - self.acute_in_time


def check(met: Met, stored: Mapping[UUID, StoredConversation]) -> Findings:
    """Hold everything against everything.

    Args:
        met: What the callers' side kept.
        stored: Every conversation of theirs that the database has.
    """
    broken: list[str] = []
    outcomes: Counter[str] = Counter()
    acute: list[float] = []
    waits, acute_waits, too_late = [0.0], [0.0], 0
    acknowledged = 0
    for caller in met.callers:
        found = stored.get(caller.conversation) if caller.conversation else None
        acknowledged += sum(sent.acknowledged for sent in caller.sent)
        if found is None:
            unstored = sum(_is_answered_unstored(caller, sent) for sent in caller.sent)
            missing = sum(sent.acknowledged for sent in caller.sent) - unstored
            outcomes["unstored"] += unstored
            outcomes["lost"] += missing
            broken += [f"{caller.conversation}: lost with all it held"] * bool(missing)
            continue
        for sent in caller.sent:
            if sent.acknowledged:
                outcomes[_outcome(caller, sent, found, broken)] += 1
            replied_at = _replied_at(sent, caller, found)
            wait = replied_at - sent.attempts[0].began if replied_at is not None else 0.0
            if replied_at is not None and replied_at > caller.left_at:
                too_late += 1
            else:
                waits.append(wait)
            if caller.channel is Channel.WEB and _is_for_bot(sent, found, broken):
                acute.append(_acute_seconds(sent, replied_at, met.absences))
                acute_waits.append(wait)
        for rule in (_order, _tickets, _talk_over, _stream):
            broken += [f"{found.id}: {line}" for line in rule(caller, found)]
    broken += _coordinators(met.coordinators, stored.values())
    texts = [one for conversation in stored.values() for one in conversation.outbound if one.texted]
    broken += _texts(texts, met.carried)
    return Findings(
        conversations=len(met.callers),
        acknowledged=acknowledged,
        one_outcome=outcomes["answered"] + outcomes["unstored"] + outcomes["to_coordinator"],
        answered=outcomes["answered"],
        unstored=outcomes["unstored"],
        to_coordinator=outcomes["to_coordinator"],
        lost=outcomes["lost"] + outcomes["waiting"],
        doubled=outcomes["doubled"],
        tickets=sum(len(one.tickets) for one in stored.values()),
        claims=sum(len(one.claimed) for one in met.coordinators),
        acute=len(acute),
        acute_in_time=sum(seconds <= ACUTE_SECONDS for seconds in acute),
        slowest_acute=max(acute, default=0.0),
        longest_acute_wait=max(acute_waits),
        longest_absence=max((one.seconds for one in met.absences), default=0.0),
        longest_wait=max(waits),
        too_late=too_late,
        texts=len(texts),
        texts_once=sum(_left_rightly(one, met.carried) for one in texts),
        broken=tuple(broken),
    )


def _is_answered_unstored(caller: CallerRecord, sent: Sent) -> bool:
    """Whether an acute text got its reply in the response itself: the database was away."""
    answered = sent.acknowledged and sent.replied_at is not None
    return caller.channel is Channel.SMS and sent.acute and answered


def _outcome(caller: CallerRecord, sent: Sent, found: StoredConversation, broken: list[str]) -> str:
    """What became of an acknowledged message: exactly one reply, or exactly one coordinator."""
    rows = [row for row in found.inbound if row.client_id == sent.client_id]
    if not rows and _is_answered_unstored(caller, sent):
        return "unstored"
    if not rows:
        broken.append(f"{found.id}: an acknowledged message is not stored")
        return "lost"
    if len(rows) > 1:
        broken.append(f"{found.id}: a message is stored {len(rows)} times")
        return "doubled"
    row = rows[0]
    if sent.position is not None and sent.position != row.position:
        broken.append(f"{found.id}: acknowledged at {sent.position}, stored at {row.position}")
    replies = [one for one in found.outbound if one.in_reply_to == row.id]
    if len(replies) > 1:
        broken.append(f"{found.id}: {len(replies)} replies to the message at {row.position}")
        return "doubled"
    match row.state:
        case InboundState.ANSWERED if len(replies) == 1 and replies[0].author is Author.BOT:
            return "answered"
        case InboundState.WITH_COORDINATOR if not replies and found.tickets:
            return "to_coordinator"
        case InboundState.WAITING if not replies:
            broken.append(f"{found.id}: the message at {row.position} has no outcome")
            return "waiting"
    broken.append(f"{found.id}: {row.state} with {len(replies)} replies at {row.position}")
    return "lost"


def _order(caller: CallerRecord, found: StoredConversation) -> Iterator[str]:
    """Messages stand as they were sent, and are answered as they stand; acute ones go before."""
    places = {row.client_id: row.position for row in found.inbound}
    # Sent again and again, a message may not overtake the next: the page sends one at a time.
    stood = [places[sent.client_id] for sent in caller.sent if sent.client_id in places]
    if stood != sorted(stood):
        yield "messages stand in another order than they were sent in"
    replied = {one.in_reply_to: one.position for one in found.outbound if one.in_reply_to}
    calm = [replied[row.id] for row in found.inbound if row.id in replied and not _is_acute(row)]
    if calm != sorted(calm):
        yield "replies stand in another order than what they answer"
    positions = [row.position for row in (*found.inbound, *found.outbound)]
    if sorted(positions) != list(range(1, found.last_position + 1)):
        yield "positions have gaps or doubles"


def _tickets(_caller: CallerRecord, found: StoredConversation) -> Iterator[str]:
    """No more than one open ticket, and no more than one for each that was closed besides."""
    is_open = [one for one in found.tickets if one.is_open]
    closings = found.deeds.count(Deed.CLOSE)
    if len(is_open) > 1 or len(found.tickets) > closings + 1:
        yield f"{len(found.tickets)} tickets, {closings} of them closed"


def _talk_over(_caller: CallerRecord, found: StoredConversation) -> Iterator[str]:
    """From each claim until the conversation is given back, the bot says nothing.

    A change of owner tells the caller so: that message is where the change stands in the line.
    """
    if found.fence != len(found.deeds):
        yield f"the fence is {found.fence} after {len(found.deeds)} changes of owner"
        return
    starts = [
        next((one.position for one in found.outbound if _announces(one, fence)), None)
        for fence in range(1, found.fence + 1)
    ]
    if None in starts:
        yield "a change of owner was not told"
        return
    bounds = [0, *(start for start in starts if start is not None), found.last_position + 1]
    for fence, (start, end) in enumerate(pairwise(bounds)):
        human = fence > 0 and found.deeds[fence - 1] in _TO_COORDINATOR
        silent = Author.BOT if human else Author.COORDINATOR
        for one in found.outbound:
            if one.author is not silent:
                continue
            if start < one.position < end or one.fence == fence:
                who = "the bot" if human else "a coordinator"
                yield f"{who} spoke out of turn at {one.position}"


def _announces(one: Out, fence: int) -> bool:
    return one.fence == fence and one.author is Author.SERVICE


def _stream(caller: CallerRecord, found: StoredConversation) -> Iterator[str]:
    """Each event came once in its connection, in order, and all that is stored was heard."""
    if caller.channel is not Channel.WEB:
        return
    said = {row.position: (Author.CALLER.value, row.words) for row in found.inbound}
    said |= {one.position: (one.author.value, one.words) for one in found.outbound}
    last: dict[int, int] = {}
    for heard in caller.heard:
        before = last.get(heard.connection, heard.after)
        if heard.position <= before:
            yield f"{heard.position} was heard after {before} in one connection"
        last[heard.connection] = heard.position
        if said.get(heard.position) != (heard.author, heard.words):
            yield f"what was heard at {heard.position} is not what is stored there"
    if missed := sorted(said.keys() - {heard.position for heard in caller.heard}):
        yield f"{len(missed)} of {len(said)} events were never heard, the first at {missed[0]}"


def _coordinators(
    records: Iterable[CoordinatorRecord], stored: Iterable[StoredConversation]
) -> Iterator[str]:
    """What the console confirmed is there, once: claims, and a coordinator's own words."""
    by_ticket = {ticket.id: one for one in stored for ticket in one.tickets}
    for record in records:
        for ticket in record.claimed:
            found = by_ticket.get(ticket)
            if found is not None and Deed.CLAIM not in found.deeds:
                yield f"{found.id}: a claim that was confirmed is not stored"
        for written in record.written:
            found = by_ticket.get(written.ticket)
            if found is None:
                continue
            times = sum(one.client_id == written.client_id for one in found.outbound)
            if times != 1:
                yield f"{found.id}: a coordinator's message is stored {times} times"


def _texts(texts: Iterable[Out], carried: Mapping[UUID, int]) -> Iterator[str]:
    """A text message that was sent left once; one that failed did not leave twice."""
    for one in texts:
        times = carried.get(one.id, 0)
        if times > 1:
            yield f"a text message left {times} times"
        elif one.state in _GONE_OUT and times == 0:
            yield "a text message counts as sent and never left"
        elif one.state not in _GONE_OUT and one.failure is None:
            yield f"a text message is still {one.state}"
        elif one.state in {OutboundState.READY, OutboundState.SENDING}:
            yield f"a text message is still {one.state} after {one.failure}"


def _left_rightly(one: Out, carried: Mapping[UUID, int]) -> bool:
    return one.state in _GONE_OUT and carried.get(one.id, 0) == 1


def _is_acute(row: In) -> bool:
    return row.urgency is Urgency.AKUT


def _replied_at(sent: Sent, caller: CallerRecord, found: StoredConversation) -> float | None:
    """When the caller first saw the reply: at once with an answer to the request, or later."""
    places = {row.client_id: row.id for row in found.inbound}
    replies = {
        one.position for one in found.outbound if one.in_reply_to == places.get(sent.client_id)
    }
    seen = [heard.at for heard in caller.heard if heard.position in replies]
    at_once = [] if sent.replied_at is None else [sent.replied_at]
    return min((*at_once, *seen), default=None)


def _is_for_bot(sent: Sent, found: StoredConversation, broken: list[str]) -> bool:
    """Whether a message is an acute one that the bot is to answer."""
    row = next((row for row in found.inbound if row.client_id == sent.client_id), None)
    if not sent.acute or row is None:
        return False
    if not _is_acute(row):
        broken.append(f"{found.id}: the acute message at {row.position} is stored as {row.urgency}")
    return row.state is not InboundState.WITH_COORDINATOR


def _acute_seconds(sent: Sent, replied_at: float | None, absences: Sequence[Absence]) -> float:
    """How long an acute message waited for its reply at a service that was there.

    Time counts from the first try that was not cut because its process was dead: that wait is the
    absence's, which is told beside.
    """
    tries = [one for one in sent.attempts if not _is_of_absence(one, absences)]
    if not tries or replied_at is None:
        return float("inf")
    return max(0.0, replied_at - tries[0].began)


def _is_of_absence(attempt: Attempt, absences: Sequence[Absence]) -> bool:
    return attempt.end is End.CUT and any(
        attempt.ended > one.began - NEAR_DEATH and attempt.began < one.ended + NEAR_DEATH
        for one in absences
    )
