"""Text messages: each is stored once, answered once, in order, and from Twilio only."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from multidict import MultiDict
from sqlalchemy import func, select, text
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from services.answers.segments import segments
from services.channels.twilio.sms import read_payload
from services.conversations import ownership
from services.conversations.core import Core
from services.settings import Settings
from services.store.tables import Coordinator, Inbound, InboundState, OutboundState
from services.store.tickets import find_open_ticket
from services.vocabulary import Author, Urgency
from tests.conftest import NOON, ScriptedRasa
from tests.twilio.conftest import ACUTE, CALLER, CALM, Service, running_service, until
from tests.twilio.stand_in import PUBLIC_URL, TOKEN, TwilioStandIn, sms_fields


async def stored(core: Core) -> int:
    async with core.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Inbound)) or 0


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def heard(twilio: TwilioStandIn, count: int) -> list[str]:
    await until(lambda: len(twilio.messages) >= count)
    return twilio.bodies()


async def test_a_message_is_acknowledged_at_once_and_answered_through_the_api(
    service: Service, twilio: TwilioStandIn
) -> None:
    response = await twilio.text(CALLER, CALM)
    assert response.status == 200
    assert response.content_type == "text/xml"
    assert "<Message" not in await response.text()
    greeting, answer = await heard(twilio, 2)
    assert "AI-assistent" in greeting
    assert "Toleransprojektet" in answer
    assert twilio.messages[0].to == CALLER


async def test_the_greeting_comes_once(service: Service, twilio: TwilioStandIn) -> None:
    for count in (2, 3):
        await twilio.text(CALLER, CALM)
        await heard(twilio, count)
    assert sum("AI-assistent" in body for body in twilio.bodies()) == 1


async def test_an_acute_message_is_answered_with_112_in_one_segment_before_anything_else(
    service: Service, twilio: TwilioStandIn, rasa: ScriptedRasa
) -> None:
    await twilio.text(CALLER, ACUTE)
    first, notice = await heard(twilio, 2)
    assert first.startswith("Ring 112")
    assert segments(first).count == 1
    assert "AI-assistent" in notice
    assert rasa.requests == []


@pytest.mark.parametrize(
    "signature", ["", "x" * 28, "c2lnbmF0dXJl", "åäö".encode().decode("latin-1")]
)
async def test_a_bad_signature_is_refused_and_stored_nowhere(
    service: Service, twilio: TwilioStandIn, signature: str
) -> None:
    response = await twilio.post("/twilio/sms", sms_fields(CALLER, ACUTE), signature=signature)
    assert response.status == 403
    assert await stored(service.core) == 0
    assert await service.conversation() is None


async def test_a_signature_for_another_address_or_other_fields_is_refused(
    service: Service, twilio: TwilioStandIn
) -> None:
    fields = sms_fields(CALLER, CALM)
    validator = RequestValidator(TOKEN)
    for signature in (
        validator.compute_signature("https://annan.example/twilio/sms", fields),
        validator.compute_signature(PUBLIC_URL + "/twilio/sms", fields | {"Body": "annat"}),
        validator.compute_signature(PUBLIC_URL + "/twilio/sms?x=1", fields),
    ):
        assert (await twilio.post("/twilio/sms", fields, signature=signature)).status == 403


async def test_connection_overrides_in_the_address_are_no_part_of_the_signature(
    service: Service, twilio: TwilioStandIn
) -> None:
    fields = sms_fields(CALLER, CALM)
    assert (await twilio.post("/twilio/sms#rc=3&rp=all", fields)).status == 200


@pytest.mark.parametrize(("trusted", "status"), [((), 403), (("127.0.0.0/8",), 200)])
async def test_what_a_proxy_says_of_the_address_counts_only_when_it_is_trusted(
    core: Core, settings: Settings, twilio: TwilioStandIn, trusted: tuple[str, ...], status: int
) -> None:
    settings = Settings(**{**settings.model_dump(), "trusted_proxies": ",".join(trusted)})
    fields = sms_fields(CALLER, CALM)
    signature = RequestValidator(TOKEN).compute_signature(
        "https://tunnel.example/twilio/sms", fields
    )
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "tunnel.example"}
    async with running_service(core, settings, twilio):
        response = await twilio.post("/twilio/sms", fields, signature=signature, headers=forwarded)
    assert response.status == status


async def test_repeats_one_by_one_and_at_once_are_one_message_with_one_answer(
    service: Service, twilio: TwilioStandIn
) -> None:
    sid = "SM" + "1" * 32
    await asyncio.gather(*(twilio.text(CALLER, CALM, sid=sid) for _ in range(10)))
    await heard(twilio, 2)
    for _ in range(3):
        assert (await twilio.text(CALLER, CALM, sid=sid)).status == 200
    await twilio.text(CALLER, "Tack")
    await heard(twilio, 3)
    assert await stored(service.core) == 2
    assert len(twilio.messages) == 3


async def test_a_repeat_after_a_crash_is_one_message_with_one_answer(
    core: Core, settings: Settings, twilio: TwilioStandIn, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    sid = "SM" + "2" * 32
    async with running_service(core, settings, twilio):
        await twilio.text(CALLER, CALM, sid=sid)
    async with running_service(core, settings, twilio) as service:
        await twilio.text(CALLER, CALM, sid=sid)
        await heard(twilio, 2)
        await twilio.text(CALLER, ACUTE)
        await heard(twilio, 3)
        assert await stored(service.core) == 2
    assert len(twilio.messages) == 3


async def test_the_answers_come_in_the_order_of_the_questions(
    service: Service, twilio: TwilioStandIn, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {
        "phrase": "framsteg",
        "values": {"nummer": request["text"][-1], "antal": "9"},
    }
    for number in range(1, 6):
        await twilio.text(CALLER, f"fråga {number}")
    bodies = await heard(twilio, 6)
    assert [body for body in bodies if body.startswith("Fråga")] == [
        f"Fråga {n} av 9." for n in range(1, 6)
    ]


SHAPES = {
    "unicode and emoji": {"Body": "Hej 😟 – är orolig… för min bror"},
    "arabic": {"Body": "مرحبا، أنا قلق على أخي"},
    "long and concatenated": {"Body": "Jag är orolig för min son. " * 55, "NumSegments": "11"},
    "without optional fields": {},
    "with unknown fields": {"Body": "hej", "ChannelMetadata": '{"a": 1}', "Framtid": "ja"},
    "with buttons": {"Body": "hej", "ButtonText": "Ja", "ButtonPayload": "x"},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
async def test_every_shape_of_message_is_stored_and_answered(
    service: Service, twilio: TwilioStandIn, shape: dict[str, str]
) -> None:
    fields = {"MessageSid": "SM" + "3" * 32, "From": CALLER, "To": "+46700000001", "Body": "hej"}
    assert (await twilio.post("/twilio/sms", fields | shape)).status == 200
    await heard(twilio, 2)
    assert (await service.sees())[0].text == (fields | shape)["Body"]
    assert await stored(service.core) == 1


@pytest.mark.parametrize(
    "fields", [{"From": CALLER, "Body": "x"}, {"MessageSid": "SM1", "Body": "x"}]
)
async def test_a_message_without_id_or_sender_is_refused(
    service: Service, twilio: TwilioStandIn, fields: dict[str, str]
) -> None:
    assert (await twilio.post("/twilio/sms", fields)).status == 400
    assert await stored(service.core) == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"NumMedia": "2", "MediaUrl0": "https://api.twilio.com/x"}, "inte öppna bilder"),
        ({"Latitude": "57.7", "Longitude": "11.9"}, "en plats"),
        ({}, "ingen text"),
    ],
)
async def test_a_message_without_words_is_answered_kindly_and_nothing_is_fetched(
    service: Service, twilio: TwilioStandIn, rasa: ScriptedRasa, more: dict[str, str], said: str
) -> None:
    await twilio.text(CALLER, "", **more)
    _, answer = await heard(twilio, 2)
    assert said in answer
    assert "112" in answer
    assert rasa.requests == []
    assert (await service.sees())[0].text.startswith("[")


async def test_words_beside_a_picture_are_answered_and_the_caller_is_told_of_the_picture(
    service: Service, twilio: TwilioStandIn
) -> None:
    await twilio.text(CALLER, CALM, NumMedia="1", MediaUrl0="https://api.twilio.com/x")
    bodies = await heard(twilio, 3)
    assert any("inte öppna bilder" in body for body in bodies)
    assert any("Toleransprojektet" in body for body in bodies)


async def test_acute_words_beside_a_picture_are_answered_with_112_first(
    service: Service, twilio: TwilioStandIn
) -> None:
    await twilio.text(CALLER, ACUTE, NumMedia="1")
    assert (await heard(twilio, 1))[0].startswith("Ring 112")


async def test_after_stopp_nothing_is_sent_but_112_until_start(
    service: Service, twilio: TwilioStandIn
) -> None:
    await twilio.text(CALLER, CALM)
    await heard(twilio, 2)
    await twilio.text(CALLER, " Stopp! ")
    assert "inga fler sms" in (await heard(twilio, 3))[-1]
    await twilio.text(CALLER, CALM)
    await until(lambda: _has(service, author=Author.BOT, count=3))
    await twilio.text(CALLER, ACUTE)
    assert (await heard(twilio, 4))[-1].startswith("Ring 112")
    await twilio.text(CALLER, "START")
    assert "tillbaka" in (await heard(twilio, 5))[-1]
    await twilio.text(CALLER, CALM)
    assert "Toleransprojektet" in (await heard(twilio, 6))[-1]


async def test_when_twilio_has_said_stop_itself_we_say_nothing(
    service: Service, twilio: TwilioStandIn
) -> None:
    await twilio.text(CALLER, CALM)
    await heard(twilio, 2)
    await twilio.text(CALLER, "STOP", OptOutType="STOP")
    conversation = await service.conversation()
    assert conversation is not None
    assert conversation.stopped_at is not None
    assert (await service.sees())[-1].delivery is OutboundState.FAILED
    assert len(twilio.messages) == 2


async def test_a_digit_is_the_choice_of_that_number_in_the_last_reply(
    service: Service, twilio: TwilioStandIn, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {
        "phrase": "okej",
        "choices": ["prata_med_manniska", "toleransprojektet"],
    }
    await twilio.text(CALLER, "hej")
    reply = (await heard(twilio, 2))[-1]
    assert "Svara 1 eller 2:\n1 Prata med en samordnare\n2 " in reply
    await twilio.text(CALLER, "2.")
    await heard(twilio, 3)
    assert rasa.requests[-1]["intent"] == "toleransprojektet"
    await twilio.text(CALLER, "4")
    await heard(twilio, 4)
    assert rasa.requests[-1]["intent"] is None


@pytest.fixture
async def coordinator(core: Core):
    one = uuid4()
    async with core.database.begin() as session:
        session.add(
            Coordinator(id=one, name="Namn", login="namn", password_hash="x", created_at=NOON)
        )
    return one


async def test_a_coordinator_s_words_say_whose_they_are_and_the_bot_is_silent(
    service: Service, twilio: TwilioStandIn, rasa: ScriptedRasa, coordinator
) -> None:
    rasa.answer = lambda request: {"handover": {"samtycke": True}}
    await twilio.text(CALLER, "ja, skicka")
    await heard(twilio, 2)
    conversation = await service.conversation()
    assert conversation is not None
    async with service.core.database.read() as session:
        ticket = await find_open_ticket(session, conversation.id)
    assert ticket is not None
    await ownership.take_over(service.core, ticket.id, coordinator)
    assert "samordnare" in (await heard(twilio, 3))[-1]
    await ownership.say(
        service.core, conversation.id, coordinator, client_id="1", text="Hej, hur mår du?"
    )
    assert (await heard(twilio, 4))[-1] == "Samordnaren: Hej, hur mår du?"
    asked = len(rasa.requests)
    await twilio.text(CALLER, "1")
    await until(lambda: _with_coordinator(service))
    assert len(rasa.requests) == asked
    assert len(twilio.messages) == 4
    assert (await service.sees())[-1].text == "1"


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_nothing_of_number_or_words_is_readable_in_the_database_files(
    service: Service, twilio: TwilioStandIn, tmp_path: Path
) -> None:
    await twilio.text(CALLER, "markörord rönnbär")
    await heard(twilio, 2)
    stored_bytes = everything_in(tmp_path)
    assert len(stored_bytes) > 1000
    assert "rönnbär".encode() not in stored_bytes
    assert CALLER.encode() not in stored_bytes
    assert CALLER[3:].encode() not in stored_bytes


async def test_neither_words_nor_numbers_are_in_the_logs(
    service: Service,
    twilio: TwilioStandIn,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    twilio.plan.extend([429, (400, 21211)])
    await twilio.text(CALLER, "markörord rönnbär")
    await until(lambda: twilio.requests >= 1)
    await twilio.text(CALLER, ACUTE)
    await twilio.post("/twilio/sms", sms_fields(CALLER, "rönnbär"), signature="x")
    await until(lambda: twilio.requests >= 2)
    await until(lambda: _has(service, author=Author.BOT, count=1))
    said = caplog.text + "".join(capfd.readouterr())
    assert "twilio_signature_refused" in said
    assert "rönnbär" not in said
    assert "pistol" not in said
    assert CALLER[3:] not in said


async def test_with_the_database_away_an_acute_caller_is_answered_in_the_response_and_others_later(
    service: Service, twilio: TwilioStandIn
) -> None:
    async with service.core.database.begin() as session:
        await session.execute(text("ALTER TABLE inbound RENAME TO away"))
    acute = await twilio.text(CALLER, ACUTE)
    assert acute.status == 200
    assert "<Message>Ring 112" in await acute.text()
    assert (await twilio.text(CALLER, CALM)).status == 503


async def test_an_acute_message_that_was_answered_unstored_is_stored_when_the_database_is_back(
    service: Service, twilio: TwilioStandIn
) -> None:
    async with service.core.database.begin() as session:
        await session.execute(text("ALTER TABLE inbound RENAME TO away"))
    await twilio.text(CALLER, ACUTE)
    async with service.core.database.begin() as session:
        await session.execute(text("ALTER TABLE away RENAME TO inbound"))
    # A later one must not stand before it: Twilio is to try again.
    assert (await twilio.text(CALLER, CALM)).status == 503
    await until(lambda: _has(service, author=Author.BOT, count=1))
    assert (await twilio.text(CALLER, CALM)).status == 200
    bodies = await heard(twilio, 1)
    assert not any(body.startswith("Ring 112") for body in bodies)
    said = [event for event in await service.sees() if event.author is Author.CALLER]
    assert [event.text for event in said] == [ACUTE, CALM]
    assert said[0].urgency is Urgency.AKUT


async def test_without_an_account_the_channel_is_off_and_says_so(
    core: Core, settings: Settings, twilio: TwilioStandIn
) -> None:
    off = settings.model_copy(
        update=dict.fromkeys(("twilio_account_sid", "twilio_auth_token", "twilio_number"))
    )
    with capture_logs() as logs:
        async with running_service(core, off, twilio):
            assert (await twilio.text(CALLER, CALM)).status == 404
    assert {"event": "sms_and_phone_off", "log_level": "info"}.items() <= logs[0].items()


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.lists(
        st.tuples(
            st.sampled_from(["Body", "From", "MessageSid", "NumMedia", "Latitude", "X", ""]),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        ),
        max_size=8,
    )
)
def test_no_payload_makes_the_webhook_fail(fields: list[tuple[str, str]]) -> None:
    payload = read_payload(MultiDict(fields))
    if payload is not None:
        assert payload.sender
        assert len(payload.sid) <= 64
        assert payload.media >= 0


async def _has(service: Service, *, author: Author, count: int) -> bool:
    return sum(event.author is author for event in await service.sees()) >= count


async def _with_coordinator(service: Service) -> bool:
    async with service.core.database.read() as session:
        states = await session.scalars(select(Inbound.state).order_by(Inbound.position))
    return list(states)[-1] is InboundState.WITH_COORDINATOR
