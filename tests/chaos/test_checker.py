"""The checker finds what is planted: a loss, a double, a talk-over, a gap, a late acute reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.audit.record import Deed
from services.store.tables import InboundState, OutboundState
from services.vocabulary import Author, Channel, Owner, Urgency
from tests.chaos.checker import Absence, Findings, Met, check
from tests.chaos.records import (
    Attempt,
    CallerRecord,
    CoordinatorRecord,
    End,
    Heard,
    Sent,
    Written,
)
from tests.chaos.stored import In, Out, StoredConversation, Ticket

CONVERSATION, TICKET = uuid4(), uuid4()


@dataclass
class Case:
    """One caller with a claimed conversation in which all is well, to be spoiled."""

    caller: CallerRecord
    stored: StoredConversation
    coordinator: CoordinatorRecord = field(default_factory=CoordinatorRecord)
    absences: Sequence[Absence] = ()
    carried: Mapping[UUID, int] = field(default_factory=dict)

    def check(self) -> Findings:
        met = Met([self.caller], [self.coordinator], self.absences, self.carried)
        return check(met, {self.stored.id: self.stored})

    def spoil_out(self, place: int, **changes: Any) -> None:
        out = list(self.stored.outbound)
        out[place] = replace(out[place], **changes)
        self.stored = replace(self.stored, outbound=tuple(out))

    def spoil_in(self, place: int, **changes: Any) -> None:
        rows = list(self.stored.inbound)
        rows[place] = replace(rows[place], **changes)
        self.stored = replace(self.stored, inbound=tuple(rows))


def sent(client_id: str, position: int, *, acute: bool = False) -> Sent:
    at = float(position)
    attempt = Attempt(at, at + 0.05, End.ACKNOWLEDGED, answered=acute)
    return Sent(client_id, acute, [attempt], position, at + 0.05 if acute else None)


def row(client_id: str, position: int, state: InboundState, urgency: Urgency) -> In:
    return In(uuid4(), client_id, position, state, urgency, f"said {position}")


def said(position: int, author: Author, fence: int, answers: In | None = None) -> Out:
    return Out(
        id=uuid4(),
        position=position,
        author=author,
        fence=fence,
        in_reply_to=answers.id if answers else None,
        client_id="c1" if author is Author.COORDINATOR else None,
        state=OutboundState.READY,
        texted=False,
        failure=None,
        words=f"said {position}",
    )


@pytest.fixture
def case() -> Case:
    """A question, an acute message, a claim, a word each way, and the conversation given back."""
    question = row("a", 1, InboundState.ANSWERED, Urgency.INFO)
    acute = row("b", 3, InboundState.ANSWERED, Urgency.AKUT)
    to_human = row("c", 6, InboundState.WITH_COORDINATOR, Urgency.ORO)
    stored = StoredConversation(
        id=CONVERSATION,
        owner=Owner.BOT,
        fence=2,
        last_position=8,
        inbound=(question, acute, to_human),
        outbound=(
            said(2, Author.BOT, 0, question),
            said(4, Author.BOT, 0, acute),
            said(5, Author.SERVICE, 1),
            said(7, Author.COORDINATOR, 1),
            said(8, Author.SERVICE, 2),
        ),
        tickets=(Ticket(TICKET, "ABC-123", is_open=True),),
        deeds=(Deed.CLAIM, Deed.HAND_BACK),
    )
    authors = {one.position: one.author.value for one in stored.outbound}
    heard = [
        Heard(1, 0, place, authors.get(place, "caller"), f"said {place}", place + 0.1)
        for place in range(1, 9)
    ]
    caller = CallerRecord(
        Channel.WEB,
        CONVERSATION,
        sent=[sent("a", 1), sent("b", 3, acute=True), sent("c", 6)],
        heard=heard,
    )
    coordinator = CoordinatorRecord([TICKET], [Written(TICKET, "c1")])
    return Case(caller, stored, coordinator)


def test_where_all_is_well_nothing_is_found(case: Case) -> None:
    found = case.check()
    assert found.broken == ()
    assert (found.acknowledged, found.one_outcome, found.to_coordinator) == (3, 3, 1)
    assert (found.acute, found.acute_in_time, found.lost, found.doubled) == (1, 1, 0, 0)


def test_a_reply_that_came_when_the_page_was_closed_is_no_wait(case: Case) -> None:
    question, *_ = case.caller.sent
    case.caller.left_at = question.attempts[0].began + 100.0
    case.caller.heard[1] = replace(case.caller.heard[1], at=question.attempts[0].began + 200.0)
    found = case.check()
    assert found.too_late == 1
    assert found.longest_wait < 100.0
    assert found.broken == ()


def test_a_lost_message_is_found(case: Case) -> None:
    case.caller.sent.append(sent("d", 9))
    found = case.check()
    assert found.lost == 1
    assert any("not stored" in line for line in found.broken)


def test_a_lost_conversation_is_found(case: Case) -> None:
    met = Met([case.caller], [], (), {})
    found = check(met, {})
    assert (found.lost, found.one_outcome) == (3, 0)
    assert found.broken


@pytest.mark.parametrize(("acute", "lost"), [(True, 0), (False, 1)])
def test_only_an_acute_text_that_was_answered_in_the_response_may_be_unstored(
    case: Case, acute: bool, lost: int
) -> None:
    attempt = Attempt(9.0, 9.1, End.ACKNOWLEDGED, answered=True)
    text = Sent("t", acute, [attempt], replied_at=9.1)
    caller = CallerRecord(Channel.SMS, None, "+46313900600", [text])
    found = check(Met([caller], [], (), {}), {})
    assert (found.unstored, found.lost) == (1 - lost, lost)
    assert bool(found.broken) is bool(lost)


def test_a_message_that_waits_for_ever_is_found(case: Case) -> None:
    case.spoil_in(0, state=InboundState.WAITING)
    case.spoil_out(0, in_reply_to=None)
    assert any("has no outcome" in line for line in case.check().broken)


def test_a_reply_that_is_said_to_be_there_and_is_not_is_found(case: Case) -> None:
    case.spoil_out(0, in_reply_to=None)
    found = case.check()
    assert found.lost == 1
    assert any("answered with 0 replies" in line for line in found.broken)


def test_a_second_reply_is_found(case: Case) -> None:
    case.spoil_out(1, in_reply_to=case.stored.inbound[0].id)
    found = case.check()
    assert found.doubled == 1
    assert any("2 replies" in line for line in found.broken)


def test_a_message_stored_twice_is_found(case: Case) -> None:
    case.spoil_in(1, client_id="a")
    assert case.check().doubled == 1


def test_a_bot_that_talks_over_a_human_is_found(case: Case) -> None:
    case.spoil_out(3, author=Author.BOT)
    assert any("the bot spoke out of turn at 7" in line for line in case.check().broken)


def test_a_reply_from_before_the_claim_that_came_after_it_is_found(case: Case) -> None:
    case.spoil_out(3, author=Author.BOT, fence=0)
    assert any("the bot spoke out of turn at 7" in line for line in case.check().broken)


def test_a_second_ticket_is_found(case: Case) -> None:
    second = Ticket(uuid4(), "ABC-124", is_open=True)
    case.stored = replace(case.stored, tickets=(*case.stored.tickets, second))
    assert any("2 tickets" in line for line in case.check().broken)


def test_replies_in_another_order_than_their_messages_are_found(case: Case) -> None:
    case.spoil_in(1, urgency=Urgency.ORO)
    first, second = (one.id for one in case.stored.inbound[:2])
    case.spoil_out(0, in_reply_to=second)
    case.spoil_out(1, in_reply_to=first)
    assert any("replies stand in another order" in line for line in case.check().broken)


def test_messages_in_another_order_than_they_were_sent_in_are_found(case: Case) -> None:
    case.caller.sent.reverse()
    assert any("another order than they were sent" in line for line in case.check().broken)


def test_an_event_that_no_page_ever_got_is_found(case: Case) -> None:
    del case.caller.heard[3]
    assert any("never heard, the first at 4" in line for line in case.check().broken)


def test_an_event_that_came_twice_in_one_connection_is_found(case: Case) -> None:
    case.caller.heard.append(case.caller.heard[4])
    assert any("5 was heard after 8" in line for line in case.check().broken)


def test_an_event_again_after_the_last_one_that_the_page_named_is_found(case: Case) -> None:
    case.caller.heard.append(replace(case.caller.heard[7], connection=2, after=8))
    assert any("8 was heard after 8" in line for line in case.check().broken)


def test_other_words_than_those_that_are_stored_are_found(case: Case) -> None:
    case.caller.heard[1] = replace(case.caller.heard[1], words="something else")
    assert any("at 2 is not what is stored" in line for line in case.check().broken)


def test_an_acute_message_that_waits_for_more_than_a_second_is_found(case: Case) -> None:
    slow = Attempt(3.0, 4.5, End.ACKNOWLEDGED, answered=True)
    case.caller.sent[1].attempts, case.caller.sent[1].replied_at = [slow], 4.5
    case.caller.heard[3] = replace(case.caller.heard[3], at=4.6)
    found = case.check()
    assert found.acute_in_time == 0
    assert found.slowest_acute == pytest.approx(1.5)


@pytest.mark.parametrize(("gone", "in_time"), [((2.9, 7.9), 1), ((20.0, 25.0), 0)])
def test_only_while_the_port_is_away_a_cut_attempt_does_not_count(
    case: Case, gone: tuple[float, float], in_time: int
) -> None:
    case.absences = [Absence(*gone)]
    late = Attempt(8.5, 8.6, End.ACKNOWLEDGED, answered=True)
    case.caller.sent[1].attempts = [Attempt(3.0, 3.1, End.CUT), late]
    case.caller.sent[1].replied_at = 8.6
    case.caller.heard[3] = replace(case.caller.heard[3], at=8.7)
    found = case.check()
    assert found.acute_in_time == in_time
    assert found.longest_acute_wait == pytest.approx(5.6), "what the caller went through is told"


def test_an_attempt_that_was_let_hang_counts_even_then(case: Case) -> None:
    case.absences = [Absence(2.9, 7.9)]
    hung = Attempt(3.0, 13.0, End.SILENT)
    late = Attempt(14.0, 14.1, End.ACKNOWLEDGED, answered=True)
    case.caller.sent[1].attempts, case.caller.sent[1].replied_at = [hung, late], 14.1
    case.caller.heard[3] = replace(case.caller.heard[3], at=14.2)
    assert case.check().acute_in_time == 0


def test_a_confirmed_message_of_a_coordinator_that_is_gone_is_found(case: Case) -> None:
    case.coordinator.written.append(Written(TICKET, "c2"))
    assert any("a coordinator's message is stored 0 times" in line for line in case.check().broken)


@pytest.mark.parametrize(
    ("state", "failure", "times", "line"),
    [
        (OutboundState.SENT, None, 2, "left 2 times"),
        (OutboundState.SENT, None, 0, "never left"),
        (OutboundState.READY, None, 0, "still ready"),
        (OutboundState.SENDING, "TimeoutError", 1, "still sending"),
    ],
)
def test_a_text_message_that_left_twice_or_never_is_found(
    case: Case, state: OutboundState, failure: str | None, times: int, line: str
) -> None:
    case.spoil_out(0, texted=True, state=state, failure=failure)
    case.carried = {case.stored.outbound[0].id: times}
    assert any(line in one for one in case.check().broken)
