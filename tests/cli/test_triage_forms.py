"""``oroslotsen triage`` shows what a caller gets: on SMS that is one text message."""

from __future__ import annotations

import pytest

from services.answers.segments import segments
from services.cli.triage import TriageInput, TriageOutput, triage_one
from services.conversations.core import Core
from services.vocabulary import Channel
from tests.conftest import ScriptedRasa


async def judged(core: Core, text: str, channel: Channel) -> TriageOutput:
    return await triage_one(core, TriageInput(id="1", text=text, channel=channel))


@pytest.mark.parametrize(
    ("words", "answer", "most"),
    [
        ("jag är orolig för min son, han har börjat hänga med nazister", "oro_narstaende", 2),
        ("vi är tre lärare som är oroliga för en elev", "oro_narstaende", 2),
        ("Vad är Toleransprojektet?", "toleransprojektet", 2),
        ("han har en pistol och är på väg till skolan nu", "hej", 1),
    ],
)
async def test_on_sms_the_reply_is_the_one_message_that_the_phone_gets(
    core: Core, rasa: ScriptedRasa, words: str, answer: str, most: int
) -> None:
    rasa.answer = lambda request: {"answer": answer}
    output = await judged(core, words, Channel.SMS)
    (message,) = output.reply
    assert segments(message).gsm
    assert segments(message).count <= most
    assert "Källa: " not in message


async def test_the_contacts_are_those_that_are_in_the_message(
    core: Core, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"answer": "oro_narstaende"}
    output = await judged(core, "jag är orolig för min son", Channel.SMS)
    assert "socialtjanst" in output.contacts
    assert "031-365 00 00" in output.reply[0]


async def test_on_the_web_the_reply_has_its_parts(core: Core, rasa: ScriptedRasa) -> None:
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    output = await judged(core, "Vad är Toleransprojektet?", Channel.WEB)
    assert any(text.startswith("Källa: ") for text in output.reply)


@pytest.mark.parametrize("channel", [Channel.WEB, Channel.SMS])
async def test_a_professional_reads_of_their_duty_to_report(
    core: Core, rasa: ScriptedRasa, channel: Channel
) -> None:
    rasa.answer = lambda request: {"answer": "oro_narstaende"}
    words = "jag är fritidsledare och orolig för en av killarna här, han säger konstiga saker"
    output = await judged(core, words, channel)
    assert "genast anmäla" in " ".join(output.reply)
    assert "cve" in output.contacts or channel is Channel.SMS
