"""The outbox against the stand-in, by Twilio's own client: nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.channels.twilio.account import twilio_account
from services.channels.twilio.api import SEND_SECONDS, TwilioCarrier, open_carrier
from services.channels.twilio.wire import SmsWire
from services.conversations.core import Core
from services.conversations.delivery import LEASE, Attempt, Letter
from services.conversations.inbox import Inbox, IncomingMessage, Telephone
from services.conversations.outbox import send_next
from services.settings import ROOT, Settings
from services.store.outbox import list_conversations_with_due_messages
from services.store.tables import OutboundState
from services.store.tickets import find_open_ticket
from services.vocabulary import Author, Channel, MunicipalityId
from tests.conftest import ScriptedRasa
from tests.turns import take_turn
from tests.twilio.conftest import ACUTE, CALLER, CALM, Clock, Service, until
from tests.twilio.stand_in import CUT, HANG, TwilioStandIn

MINUTE = timedelta(minutes=1)


class Line:
    """A conversation by SMS, with the outbox worked by hand."""

    def __init__(self, core: Core, clock: Clock, carrier: TwilioCarrier, at: UUID) -> None:
        self.core, self.clock, self.carrier, self.id = core, clock, carrier, at
        self.looks = Service(core, clock)

    async def ask(self, text: str, sid: str) -> None:
        message = IncomingMessage(sid, text)
        await Inbox(self.core).receive(self.id, None, message, channel=Channel.SMS)
        while await take_turn(self.core, self.id):
            pass

    async def empty(self, after: timedelta = timedelta(0)) -> None:
        self.clock.forward(after)
        while await send_next(self.core, self.carrier, self.id):
            pass

    async def states(self) -> list[OutboundState | None]:
        events = await self.looks.sees()
        return [event.delivery for event in events if event.author is not Author.CALLER]

    async def has_ticket(self) -> bool:
        async with self.core.database.read() as session:
            return await find_open_ticket(session, self.id) is not None


@pytest.fixture
async def line(core: Core, settings: Settings, twilio: TwilioStandIn, rasa: ScriptedRasa):
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    clock = Clock()
    core = replace(core, clock=clock)
    conversation_id = await Inbox(core).conversation_of(
        Channel.SMS, MunicipalityId("goteborg"), Telephone(CALLER, CALLER)
    )
    account = twilio_account(settings)
    assert account is not None
    async with open_carrier(account, SmsWire(lambda: core.renderer.knowledge)) as carrier:
        line = Line(core, clock, carrier, conversation_id)
        await line.ask("hej", "SM0")
        await line.empty()
        twilio.messages.clear()
        yield line


@pytest.mark.parametrize("refusal", [429, (429, 14107), 401, (400, 21611)])
async def test_what_twilio_refuses_for_now_is_sent_later(
    line: Line, twilio: TwilioStandIn, refusal: int
) -> None:
    twilio.plan.extend([refusal, refusal])
    await line.ask(CALM, "SM1")
    await line.empty()
    assert twilio.messages == []
    await line.empty(after=MINUTE)
    await line.empty(after=MINUTE)
    assert len(twilio.messages) == 1
    assert (await line.states())[-1] is OutboundState.SENT


@pytest.mark.parametrize("code", [21211, 21610, 21614])
async def test_what_twilio_refuses_for_good_is_shown_to_a_coordinator(
    line: Line, twilio: TwilioStandIn, code: int
) -> None:
    twilio.plan.append((400, code))
    await line.ask(CALM, "SM1")
    await line.empty()
    await line.empty(after=MINUTE * 90)
    assert twilio.requests == 3
    assert (await line.states())[-1] is OutboundState.FAILED
    assert (await line.looks.sees())[-1].failure == str(code)
    assert await line.has_ticket()


@pytest.mark.parametrize("text", [CALM, ACUTE])
@pytest.mark.parametrize("fault", [CUT, 500, 503])
async def test_after_an_unclear_answer_we_look_before_we_send_again(
    line: Line, twilio: TwilioStandIn, fault: int | str, text: str
) -> None:
    twilio.plan.append(fault)
    await line.ask(text, "SM1")
    await line.empty()
    await line.empty(after=MINUTE)
    assert len(twilio.messages) == 1
    assert (await line.states())[-1] is OutboundState.SENT


async def test_when_we_can_t_look_an_acute_answer_is_sent_twice_rather_than_never(
    line: Line, twilio: TwilioStandIn
) -> None:
    twilio.plan.extend([CUT, "list-500"])
    await line.ask(ACUTE, "SM1")
    await line.empty()
    await line.empty(after=MINUTE)
    assert len(twilio.messages) == 2


async def test_when_we_can_t_look_another_answer_waits_until_we_can(
    line: Line, twilio: TwilioStandIn
) -> None:
    twilio.plan.extend([CUT, "list-500", "list-500"])
    await line.ask(CALM, "SM1")
    for _ in range(3):
        await line.empty(after=MINUTE)
    assert len(twilio.messages) == 1
    await line.empty(after=MINUTE * 5)
    assert len(twilio.messages) == 1
    assert (await line.states())[-1] is OutboundState.SENT


async def test_what_could_never_be_looked_up_is_shown_to_a_coordinator(
    line: Line, twilio: TwilioStandIn
) -> None:
    twilio.plan.extend([CUT, *["list-500"] * 60])
    await line.ask(CALM, "SM1")
    for _ in range(30):
        await line.empty(after=MINUTE * 60)
    assert len(twilio.messages) == 1
    assert (await line.looks.sees())[-1].failure == "uncertain"
    assert await line.has_ticket()


async def test_a_process_killed_between_sending_and_marking_sends_nothing_twice(
    line: Line, twilio: TwilioStandIn
) -> None:
    twilio.plan.append(HANG)
    await line.ask(CALM, "SM1")
    killed = asyncio.create_task(send_next(line.core, line.carrier, line.id))
    await until(lambda: twilio.messages)
    killed.cancel()
    await asyncio.wait([killed])
    await line.empty()
    assert (await line.states())[-1] is OutboundState.SENDING
    await line.empty(after=LEASE)
    assert len(twilio.messages) == 1
    assert (await line.states())[-1] is OutboundState.SENT


async def test_a_sender_killed_by_the_system_at_its_worst_moment_sends_nothing_twice(
    line: Line, twilio: TwilioStandIn
) -> None:
    twilio.plan.append(HANG)
    await line.ask(CALM, "SM1")
    url = line.core.database.engine.url.render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.twilio.sender_process", url, twilio.url, cwd=ROOT
    )
    await until(lambda: twilio.messages, seconds=150)
    process.kill()
    await process.wait()
    assert (await line.states())[-1] is OutboundState.SENDING
    await line.empty(after=LEASE)
    assert len(twilio.messages) == 1
    assert (await line.states())[-1] is OutboundState.SENT


async def test_a_process_killed_before_the_request_loses_nothing(
    line: Line, twilio: TwilioStandIn
) -> None:
    class Killed:
        async def send(self, letter: Letter) -> Attempt:
            raise asyncio.CancelledError

        async def find(self, letter: Letter) -> None:
            raise AssertionError

    await line.ask(CALM, "SM1")
    with pytest.raises(asyncio.CancelledError):
        await send_next(line.core, Killed(), line.id)
    await line.empty(after=LEASE)
    assert len(twilio.messages) == 1


async def test_while_one_is_tried_again_the_next_waits_and_then_both_come_in_order(
    line: Line, twilio: TwilioStandIn, rasa: ScriptedRasa
) -> None:
    twilio.plan.append(429)
    await line.ask(CALM, "SM1")
    await line.empty()
    rasa.answer = lambda request: {"phrase": "okej"}
    await line.ask("tack", "SM2")
    await line.empty()
    assert twilio.messages == []
    async with line.core.database.read() as session:
        due = await list_conversations_with_due_messages(session, now=line.clock(), limit=9)
    assert due == []
    await line.ask(ACUTE, "SM3")
    await line.empty()
    await line.empty(after=MINUTE)
    bodies = [message.body for message in twilio.messages]
    assert [body[:9] for body in bodies] == ["Ring 112 ", bodies[1][:9], "Okej. Skr"]
    assert "Toleransprojektet" in bodies[1]


async def test_of_two_senders_at_once_one_sends(line: Line, twilio: TwilioStandIn) -> None:
    await line.ask(CALM, "SM1")
    await asyncio.gather(*(send_next(line.core, line.carrier, line.id) for _ in range(8)))
    assert len(twilio.messages) == 1


async def test_two_equal_answers_are_two_messages_also_after_a_fault(
    line: Line, twilio: TwilioStandIn
) -> None:
    await line.ask(ACUTE, "SM1")
    await line.empty()
    twilio.plan.append(500)
    await line.ask(ACUTE, "SM2")
    await line.empty()
    await line.empty(after=MINUTE)
    assert len(twilio.messages) == 2


def test_a_request_ends_before_another_may_take_the_message() -> None:
    assert timedelta(seconds=SEND_SECONDS * 2) < LEASE


@asynccontextmanager
async def answered(service: Service, twilio: TwilioStandIn, text: str = CALM):
    await twilio.text(CALLER, text)
    await until(lambda: len(twilio.messages) >= 2)
    yield twilio.messages[1]


async def _is_sent(service: Service) -> bool:
    return await last_state(service) is OutboundState.SENT


async def last_state(service: Service) -> OutboundState | None:
    return (await service.sees())[-1].delivery


async def test_reports_of_delivery_are_taken_down_and_late_ones_change_nothing(
    service: Service, twilio: TwilioStandIn
) -> None:
    async with answered(service, twilio) as message:
        for status in ("queued", "sent", "delivered", "sent", "failed", "nytt"):
            assert (await twilio.report(message, status)).status == 204
        assert await last_state(service) is OutboundState.DELIVERED


async def test_a_phone_that_is_off_is_tried_again_and_then_reached(
    service: Service, twilio: TwilioStandIn
) -> None:
    async with answered(service, twilio) as message:
        await twilio.report(message, "undelivered", "30003")
        await twilio.report(message, "undelivered", "30003")
        service.forward(timedelta(minutes=6))
        await until(lambda: len(twilio.messages) == 3)
        again = twilio.messages[2]
        assert again.body == message.body
        await twilio.report(again, "delivered")
        assert await last_state(service) is OutboundState.DELIVERED


async def test_a_number_that_does_not_exist_is_shown_to_a_coordinator(
    service: Service, twilio: TwilioStandIn
) -> None:
    async with answered(service, twilio) as message:
        await twilio.report(message, "undelivered", "30005")
        assert await last_state(service) is OutboundState.FAILED
        conversation = await service.conversation()
        assert conversation is not None
        async with service.core.database.read() as session:
            assert await find_open_ticket(session, conversation.id) is not None


async def test_a_report_with_a_bad_signature_changes_nothing(
    service: Service, twilio: TwilioStandIn
) -> None:
    async with answered(service, twilio) as message:
        await until(lambda: _is_sent(service))
        path = message.status_callback.split("example")[1]
        fields = {"MessageSid": message.sid, "MessageStatus": "undelivered", "ErrorCode": "30005"}
        assert (await twilio.post(path, fields, signature="x")).status == 403
        assert await last_state(service) is OutboundState.SENT


async def test_a_report_of_nothing_of_ours_is_taken_calmly(
    service: Service, twilio: TwilioStandIn
) -> None:
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    path = "/twilio/sms/status/00000000-0000-0000-0000-000000000000"
    assert (await twilio.post(path, fields)).status == 204
    assert (await twilio.post("/twilio/sms/status/x", fields)).status == 404
