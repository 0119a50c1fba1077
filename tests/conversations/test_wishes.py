"""What needs no guess is told to the dialogue outright, and a sent ticket can be corrected."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from services.answers.knowledge import Knowledge
from services.conversations.inbox import IncomingMessage
from services.conversations.sealing import conversation_key
from services.reading.wishes import asks_for_call, wants_just_advice
from services.store.tickets import find_open_ticket
from services.tickets.sealing import unseal_ticket
from services.tickets.ticket import Ticket
from services.vocabulary import AgeBand, PhraseId, Variant
from tests.conftest import NOON, ScriptedRasa
from tests.conversations.test_turns import Caller, caller, ticket_id
from tests.turns import take_turn

__all__ = ["caller", "ticket_id"]

WORRY = "Jag är orolig för min son, han hänger med nazister varje kväll"


async def meaning(caller: Caller, rasa: ScriptedRasa, text: str) -> str | None:
    """What the dialogue is told that a message means."""
    await caller.send(text)
    await take_turn(caller.core, caller.conversation.id)
    told: str | None = rasa.requests[-1]["intent"]
    return told


async def ticket(caller: Caller) -> Ticket:
    row = await caller.row()
    async with caller.core.database.read() as session:
        found = await find_open_ticket(session, row.id)
    assert found is not None
    return unseal_ticket(conversation_key(caller.core.keyring, row), found)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("MÄNNISKA", "prata_med_manniska"),
        ("English please", "english"),
        ("börja om", "borja_om"),
        ("ja tack", "ja"),
        ("Vad är Toleransprojektet?", None),
    ],
)
async def test_plain_words_for_a_button_are_the_button(
    caller: Caller, rasa: ScriptedRasa, text: str, intent: str | None
) -> None:
    assert await meaning(caller, rasa, text) == intent


async def test_who_wants_to_be_called_back_begins_the_intake(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    assert await meaning(caller, rasa, "ring upp mig") == "prata_med_manniska"
    await caller.receive(IncomingMessage("pressed", "", choice="ring_upp_mig"))
    await take_turn(caller.core, caller.conversation.id)
    assert rasa.requests[-1]["intent"] == "prata_med_manniska"
    assert rasa.requests[-1]["text"] == "Ring upp mig"


@pytest.mark.parametrize("variant", list(Variant))
def test_every_button_s_words_are_read_as_the_button(
    knowledge: Knowledge, variant: Variant
) -> None:
    assert asks_for_call(knowledge.buttons[PhraseId("ring_upp_mig")].of(variant))
    assert wants_just_advice(knowledge.buttons[PhraseId("bara_rad")].of(variant))


async def test_only_the_advice_is_answered_without_the_dialogue_and_ends_the_offer(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    await meaning(caller, rasa, WORRY)
    offered = (await caller.hears())[-1].reply
    assert offered is not None
    assert [one.id for one in offered.choices[:3]] == [
        "prata_med_manniska", "ring_upp_mig", "bara_rad",
    ]  # fmt: skip
    asked = len(rasa.requests)
    await caller.receive(IncomingMessage("pressed", "", choice="bara_rad"))
    await take_turn(caller.core, caller.conversation.id)
    assert len(rasa.requests) == asked
    await meaning(caller, rasa, WORRY)
    after = (await caller.hears())[-1].reply
    assert after is not None
    assert not {one.id for one in after.choices} & {"prata_med_manniska", "ring_upp_mig"}


async def test_only_the_advice_among_the_questions_stops_them(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    rasa.in_form = True
    await meaning(caller, rasa, "Vad är Toleransprojektet?")
    await caller.receive(IncomingMessage("pressed", "", choice="bara_rad"))
    await take_turn(caller.core, caller.conversation.id)
    assert rasa.requests[-1]["intent"] == "avbryt"


async def test_in_the_form_a_yes_is_left_to_the_question(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    rasa.in_form = True
    await meaning(caller, rasa, "Vad är Toleransprojektet?")
    assert await meaning(caller, rasa, "ja") is None
    assert await meaning(caller, rasa, "lättläst") == "lattlast"


async def test_who_comes_back_and_wants_to_start_over_may(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    rasa.in_form = True
    await meaning(caller, rasa, "Vad är Toleransprojektet?")
    caller.core.clock = lambda: NOON + timedelta(hours=30)
    assert await meaning(caller, rasa, "hej igen") == "fortsatt"
    caller.core.clock = lambda: NOON + timedelta(hours=60)
    assert await meaning(caller, rasa, "börja om") == "borja_om"


async def test_an_account_of_worry_is_told_as_one_and_a_question_is_not(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    await meaning(caller, rasa, "Jag är orolig för min son, han hänger med nazister varje kväll")
    assert rasa.requests[-1]["slots"]["berattar"] == "ja"
    await meaning(caller, rasa, "Vem ringer jag om jag är orolig för min son?")
    assert "berattar" not in rasa.requests[-1]["slots"]


async def test_a_correction_after_sending_changes_the_ticket_and_is_read_back(
    caller: Caller, rasa: ScriptedRasa, ticket_id: UUID
) -> None:
    right = {"aldersband": "18-20", "kommun": "malmo", "iakttagelse": "Det var hos en vän"}
    rasa.answer = lambda request: {"correction": right}
    assert await meaning(caller, rasa, "nej, han är 19 och bor i Malmö") == "ratta"
    corrected = await ticket(caller)
    assert corrected.age_band is AgeBand.AGE_18_20
    assert corrected.municipality == "malmo"
    assert corrected.relation == "förälder"
    assert corrected.observations[-1].quote == "Det var hos en vän"
    said = (await caller.hears())[-1].reply
    assert said is not None
    assert "18 till 20 år" in "\n".join(said.as_texts())


async def test_a_correction_without_a_ticket_is_left_to_the_dialogue(
    caller: Caller, rasa: ScriptedRasa
) -> None:
    assert await meaning(caller, rasa, "nej, han är 19") is None
