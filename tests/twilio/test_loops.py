"""A machine that answers each of our text messages is not answered for ever."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from services.conversations.loops import (
    MOST_REPLIES,
    SAME_WORDS,
    SAME_WORDS_ACUTE,
    WINDOW,
    Lately,
    is_loop,
)
from services.store.messages import find_first_waiting_inbound, list_latest_inbound
from services.store.tables import Inbound, InboundState
from services.store.tickets import find_open_ticket
from tests.twilio.conftest import ACUTE, CALLER, CALM, Service, until
from tests.twilio.stand_in import TwilioStandIn

AUTOMATIC = "Tack för ditt sms. Vi läser det så fort vi kan."


async def texted(service: Service, twilio: TwilioStandIn, words: str) -> None:
    """Send a text message, and wait until it has had its outcome."""
    await twilio.text(CALLER, words)
    conversation = await service.conversation()
    assert conversation is not None

    async def settled() -> bool:
        async with service.core.database.read() as session:
            return await find_first_waiting_inbound(session, conversation.id) is None

    await until(settled)


def answers(twilio: TwilioStandIn) -> int:
    return sum("Toleransprojektet" in body for body in twilio.bodies())


async def queued(service: Service) -> bool:
    conversation = await service.conversation()
    assert conversation is not None
    async with service.core.database.read() as session:
        return await find_open_ticket(session, conversation.id) is not None


async def test_a_machine_with_the_same_words_is_left_to_a_coordinator(
    service: Service, twilio: TwilioStandIn
) -> None:
    for _ in range(SAME_WORDS):
        await texted(service, twilio, AUTOMATIC)
    await until(lambda: answers(twilio) == SAME_WORDS)
    assert not await queued(service)
    for _ in range(3):
        await texted(service, twilio, AUTOMATIC)
    assert await queued(service)
    assert (await newest(service)).state is InboundState.WITH_COORDINATOR
    await texted(service, twilio, CALM)
    await until(lambda: answers(twilio) == SAME_WORDS + 1)


async def newest(service: Service) -> Inbound:
    conversation = await service.conversation()
    assert conversation is not None
    async with service.core.database.read() as session:
        (row,) = await list_latest_inbound(session, conversation.id, limit=1)
    return row


async def test_after_a_pause_the_same_words_are_answered_again(
    service: Service, twilio: TwilioStandIn
) -> None:
    for _ in range(SAME_WORDS + 1):
        await texted(service, twilio, AUTOMATIC)
    service.forward(WINDOW + timedelta(minutes=1))
    await texted(service, twilio, AUTOMATIC)
    await until(lambda: answers(twilio) == SAME_WORDS + 1)


async def test_who_repeats_a_cry_for_help_is_answered_more_often_and_then_by_a_human(
    service: Service, twilio: TwilioStandIn
) -> None:
    for _ in range(SAME_WORDS_ACUTE + 2):
        await texted(service, twilio, ACUTE)
    await until(lambda: len(twilio.messages) > SAME_WORDS_ACUTE)
    leading = [body for body in twilio.bodies() if body.startswith("Ring 112")]
    assert len(leading) == SAME_WORDS_ACUTE
    assert await queued(service)


@pytest.mark.parametrize("words", ["ja", "nej tack", "1", "Ok 👍"])
def test_a_short_answer_may_be_given_again_and_again(words: str) -> None:
    assert not is_loop(words, Lately((words,) * 10, 10), acute=False)


def test_two_machines_with_ever_new_words_stop_too() -> None:
    replies = 0
    for number in count():
        if is_loop(f"Fråga nummer {number} till er tjänst", Lately((), replies), acute=False):
            break
        replies += 1
    assert replies == MOST_REPLIES


def test_danger_is_answered_however_much_was_said() -> None:
    assert not is_loop(ACUTE, Lately((), MOST_REPLIES * 2), acute=True)
    assert not is_loop(ACUTE, Lately((ACUTE,) * SAME_WORDS, 3), acute=True)


def test_other_words_in_between_are_a_persons() -> None:
    before = (AUTOMATIC, "Men hallå, svara på min fråga nu", AUTOMATIC)
    assert not is_loop(AUTOMATIC, Lately(before, 3), acute=False)
