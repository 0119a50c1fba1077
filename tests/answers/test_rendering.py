import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from services.answers.gate import outgoing_texts
from services.answers.knowledge import Knowledge
from services.answers.rendering import Renderer
from services.answers.reply import Block, ContactBlock, Reply, SourceBlock, TextBlock
from services.vocabulary import Channel, ContactId, PhraseId, Setting, TopicId, Variant

type MakeSetting = Callable[..., Setting]

TOLERANS = TopicId("toleransprojektet")
SWEDISH = re.compile(r"\b(?:är|inte|att|ring|du|det|eller|och (?!civil))\b", re.IGNORECASE)
FIGURE = re.compile(r"\{[^{}]+\}|\d+(?:[ ,]\d{3}\b)*")


def first_text(blocks: tuple[object, ...]) -> TextBlock:
    block = blocks[0]
    assert isinstance(block, TextBlock)
    return block


def without_sources(reply: Reply) -> tuple[Block, ...]:
    return tuple(block for block in reply.blocks if not isinstance(block, SourceBlock))


def figures(text: str) -> set[str]:
    """Years, counts and placeholders, however thousands are parted."""
    return {re.sub(r"(?<=\d)[ ,](?=\d)", "", one) for one in FIGURE.findall(text)}


def test_an_answer_has_text_contacts_sources_and_what_to_ask_next(
    knowledge: Knowledge, renderer: Renderer, setting: MakeSetting
) -> None:
    reply = renderer.answer(TopicId("vit_makt"), setting())
    answer = knowledge.answers[TopicId("vit_makt")]
    kinds = [block.kind for block in reply.blocks]
    assert kinds == sorted(kinds, key=["text", "contact", "source"].index)
    assert first_text(reply.blocks).text == answer.texts.web
    assert [choice.id for choice in reply.choices] == list(answer.follow_ups)
    assert reply.choices[0].title == knowledge.answers[answer.follow_ups[0]].question
    assert all(block.year > 2000 for block in reply.blocks if isinstance(block, SourceBlock))


@pytest.mark.parametrize(
    ("variant", "channel", "key"),
    [
        (Variant.WEB, Channel.WEB, "web"),
        (Variant.SMS, Channel.SMS, "sms"),
        (Variant.VOICE, Channel.VOICE, "voice"),
        (Variant.LATTLAST, Channel.SMS, "easy"),
        (Variant.ENGLISH, Channel.WEB, "english"),
        (Variant.ENGLISH, Channel.SMS, "english_short"),
        (Variant.ENGLISH, Channel.VOICE, "english_short"),
    ],
)
def test_an_answer_comes_in_the_callers_variant(
    knowledge: Knowledge,
    renderer: Renderer,
    setting: MakeSetting,
    variant: Variant,
    channel: Channel,
    key: str,
) -> None:
    text = getattr(knowledge.answers[TOLERANS].texts, key)
    reply = renderer.answer(TOLERANS, setting(variant=variant, channel=channel))
    assert first_text(reply.blocks).text == text


@pytest.mark.parametrize("channel", Channel)
def test_who_reads_english_gets_no_swedish_but_names_and_sources(
    knowledge: Knowledge, renderer: Renderer, setting: MakeSetting, channel: Channel
) -> None:
    for municipality in knowledge.municipalities:
        here = setting(municipality, Variant.ENGLISH, channel, "2026-11-21 22:00")
        for topic in knowledge.answers:
            reply = renderer.answer(topic, here)
            said = outgoing_texts(Reply(blocks=without_sources(reply), choices=reply.choices))
            assert not SWEDISH.search(" ".join(said)), topic


def test_the_english_forms_tell_the_same_figures_and_contacts_as_the_swedish(
    knowledge: Knowledge,
) -> None:
    for topic, answer in knowledge.answers.items():
        texts = answer.texts
        assert figures(texts.english) == figures(texts.web), topic
        assert figures(texts.english_short) == figures(texts.sms), topic
    for _, contact in knowledge.all_contacts():
        assert figures(contact.english.note or "") == figures(contact.note or ""), contact.id


@pytest.mark.parametrize(
    ("variant", "channel", "number"),
    [
        (Variant.WEB, Channel.WEB, "112"),
        (Variant.SMS, Channel.SMS, "112"),
        (Variant.VOICE, Channel.VOICE, "ett ett två"),
        (Variant.LATTLAST, Channel.VOICE, "ett ett två"),
        (Variant.ENGLISH, Channel.VOICE, "one one two"),
    ],
)
def test_numbers_are_said_in_words_when_they_are_heard(
    renderer: Renderer, setting: MakeSetting, variant: Variant, channel: Channel, number: str
) -> None:
    reply = renderer.phrase(PhraseId("akut"), setting(variant=variant, channel=channel))
    assert number in first_text(reply.blocks).text


def test_a_placeholder_is_the_municipalitys_own_number_or_how_to_find_it(
    renderer: Renderer, setting: MakeSetting
) -> None:
    fallback = PhraseId("reserv")
    in_goteborg = first_text(renderer.phrase(fallback, setting("goteborg")).blocks).text
    in_malmo = first_text(renderer.phrase(fallback, setting("malmo")).blocks).text
    assert "031-365 00 00" in in_goteborg
    assert "031" not in in_malmo
    assert "Malmö stads växel" in in_malmo


def test_an_answer_about_malmo_shows_malmos_contacts_to_everyone(
    renderer: Renderer, setting: MakeSetting
) -> None:
    reply = renderer.answer(TopicId("malmo_stod"), setting("goteborg"))
    assert ContactId("malmo_stodtelefon") in reply.contacts


def test_an_answer_past_its_review_says_how_old_its_facts_are(
    renderer: Renderer, setting: MakeSetting
) -> None:
    fresh = renderer.answer(TOLERANS, setting(at="2027-05-21 10:00"))
    stale = renderer.answer(TOLERANS, setting(at="2028-05-22 10:00"))
    assert not any(text.startswith("Uppgiften är från") for text in fresh.as_texts())
    assert "Uppgiften är från 2017." in stale.as_texts()


def test_values_and_choices_come_with_a_phrase(renderer: Renderer, setting: MakeSetting) -> None:
    reply = renderer.phrase(
        PhraseId("framsteg"),
        setting(),
        values={"nummer": "2", "antal": "9"},
        choices=("hoppa_over", "prata_med_manniska"),
        urgent=True,
    )
    assert first_text(reply.blocks) == TextBlock(text="Fråga 2 av 9.", urgent=True)
    assert [choice.title for choice in reply.choices] == ["Hoppa över", "Prata med en samordnare"]


def test_no_more_than_four_choices_are_offered(
    knowledge: Knowledge, renderer: Renderer, setting: MakeSetting
) -> None:
    choices = list(knowledge.buttons)
    assert len(choices) > 4
    assert len(renderer.phrase(PhraseId("hej"), setting(), choices=choices).choices) <= 4


def test_a_choice_is_titled_by_its_button_or_its_topic_and_else_is_nobodys(
    knowledge: Knowledge, renderer: Renderer, setting: MakeSetting
) -> None:
    here = setting()
    assert renderer.choice_title("ja", here) == "Ja"
    assert renderer.choice_title("ja", setting(variant=Variant.ENGLISH)) == "Yes"
    assert renderer.choice_title(TOLERANS, here) == knowledge.answers[TOLERANS].question
    in_english = renderer.choice_title(TOLERANS, setting(variant=Variant.ENGLISH))
    assert in_english == "What is Toleransprojektet (the Tolerance Project)?"
    assert renderer.choice_title("akut", here) is None
    assert renderer.choice_title("<script>", here) is None


@pytest.mark.parametrize("what", ["answer", "phrase", "value"])
def test_what_the_knowledge_lacks_becomes_the_safe_reply_and_a_defect(
    renderer: Renderer, setting: MakeSetting, what: str
) -> None:
    with capture_logs() as logs:
        match what:
            case "answer":
                reply = renderer.answer(TopicId("finns_ej"), setting())
            case "phrase":
                reply = renderer.phrase(PhraseId("finns_ej"), setting())
            case _:
                reply = renderer.phrase(PhraseId("arende_skickat"), setting())
    assert reply == renderer.safe_reply(setting())
    assert reply.contacts[0] == ContactId("112")
    assert [log["log_level"] for log in logs] == ["error"]


def test_the_summary_reads_back_the_callers_words_with_labels(
    renderer: Renderer, setting: MakeSetting
) -> None:
    slots: dict[str, str | int | bool | list[str] | None] = {
        "iakttagelse": "hakkors på väggen",
        "relation": "mamma",
        "aldersband": "<18",
        "kommun": "malmo",
        "barn_i_narheten": True,
        "tagna_kontakter": ["skolan", "polisen"],
        "varfor_nu": None,
        "nar": "",
        "kanal": "web",
        "samtycke": True,
    }
    reply = renderer.summary(slots, setting())
    intro, words, question = reply.blocks
    assert isinstance(words, TextBlock)
    assert words.quoted
    assert words.text.splitlines() == [
        "Din relation till personen: mamma",
        "Personens ålder, ungefär: under 18 år",
        "Kommun: Malmö",
        "Det du har sett eller hört: hakkors på väggen",
        "Barn i närheten: Ja",
        "Kontakter du redan har tagit: skolan, polisen",
    ]
    assert not any(isinstance(one, TextBlock) and one.quoted for one in (intro, question))
    assert [choice.id for choice in reply.choices] == ["ja", "nej"]


def test_an_empty_summary_still_asks(renderer: Renderer, setting: MakeSetting) -> None:
    reply = renderer.summary({}, setting())
    assert len(reply.blocks) == 2
    assert [choice.id for choice in reply.choices] == ["ja", "nej"]


def test_the_contacts_shown_are_cards_and_numbers_in_the_words(
    renderer: Renderer, setting: MakeSetting
) -> None:
    spoken = setting(variant=Variant.VOICE, channel=Channel.VOICE)
    for here in (setting(), spoken):
        reply = renderer.phrase(PhraseId("akut_sjalvmord"), here)
        reply = reply.followed_by(renderer.contacts([ContactId("bris")], here))
        assert renderer.contacts_shown(reply) == ("112", "sjalvmordslinjen", "bris")


def test_an_sms_has_the_text_and_then_each_contact_on_a_line(
    knowledge: Knowledge, renderer: Renderer, setting: MakeSetting
) -> None:
    here = setting(variant=Variant.SMS, channel=Channel.SMS)
    sms = renderer.answer(TopicId("vit_makt"), here).as_sms_text()
    text = knowledge.answers[TopicId("vit_makt")].texts.sms
    assert sms == f"{text}\nSocialtjänsten 031-365 00 00"


def test_speech_has_no_phone_number_in_digits(
    knowledge: Knowledge, renderer: Renderer, setting: MakeSetting
) -> None:
    here = setting(variant=Variant.VOICE, channel=Channel.VOICE)
    numbers = [contact.number for _, contact in knowledge.all_contacts() if contact.number]
    for topic in knowledge.answers:
        reply = renderer.answer(topic, here)
        for number in numbers:
            # Names may hold one, such as "1177, råd om vård".
            names = "".join(b.name for b in reply.blocks if isinstance(b, ContactBlock))
            if number not in names:
                assert not re.search(rf"(?<!\d){re.escape(number)}(?!\d)", reply.as_speech())


def test_rendering_and_checking_costs_less_than_a_millisecond(
    knowledge: Knowledge, renderer: Renderer
) -> None:
    here = Setting(
        Variant.WEB, Channel.WEB, next(iter(knowledge.municipalities)), datetime.now(UTC)
    )
    took = []
    for topic in [*knowledge.answers] * 3:
        start = time.perf_counter()
        renderer.checked(renderer.answer(topic, here), here)
        took.append(time.perf_counter() - start)
    assert sorted(took)[len(took) // 2] < 0.001
