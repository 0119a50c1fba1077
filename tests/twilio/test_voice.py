"""The phone: a simulated caller goes through whole calls, and every answer is valid TwiML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from twilio.request_validator import RequestValidator

from services.answers.reply import ContactBlock, Reply, TextBlock
from services.answers.speech import speak_number
from services.channels.twilio.call import Step
from services.channels.twilio.duty import Duty
from services.channels.twilio.numbers import keyed_number, visible_number
from services.channels.twilio.spoken import spoken
from services.cli.handset import Act, Handset, Heard, Who
from services.conversations import ownership
from services.conversations.core import Core
from services.conversations.sealing import conversation_key
from services.settings import Settings
from services.store.tables import Coordinator, Inbound
from services.store.tickets import find_open_ticket
from services.tickets.duty import DutyHours
from services.tickets.sealing import unseal_ticket
from services.tickets.ticket import Ticket
from services.vocabulary import Channel, ContactId
from tests.conftest import NOON, ScriptedRasa
from tests.twilio.conftest import ACUTE, CALLER, CALM, Service, running_service, until
from tests.twilio.stand_in import NUMBER, PUBLIC_URL, TOKEN, TwilioStandIn
from tests.twilio.twiml import assert_valid

CALL = "CA" + "1" * 32
DUTY = "+46310000001"
NIGHT = datetime(2026, 11, 18, 22, 0, tzinfo=UTC)
HIDDEN = ["anonymous", "+266696687", "Restricted", "unavailable", ""]
SPEECH_PER_SECOND = 14
"""Letters that a Swedish synthetic voice says in a second, at ordinary speed."""


class Phone:
    """A phone whose calls a test scripts."""

    def __init__(self, twilio: TwilioStandIn) -> None:
        self.twilio = twilio
        self.answers: list[str] = []

    async def post(self, path: str, fields: Mapping[str, str]) -> str:
        response = await self.twilio.post(path, fields)
        assert response.status == 200
        answer = await response.text()
        assert_valid(answer)
        self.answers.append(answer)
        return answer

    async def call(self, *acts: Act, number: str = CALLER, sid: str = CALL) -> list[Heard]:
        return await Handset(self.post, list(acts), call_sid=sid, number=number).call(
            "/twilio/voice"
        )


def says(words: str, confidence: float = 0.9) -> Act:
    return Act(speech=words, confidence=str(confidence))


def presses(digits: str) -> Act:
    return Act(digits=digits)


SILENT = Act()
ANSWERS, BUSY = Act(answers=True), Act(answers=False)


def voice(heard: list[Heard]) -> str:
    return "\n".join(one.text for one in heard if one.who is Who.VOICE)


def coordinator(heard: list[Heard]) -> str:
    return "\n".join(one.text for one in heard if one.who is Who.COORDINATOR)


async def ticket_of(service: Service) -> Ticket | None:
    conversation = await service.conversation(CALL)
    assert conversation is not None
    async with service.core.database.read() as session:
        row = await find_open_ticket(session, conversation.id)
    return unseal_ticket(conversation_key(service.core.keyring, conversation), row) if row else None


@pytest.fixture
def phone(service: Service, twilio: TwilioStandIn) -> Phone:
    return Phone(twilio)


@pytest.fixture
async def with_duty(core: Core, settings: Settings, twilio: TwilioStandIn, rasa: ScriptedRasa):
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    on_duty = settings.model_copy(update={"duty_number": DUTY})
    async with running_service(core, on_duty, twilio) as running:
        yield running


async def test_the_greeting_says_ai_and_112_within_five_seconds(phone: Phone) -> None:
    heard = await phone.call()
    first = heard[0].text
    assert "AI-assistent" in first
    assert "ett ett två" in first
    assert len(first) / SPEECH_PER_SECOND < 5
    assert "Noll för en samordnare" in voice(heard)


async def test_what_the_caller_says_is_a_turn_like_any_other(
    phone: Phone, service: Service, rasa: ScriptedRasa
) -> None:
    heard = await phone.call(says(CALM))
    assert "Toleransprojektet" in voice(heard)
    assert rasa.requests[0]["slots"]["kanal"] == "voice"
    conversation = await service.conversation(CALL)
    assert conversation is not None
    assert conversation.channel is Channel.VOICE
    assert (await service.sees(CALL))[0].text == CALM


async def test_danger_is_answered_with_112_in_the_same_answer_without_rasa(
    phone: Phone, rasa: ScriptedRasa
) -> None:
    heard = await phone.call(says(ACUTE))
    after = heard[[one.text for one in heard].index(ACUTE) + 1]
    assert after.text.startswith("Ring ett ett två nu")
    assert len(phone.answers) == 2
    assert rasa.requests == []


@pytest.mark.parametrize("key", ["1"])
async def test_the_key_for_danger_is_answered_with_112(phone: Phone, key: str) -> None:
    assert "Ring ett ett två nu" in voice(await phone.call(presses(key)))


@pytest.mark.parametrize(("key", "choice"), [("2", "oro_narstaende"), ("3", "lamna")])
async def test_keys_mean_what_the_voice_said(
    phone: Phone, rasa: ScriptedRasa, key: str, choice: str
) -> None:
    await phone.call(presses(key))
    assert rasa.requests[0]["intent"] == choice


async def test_the_key_for_questions_asks_for_one(phone: Phone) -> None:
    heard = await phone.call(presses("4"), says(CALM))
    assert "Ställ din fråga" in voice(heard)
    assert "Toleransprojektet" in voice(heard)


async def test_star_repeats_the_last_answer(phone: Phone) -> None:
    heard = await phone.call(says(CALM), presses("*"))
    answers = [one.text for one in heard if "Toleransprojektet" in one.text and one.text != CALM]
    assert len(answers) >= 2
    assert answers[0] == answers[len(answers) // 2]


async def test_the_same_webhook_again_gives_the_same_answer_and_one_turn(
    phone: Phone, service: Service, twilio: TwilioStandIn
) -> None:
    await phone.call(says(CALM))
    fields = {"CallSid": CALL, "From": CALLER, "SpeechResult": CALM, "Confidence": "0.9"}
    again = [await phone.post("/twilio/voice-turn?turn=1", fields) for _ in range(3)]
    assert len(set(again)) == 1
    async with service.core.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Inbound)) == 1


async def test_a_bad_signature_is_refused_and_stored_nowhere(
    service: Service, twilio: TwilioStandIn
) -> None:
    for path in ("", "-turn", "-wait", "-dialled", "-callback", "-number", "-whisper", "-accept"):
        fields = {"CallSid": CALL, "From": CALLER, "SpeechResult": ACUTE}
        response = await twilio.post(f"/twilio/voice{path}", fields, signature="x")
        assert response.status == 403
    assert await service.conversation(CALL) is None


async def test_where_the_call_stands_can_t_be_forged(
    twilio: TwilioStandIn, service: Service
) -> None:
    fields = {"CallSid": CALL, "From": CALLER, "Digits": "9"}
    signature = RequestValidator(TOKEN).compute_signature(
        PUBLIC_URL + "/twilio/voice-turn?missed=1", fields
    )
    response = await twilio.post("/twilio/voice-turn?missed=0", fields, signature=signature)
    assert response.status == 403


async def test_who_is_not_heard_is_asked_in_other_words_then_for_a_key_then_given_a_human(
    phone: Phone,
) -> None:
    heard = voice(await phone.call(SILENT, SILENT, SILENT))
    other_words, keys, human = (
        heard.index("jag hörde inte riktigt"),
        heard.index("Jag hör dig dåligt"),
        heard.index("Ingen samordnare svarar"),
    )
    assert other_words < keys < human
    assert 'input="dtmf"' in phone.answers[2]


async def test_unsure_speech_counts_as_not_heard_unless_it_sounds_acute(
    phone: Phone, rasa: ScriptedRasa
) -> None:
    assert "jag hörde inte riktigt" in voice(await phone.call(says(CALM, 0.2)))
    assert rasa.requests == []
    heard = await phone.call(says(ACUTE, 0.2), sid="CA" + "2" * 32)
    assert "Ring ett ett två nu" in voice(heard)


async def test_being_understood_starts_the_count_anew(phone: Phone) -> None:
    heard = voice(await phone.call(SILENT, SILENT, presses("2"), SILENT, SILENT))
    assert "Ingen samordnare svarar" not in heard


async def test_no_call_goes_in_circles(phone: Phone) -> None:
    heard = await phone.call(*[SILENT] * 30)
    assert heard[-1].text == "Samtalet avslutas."
    assert len(phone.answers) <= 8
    assert "ett ett två" in heard[-2].text


async def test_the_same_answer_three_times_leads_to_a_human(
    phone: Phone, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"phrase": "forstod_inte"}
    heard = voice(await phone.call(*[says("blå himmel över ängen")] * 4))
    assert "Ingen samordnare svarar" in heard


async def test_in_duty_hours_the_caller_is_connected_after_the_coordinator_accepts(
    with_duty: Service, twilio: TwilioStandIn
) -> None:
    heard = await Phone(twilio).call(says("Jag är orolig för min son"), presses("0"), ANSWERS)
    assert f"Ringer {DUTY}." in [one.text for one in heard]
    urgency, summary = [one.text for one in heard if one.who is Who.COORDINATOR]
    assert "Brådska:" in urgency
    assert "min son" not in urgency
    assert "Jag är orolig för min son" in summary
    assert "Samtalet med samordnaren är slut" in voice(heard)
    ticket = await ticket_of(with_duty)
    assert ticket is not None
    assert not ticket.unanswered


async def test_our_number_is_shown_to_the_coordinator_and_never_the_caller_s(
    with_duty: Service, twilio: TwilioStandIn
) -> None:
    phone = Phone(twilio)
    await phone.call(presses("0"), BUSY)
    dial = next(answer for answer in phone.answers if "<Dial" in answer)
    assert f'callerId="{NUMBER}"' in dial
    assert CALLER not in "".join(phone.answers)


async def test_a_voice_mail_hears_nothing_of_the_caller(
    with_duty: Service, twilio: TwilioStandIn
) -> None:
    phone = Phone(twilio)
    await phone.call(says("Jag är orolig för min son"))
    conversation = await with_duty.conversation(CALL)
    assert conversation is not None
    fields = {"CallSid": "CA" + "9" * 32, "ParentCallSid": CALL}
    where = f"?conversation={conversation.id}"
    first = await phone.post(f"/twilio/voice-whisper{where}", fields)
    assert "<Hangup" in first
    assert "son" not in first.split("Oroslotsen")[1].split("<Hangup")[0].replace("personen", "")
    assert "min son" not in await phone.post(f"/twilio/voice-accept{where}", fields)


async def test_when_nobody_answers_the_caller_gets_numbers_and_a_call_back(
    with_duty: Service, twilio: TwilioStandIn
) -> None:
    heard = await Phone(twilio).call(presses("0"), BUSY, presses("1"))
    assert "Ingen samordnare kunde svara" in voice(heard)
    ticket = await ticket_of(with_duty)
    assert ticket is not None
    assert ticket.callback.way == "070-174 06 05"
    assert ticket.consent is True
    assert ", ".join(ticket.reference.replace("-", "")) in voice(heard)


async def test_who_says_yes_to_a_human_in_duty_hours_is_connected_instead_of_questioned(
    with_duty: Service, twilio: TwilioStandIn, rasa: ScriptedRasa
) -> None:
    rasa.in_form = True
    heard = await Phone(twilio).call(says("jag vill prata med en människa"), ANSWERS)
    assert f"Ringer {DUTY}." in [one.text for one in heard]


async def test_who_wants_to_be_called_back_is_questioned_instead_of_connected(
    with_duty: Service, twilio: TwilioStandIn, rasa: ScriptedRasa
) -> None:
    rasa.in_form = True
    heard = await Phone(twilio).call(says("ring upp mig"))
    assert not [one.text for one in heard if one.text.startswith("Ringer")]


async def test_outside_duty_hours_the_emergency_service_is_read_out_twice(
    with_duty: Service, twilio: TwilioStandIn
) -> None:
    with_duty.clock.now = NIGHT
    heard = await Phone(twilio).call(presses("0"), presses("3"))
    assert "Dial" not in voice(heard)
    assert voice(heard).count(speak_number("031-365 87 00")) == 2
    assert "ett ett två" in heard[-2].text


@pytest.mark.parametrize("number", HIDDEN)
async def test_a_hidden_number_stays_hidden_and_another_can_be_given(
    phone: Phone, service: Service, number: str
) -> None:
    heard = await phone.call(presses("0"), presses("2"), presses("0701740605#"), number=number)
    assert "Ditt nummer är dolt" in voice(heard)
    conversation = await service.conversation(CALL)
    assert conversation is not None
    assert conversation.number_sealed is None
    ticket = await ticket_of(service)
    assert ticket is not None
    assert ticket.callback.way == "070-174 06 05"


async def test_without_consent_nobody_is_called_back_but_what_was_said_can_be_read(
    phone: Phone, service: Service
) -> None:
    await phone.call(says("Jag är orolig för min son"), presses("0"), presses("3"))
    ticket = await ticket_of(service)
    assert ticket is not None
    assert ticket.callback.way is None
    assert ticket.consent is None


async def test_numbers_are_said_twice_and_come_by_sms_if_wanted(
    phone: Phone, service: Service, twilio: TwilioStandIn, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "oro_narstaende"}
    heard = await phone.call(says("Jag är orolig för min son"), presses("5"))
    number = speak_number("031-365 00 00")
    assert voice(heard).count(number) >= 2
    assert "Jag upprepar" in voice(heard)
    await until(lambda: twilio.messages)
    assert twilio.messages[0].to == CALLER
    assert "031-365 00 00" in twilio.messages[0].body


async def test_nobody_is_offered_112_by_sms(phone: Phone) -> None:
    assert "Tryck fem" not in voice(await phone.call(says(ACUTE)))


async def test_who_chooses_english_is_spoken_to_and_listened_to_in_english_from_then_on(
    phone: Phone, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: (
        {"phrase": "sprak_engelska"} if len(rasa.requests) == 1 else {"answer": "oro_narstaende"}
    )
    heard = voice(await phone.call(says("English please"), says("my son"), presses("*"), SILENT))
    for words in (
        "From now on I answer in English",
        "Ask social services where the person lives",
        f"{speak_number('031-365 00 00', english=True)}. I repeat.",
        "press zero for a coordinator",
        "Sorry, I did not quite hear",
    ):
        assert words in heard
    greeting, *answers = phone.answers
    assert "en-GB" not in greeting
    for answer in answers:
        assert "<Gather" not in answer or 'language="en-GB"' in answer
        assert "sv-SE" not in answer


async def test_a_hidden_caller_is_not_offered_an_sms(phone: Phone, rasa: ScriptedRasa) -> None:
    rasa.answer = lambda request: {"answer": "oro_narstaende"}
    heard = await phone.call(says("Jag är orolig för min son"), presses("5"), number="anonymous")
    assert "Tryck fem" not in voice(heard)
    assert "kan inte skicka sms" in voice(heard)


async def test_a_slow_answer_is_waited_for_with_a_word(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.channels.twilio.voice.FIRST_WAIT_SECONDS", 0.001)
    heard = voice(await phone.call(says(CALM)))
    assert heard.index("Ett ögonblick") < heard.index("Toleransprojektet")


async def test_a_coordinator_who_has_taken_over_is_read_aloud_by_name(
    phone: Phone, service: Service, rasa: ScriptedRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.channels.twilio.voice.FIRST_WAIT_SECONDS", 0.001)
    await phone.call(says("Jag är orolig för min son"), presses("0"), presses("3"))
    conversation = await service.conversation(CALL)
    assert conversation is not None
    who = uuid4()
    async with service.core.database.begin() as session:
        row = await find_open_ticket(session, conversation.id)
        session.add(
            Coordinator(id=who, name="Namn", login="namn", password_hash="x", created_at=NOON)
        )
    assert row is not None
    await ownership.take_over(service.core, row.id, who)
    asked = len(rasa.requests)
    after = (await service.sees(CALL))[-1].position
    fields = {"CallSid": CALL, "From": CALLER, "SpeechResult": "är du där", "Confidence": "0.9"}
    waiting = await phone.post("/twilio/voice-turn?turn=7", fields)
    assert "Ett ögonblick" in waiting
    await ownership.say(service.core, conversation.id, who, client_id="1", text="Ja, jag är här.")
    answer = await phone.post(f"/twilio/voice-wait?turn=8&after={after + 1}&waited=1", fields)
    assert "Samordnaren: Ja, jag är här." in answer
    assert len(rasa.requests) == asked


async def test_an_answer_that_never_comes_leads_to_a_human(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(call: object, seconds: float) -> list[object]:
        return []

    monkeypatch.setattr("services.channels.twilio.voice._next_words", nothing)
    assert "Ingen samordnare svarar" in voice(await phone.call(says(CALM)))


async def test_nothing_is_recorded_unless_set_and_then_the_caller_is_told_first(
    core: Core, settings: Settings, twilio: TwilioStandIn
) -> None:
    for recorded in (False, True):
        async with running_service(
            core, settings.model_copy(update={"record_calls": recorded}), twilio
        ):
            answer = await Phone(twilio).post(
                "/twilio/voice", {"CallSid": f"CA{recorded}", "From": CALLER}
            )
        assert ("Recording" in answer) is recorded
        assert "record=" not in answer
        if recorded:
            assert answer.index("spelas in") < answer.index("<Recording")


async def test_with_the_database_away_a_caller_still_gets_112_and_numbers(
    phone: Phone, service: Service
) -> None:
    async with service.core.database.begin() as session:
        for table in ("outbound", "inbound"):
            await session.execute(text(f"ALTER TABLE {table} RENAME TO away_{table}"))
    heard = await phone.call(says(ACUTE))
    assert "Ring ett ett två nu" in voice(heard)
    calm = voice(await phone.call(says(CALM), sid="CA" + "3" * 32))
    assert speak_number("031-365 87 00") in calm


@pytest.mark.parametrize(
    ("at", "open_"),
    [
        ("2026-11-18T08:00", True),
        ("2026-11-18T16:29", True),
        ("2026-11-18T16:30", False),
        ("2026-11-18T07:59", False),
        ("2026-11-21T12:00", False),
        ("2026-12-24T12:00", False),
        ("2026-06-19T12:00", False),
        ("2026-05-15T12:00", True),
    ],
)
def test_duty_is_working_days_by_the_clock_in_sweden(at: str, open_: bool) -> None:
    local = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/Stockholm"))
    duty = Duty(DUTY, DutyHours(time(8), time(16, 30)))
    assert duty.answers(local.astimezone(UTC)) is open_
    assert not Duty(None, DutyHours()).answers(local)


@pytest.mark.parametrize("number", HIDDEN)
def test_hidden_numbers_are_known(number: str) -> None:
    assert visible_number(number) is None


@given(st.text(max_size=20))
def test_no_number_makes_the_service_fail(number: str) -> None:
    for read in (visible_number(number), keyed_number(number)):
        assert read is None or read.startswith("+")


@given(
    st.builds(
        Step,
        turn=st.integers(1, 999),
        missed=st.integers(0, 9),
        after=st.integers(0, 10**8),
        waited=st.integers(0, 9),
        same=st.integers(0, 9),
        said=st.text("0123456789abcdef", max_size=8),
        form=st.integers(0, 1),
        en=st.integers(0, 1),
    )
)
def test_where_a_call_stands_survives_the_way_to_twilio_and_back(step: Step) -> None:
    request = make_mocked_request("POST", "/twilio/" + step.to("turn"))
    assert Step.of(request) == step


def test_a_reply_is_heard_in_its_order_with_each_number_twice() -> None:
    line = ContactBlock(
        id=ContactId("orostelefon"), name="Orostelefonen", short_name="Orostelefonen",
        audience="", number="020-100 200", tel=None, email=None, hours=None, note=None,
        open_now=None,
    )  # fmt: skip
    reply = Reply(blocks=(TextBlock(text="Hit."), line, TextBlock(text="Vill du?")))
    first, contact, last = spoken(reply, again="Igen.")
    assert (first, last) == ("Hit.", "Vill du?")
    assert contact.count(speak_number("020-100 200")) == 2
    _, contact, _ = spoken(reply, again="Again.", english=True)
    assert contact.count(speak_number("020-100 200", english=True)) == 2
