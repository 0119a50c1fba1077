"""A reply as one text message: it fits, and what matters most is in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.answers.knowledge import Knowledge
from services.answers.rendering import Renderer
from services.answers.reply import Choice, ContactBlock, Reply, SourceBlock, TextBlock
from services.answers.segments import segments
from services.channels.twilio.wire import SmsText, SmsWire
from services.conversations.replies import acute_reply
from services.triage.judgement import Judgement
from services.vocabulary import Author, Channel, MunicipalityId, Setting, Urgency, Variant

HOURS = [
    datetime(2026, 11, 18, 11, 0, tzinfo=UTC),
    datetime(2026, 11, 21, 2, 0, tzinfo=UTC),
    datetime(2026, 12, 24, 11, 0, tzinfo=UTC),
]


@pytest.fixture(scope="module")
def wire(knowledge: Knowledge) -> SmsWire:
    return SmsWire(lambda: knowledge)


def contact(name: str = "Socialtjänsten", number: str | None = "031-365 00 00") -> ContactBlock:
    return ContactBlock(
        id=name, name=name, short_name=name, number=number, tel=None, audience="För alla.",
        open_now=True, hours=None, note=None,
    )  # fmt: skip


def settings_of(knowledge: Knowledge) -> list[Setting]:
    return [
        Setting(Variant.SMS, Channel.SMS, MunicipalityId(municipality), at)
        for municipality in knowledge.municipalities
        for at in HOURS
    ]


def test_every_answer_everywhere_and_always_is_two_segments_of_gsm_at_most(
    wire: SmsWire, knowledge: Knowledge
) -> None:
    renderer = Renderer(knowledge)
    for setting in settings_of(knowledge):
        for topic in knowledge.answers:
            reply = renderer.answer(topic, setting)
            sent = segments(wire.of(reply, Variant.SMS).text)
            assert sent.count <= 2, topic
            assert sent.gsm, topic


@pytest.mark.parametrize("suicide", [False, True])
@pytest.mark.parametrize("in_form", [False, True])
def test_every_acute_reply_is_one_segment_that_begins_with_danger(
    wire: SmsWire, knowledge: Knowledge, suicide: bool, in_form: bool
) -> None:
    judgement = Judgement(urgency=Urgency.AKUT, suicide=suicide)
    for setting in settings_of(knowledge):
        reply = acute_reply(Renderer(knowledge), judgement, setting, first=False, in_form=in_form)
        sent = wire.of(reply, Variant.SMS, acute=True)
        assert segments(sent.text).count == 1
        assert "112" in sent.text.split(".")[0]
        assert sent.choices == ()


def test_choices_are_numbers_to_answer_with(wire: SmsWire) -> None:
    choices = tuple(Choice(id=name, title=f"Val {name}") for name in "abc")
    sent = wire.of(Reply(blocks=(TextBlock(text="Hej."),), choices=choices), Variant.SMS)
    assert sent.text == "Hej.\nSvara 1, 2 eller 3:\n1 Val a\n2 Val b\n3 Val c"
    assert [sent.chosen(answer) for answer in ("1", " 2. ", "(3)")] == list(choices)


@pytest.mark.parametrize("answer", ["0", "4", "12", "1 2", "ett", "", "2 barn", "112", "²"])
def test_what_is_no_number_of_a_choice_chooses_nothing(wire: SmsWire, answer: str) -> None:
    choices = tuple(Choice(id=name, title=name) for name in "abc")
    sent = wire.of(Reply(blocks=(TextBlock(text="Hej."),), choices=choices), Variant.SMS)
    assert sent.chosen(answer) is None


def test_a_word_that_the_text_asks_for_is_not_offered_twice(wire: SmsWire) -> None:
    reply = Reply(
        blocks=(TextBlock(text="Stämmer det? Svara JA eller NEJ."),),
        choices=(Choice(id="ja", title="JA"), Choice(id="nej", title="NEJ")),
    )
    assert wire.of(reply, Variant.SMS).text == "Stämmer det? Svara JA eller NEJ."


def test_answers_to_a_question_are_words_and_never_numbers(wire: SmsWire) -> None:
    reply = Reply(
        blocks=(TextBlock(text="Finns det barn nära? Svara JA, NEJ eller HOPPA."),),
        choices=tuple(
            Choice(id=one, title=title)
            for one, title in (("ja", "JA"), ("hoppa_over", "HOPPA"), ("avbryt", "AVBRYT"))
        ),
    )
    sent = wire.of(reply, Variant.SMS)
    assert sent.text.endswith("HOPPA.\nDu kan också svara AVBRYT.")
    assert sent.chosen("1") is None


def test_contacts_stay_when_choices_and_notes_go_and_sources_never_come(wire: SmsWire) -> None:
    reply = Reply(
        blocks=(
            TextBlock(text="Ord om saken. " * 18),
            contact(),
            SourceBlock(title="Titel", publisher="Utgivare", year=2024),
        ),
        choices=tuple(Choice(id=name, title="Ett val som är långt " * 2) for name in "abcd"),
    )
    sent = wire.of(reply, Variant.SMS)
    assert "Socialtjänsten 031-365 00 00" in sent.text
    assert "Utgivare" not in sent.text
    assert len(sent.choices) < 4
    assert sent.contacts == ("Socialtjänsten",)


def test_a_single_choice_stands_on_its_line_and_outlasts_what_is_said_around(
    wire: SmsWire,
) -> None:
    reply = Reply(
        blocks=(
            TextBlock(text="Ord om saken. " * 15),
            contact(),
            TextBlock(text="Vill du prata med en människa? " * 3),
        ),
        choices=tuple(Choice(id=name, title="Prata med en samordnare") for name in "ab"),
    )
    sent = wire.of(reply, Variant.SMS)
    assert sent.text.endswith("\nSvara 1: Prata med en samordnare")
    assert "Vill du" not in sent.text


def test_the_offer_outlasts_hours_and_the_questions_that_one_could_ask_go_before_both(
    wire: SmsWire,
) -> None:
    offer = tuple(Choice(id=name, title=f"Att välja {name}") for name in "abc")
    question = Choice(id="d", title="Vad händer sedan?")
    closed = contact().model_copy(update={"open_now": False, "hours": "Öppnar i morgon 08.00"})

    def sent(words: int) -> SmsText:
        text = TextBlock(text="Ord om saken. " * words)
        return wire.of(Reply(blocks=(text, closed), choices=(*offer, question)), Variant.SMS)

    assert sent(1).choices == (*offer, question)
    assert sent(13).choices == offer
    assert "08.00" in sent(13).text
    assert sent(14).choices == offer
    assert "08.00" not in sent(14).text


def test_a_number_that_is_in_the_text_has_no_line_of_its_own(wire: SmsWire) -> None:
    reply = Reply(blocks=(TextBlock(text="Ring 112 nu."), contact("Nödnumret", "112")))
    assert wire.of(reply, Variant.SMS).text == "Ring 112 nu."


def test_of_a_long_summary_the_question_is_what_stays(wire: SmsWire) -> None:
    reply = Reply(
        blocks=(
            TextBlock(text="Så här skriver jag:"),
            TextBlock(text="Iakttagelse: " + "mycket långt " * 60, quoted=True),
            TextBlock(text="Stämmer det? Svara JA, eller skriv vad jag ska ändra."),
        )
    )
    sent = wire.of(reply, Variant.SMS)
    assert sent.text.startswith("Så här skriver jag:")
    assert sent.text.endswith("skriv vad jag ska ändra.")
    assert "..." in sent.text
    assert segments(sent.text).count == 2


def test_good_typography_becomes_gsm(wire: SmsWire) -> None:
    sent = wire.of(Reply(blocks=(TextBlock(text="Säg ”hej” – eller\u00a0vänta…"),)), Variant.SMS)
    assert sent.text == 'Säg "hej" - eller vänta...'


def test_a_coordinator_s_words_are_marked_and_never_cut(wire: SmsWire) -> None:
    words = "En mening till. " * 60
    sent = wire.of(
        Reply(blocks=(TextBlock(text=words.strip()),)), Variant.SMS, author=Author.COORDINATOR
    )
    assert sent.text == f"Samordnaren: {words.strip()}"


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=700)
blocks = st.lists(
    st.builds(TextBlock, text=texts, urgent=st.booleans(), quoted=st.booleans())
    | st.builds(contact, name=st.text("Abcå ", min_size=1, max_size=30)),
    max_size=5,
)


@given(blocks=blocks, titles=st.lists(texts, max_size=4), acute=st.booleans())
def test_whatever_is_said_fits(
    wire: SmsWire, blocks: list[TextBlock | ContactBlock], titles: list[str], acute: bool
) -> None:
    choices = tuple(Choice(id=str(n), title=title) for n, title in enumerate(titles))
    sent = wire.of(Reply(blocks=tuple(blocks), choices=choices), Variant.SMS, acute=acute)
    assert segments(sent.text).count <= (1 if acute else 2)
