"""With Rasa away plain questions are answered by their words; all else gets the safe reply."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

import pytest

from services.answers.knowledge import Knowledge
from services.answers.loading import KnowledgeError, load_knowledge
from services.answers.reserve import Reserve
from services.answers.topics import TOPICS
from services.conversations.core import Core
from services.conversations.inbox import Inbox, IncomingMessage
from services.conversations.sealing import conversation_key
from services.conversations.timeline import Event, read_timeline
from services.settings import ROOT
from services.store.conversations import get_conversation
from services.store.tickets import find_open_ticket
from services.vocabulary import Author, Channel, MunicipalityId, TopicId
from tests.conftest import ScriptedRasa
from tests.turns import take_turn


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Vad är Toleransprojektet?", "toleransprojektet"),
        ("ÖPPETTIDERNA", "oppettider"),
        ("nar har ni oppet", "oppettider"),
        ("Hej, kan jag vara anonym när jag skriver här?", "anonymitet"),
        ("hej", "hej"),
        ("Tack!", "tack"),
        ("Vad händer sedan?", "vad_hander_sen"),
        ("Hej, hur ser väderleken ut på lördag?", None),
        ("Finns sspf och sociala insatsgrupper kvar?", "sociala_insatsgrupper"),
        ("Sparas det jag skriver, och är jag anonym?", "vad_sparas"),
        ("anonym tystnadsplikt?", None),
        ("Jag var på en föreläsning om det här och sedan dess har min bror slutat svara mig", None),
    ],
)
def test_words_tell_the_topic_of_a_short_question(
    knowledge: Knowledge, text: str, topic: str | None
) -> None:
    assert knowledge.reserve.topic_of(None, text) == topic


def test_a_button_is_its_topic_if_the_file_has_it(knowledge: Knowledge) -> None:
    assert knowledge.reserve.topic_of("toleransprojektet", "Toleransprojektet") is not None
    assert knowledge.reserve.topic_of("prata_med_manniska", "Prata med en människa") is None


def test_no_worry_and_no_wish_for_a_human_is_answered_by_words(knowledge: Knowledge) -> None:
    kept = TOPICS["oro"] - {"anmalan_hur"} | {TopicId("prata_med_manniska")}
    assert not kept & knowledge.reserve.words.keys()


def test_every_answer_s_own_question_gets_that_answer_or_none(knowledge: Knowledge) -> None:
    answered = 0
    for topic, answer in knowledge.answers.items():
        if topic in TOPICS["oro"]:
            continue  # worry never comes here
        found = knowledge.reserve.topic_of(None, answer.question)
        assert found in {topic, None}, f"{answer.question} -> {found}"
        answered += found is not None
    assert answered >= 30


def test_two_topics_that_fit_as_well_are_no_answer() -> None:
    reserve = Reserve({TopicId("a"): ["hund~"], TopicId("b"): ["katt", "stor katt"]})
    assert reserve.topic_of(None, "hundar katt?") is None
    assert reserve.topic_of(None, "hundar stor katt?") == "b"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("toleransprojektet: [", "toleransprojekt: [", "det finns inget svar toleransprojekt"),
        ("[toleransprojekt~]", "toleransprojekt~", "ska vara en lista av ord"),
        ("[toleransprojekt~]", "[]", "ska vara en lista av ord"),
        ("[toleransprojekt~]", "[2015]", "ska vara text; sätt citattecken"),
        ("[toleransprojekt~]", '["~"]', "ska vara text; sätt citattecken"),
    ],
)
def test_a_fault_in_the_file_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    content = shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge")
    file = content / "reserv.yml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    with pytest.raises(KnowledgeError, match=told) as raised:
        load_knowledge(content)
    assert [fault.line for fault in raised.value.faults] == [line]


async def ask(core: Core, text: str, choice: str | None = None) -> tuple[Event, bool]:
    """The reply to a first message with Rasa away, and whether there is a ticket."""
    inbox = Inbox(core)
    opened = await inbox.open_conversation(Channel.WEB, MunicipalityId("goteborg"))
    message = IncomingMessage(uuid4().hex, text, choice)
    await inbox.receive(*opened, message, channel=Channel.WEB)
    await take_turn(core, opened[0])
    async with core.database.read() as session:
        row = await get_conversation(session, opened[0])
        assert row is not None
        events = await read_timeline(session, conversation_key(core.keyring, row), row, after=0)
        ticket = await find_open_ticket(session, opened[0])
    return next(one for one in events if one.author is Author.BOT), ticket is not None


@pytest.mark.parametrize(
    ("text", "choice"), [("Vad är Toleransprojektet?", None), ("", "toleransprojektet")]
)
async def test_a_plain_question_gets_its_answer_with_a_word_on_why_it_is_simple(
    core: Core, rasa: ScriptedRasa, text: str, choice: str | None
) -> None:
    rasa.status = 500
    reply, has_ticket = await ask(core, text, choice)
    words = "\n".join(reply.reply.as_texts())
    assert "förstår jag bara enkla frågor" in words
    assert "Toleransprojektet" in words
    assert "AI-assistent" in words
    assert any(block.kind == "source" for block in reply.reply.blocks)
    assert not has_ticket


@pytest.mark.parametrize(
    "text",
    [
        "Jag är orolig för min son, finns det orostelefon?",
        "Min dotter vill åka till Syrien, vad är sspf?",
    ],
)
async def test_who_tells_of_a_person_gets_the_safe_reply_and_a_human_also_in_a_question(
    core: Core, rasa: ScriptedRasa, text: str
) -> None:
    rasa.status = 500
    reply, has_ticket = await ask(core, text)
    words = "\n".join(reply.reply.as_texts())
    for expected in ("människa läser", "112", "031-365 00 00"):
        assert expected in words
    assert has_ticket


async def test_who_asks_for_a_human_gets_one_without_rasa(core: Core, rasa: ScriptedRasa) -> None:
    rasa.status = 500
    reply, has_ticket = await ask(core, "", "prata_med_manniska")
    assert "människa läser" in "\n".join(reply.reply.as_texts())
    assert has_ticket
