import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from services.answers.gate import Gate
from services.answers.knowledge import Knowledge
from services.answers.rendering import Renderer
from services.answers.reply import Choice, Reply, TextBlock
from services.vocabulary import Channel, ContactId, PhraseId, Setting, Variant

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def gate(knowledge: Knowledge) -> Gate:
    return Gate(contact for _, contact in knowledge.all_contacts())


FULL_WIDTH = str.maketrans("0123456789", "".join(chr(0xFF10 + digit) for digit in range(10)))
ARABIC = str.maketrans("0123456789", "".join(chr(0x0660 + digit) for digit in range(10)))
SEPARATORS = ["", " ", "-", ".", "/", "\u00a0", "\u2013", " - ", "\u2009", "_", "\u200b", "\n", "*"]


@st.composite
def phone_numbers(draw: st.DrawFn) -> str:
    """Swedish numbers as people, machines and people who hide them write them."""
    area = draw(st.sampled_from(["08", "010", "020", "031", "040", "046", "070", "073", "0523"]))
    rest = draw(st.from_regex(r"[0-9]{6,8}", fullmatch=True))
    separator = draw(st.sampled_from(SEPARATORS))
    digits = draw(
        st.sampled_from([area, f"+46{area[1:]}", f"+46 (0){area[1:]}", f"0046{area[1:]}"])
    )
    split = draw(st.sampled_from([(3, 5), (2, 4), (1, 2, 3, 4, 5, 6, 7), ()]))
    groups = [rest[i:j] for i, j in zip((0, *split), (*split, None), strict=True) if rest[i:j]]
    written = separator.join([digits, *groups])
    return written.translate(draw(st.sampled_from([{}, FULL_WIDTH, ARABIC])))


def digits_of(text: str) -> str:
    return re.sub(r"\D", "", "".join(str(int(c)) if c.isdecimal() else c for c in text))


@given(data=st.data(), number=phone_numbers())
def test_a_number_of_nobodys_is_refused_wherever_it_stands(
    knowledge: Knowledge, gate: Gate, data: st.DataObject, number: str
) -> None:
    known = {digits_of(contact.tel or "") for _, contact in knowledge.all_contacts()}
    assume(re.sub("^(0046|460|0)", "46", digits_of(number)) not in known)
    answer = data.draw(st.sampled_from(list(knowledge.answers.values())))
    text = data.draw(st.sampled_from([answer.texts.web, answer.texts.sms, answer.texts.voice, ""]))
    at = data.draw(st.integers(min_value=0, max_value=len(text)))
    assert gate.findings(text[:at] + number + text[at:])


@pytest.mark.parametrize(
    "text",
    [
        "Ring 070-123 45 67.",
        "0 7 0 1 2 3 4 5 6 7",
        "+46701234567",
        "(031) 365 00 01",
        "365 00 01",
        "Ring 911 nu",
        "Ring 116 117",
        "116117",
        "SMS:a 71120",
        "numret är 72 500",
        "+1 202 555 0100",
        "031-365 00 00 1",
        "020-100\n201",
        "0️⃣7️⃣0️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣",
        "exempel@exempel.se",
        "ORO@EXEMPEL.SE",
        "https://exempel.se/sida",
        "www.exempel.se",
        "gå till exempel.se.",
        "t.me/exempel.com",
        "tel:0701234567",
    ],
)
def test_numbers_and_addresses_of_nobodys_are_refused(gate: Gate, text: str) -> None:
    assert gate.findings(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ring 112 nu. 2017 fanns inget stöd.",
        "031-365 00 00",
        "031 365 00 00",
        "+46 31 365 00 00",
        "+46313650000",
        "0046 31-365 00 00",
        "114 14",
        "Bris 116 111, Självmordslinjen 90101, 1177",
        "orostelefonen@rb.se",
        "Skriv till orostelefonen@rb.se.",
    ],
)
def test_what_belongs_to_a_contact_may_leave(gate: Gate, text: str) -> None:
    assert gate.findings(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Omkring 6 000 utbildades 2016\u20132017, enligt uppföljningen 2018.",
        "Lagen (2023:196) och prop. 2024/25:65, lag 2001:454",
        "533 av 920 svarade; 17 procent, 21 procent",
        "2015, 2016 och 2018. 24 procent var kvinnor",
        "under 18, 18-20 eller 21 och äldre",
        "Öppet nu, till 18.00",
        "Öppnar måndag 28 december 12.00",
        "12.00\u201318.00 och 09:00-13:00",
        "den 21/11 2026, 2026-11-21",
        "Din referens är K7M-3XE",
        "Din referens är 346-799",
        "t.ex. syskon, bl.a. skolan, 20 till 25 organisationer, § 74",
        "Ring i dag. Numret bekräftades 2015.",
    ],
)
def test_years_ages_dates_laws_counts_hours_and_references_may_leave(gate: Gate, text: str) -> None:
    assert gate.findings(text) == ()


@given(st.from_regex(r"[ACEFHJKMNPRTUVWXY34679]{3}-[ACEFHJKMNPRTUVWXY34679]{3}", fullmatch=True))
@example("346-799")
@example("333-WWW")
def test_every_reference_may_leave(
    renderer: Renderer, setting: Callable[..., Setting], reference: str
) -> None:
    for variant in Variant:
        here = setting(variant=variant)
        reply = renderer.phrase(PhraseId("arende_skickat"), here, values={"referens": reference})
        assert renderer.checked(reply, here) is reply


def test_everything_the_knowledge_can_say_passes_the_gate(
    knowledge: Knowledge, renderer: Renderer
) -> None:
    values = dict.fromkeys(["referens", "nummer", "antal", "namn", "tid", "år"], "3")
    calendar = dict.fromkeys(["dag", "klockslag", "veckodag", "datum", "månad"], "3")
    every = [contact.id for _, contact in knowledge.all_contacts()]
    for variant, channel, municipality in product(Variant, Channel, knowledge.municipalities):
        here = Setting(variant, channel, municipality, NOON)
        replies = [renderer.answer(topic, here) for topic in knowledge.answers]
        replies += [
            renderer.phrase(phrase, here, values=values | calendar, choices=list(knowledge.buttons))
            for phrase in knowledge.phrases
        ]
        replies += [renderer.contacts(every, here), renderer.safe_reply(here)]
        for reply in replies:
            assert renderer.checked(reply, here) is reply
            assert not any("{" in text or "}" in text for text in reply.as_texts())


def test_a_refused_reply_becomes_the_safe_one_and_a_defect_without_content(
    renderer: Renderer, setting: Callable[..., Setting]
) -> None:
    bad = Reply(blocks=(TextBlock(text="Ring min kompis på 070-123 45 67"),))
    with capture_logs() as logs:
        safe = renderer.checked(bad, setting())
    assert safe.contacts[0] == ContactId("112")
    assert [log["event"] for log in logs] == ["reply_refused_at_gate"]
    assert "kompis" not in repr(logs)
    assert "070" not in repr(logs)


def test_a_refused_urgent_reply_still_leads_with_112(
    renderer: Renderer, setting: Callable[..., Setting]
) -> None:
    bad = Reply(blocks=(TextBlock(text="Ring 070-123 45 67 nu", urgent=True),))
    safe = renderer.checked(bad, setting())
    assert isinstance(safe.blocks[0], TextBlock)
    assert safe.blocks[0].urgent
    assert "112" in safe.blocks[0].text


def test_buttons_pass_the_gate_too(renderer: Renderer, setting: Callable[..., Setting]) -> None:
    bad = Reply(choices=(Choice(id="hej", title="Ring 070-123 45 67"),))
    assert renderer.checked(bad, setting()) != bad


def test_the_callers_own_words_are_not_the_gates_business(
    renderer: Renderer, setting: Callable[..., Setting]
) -> None:
    here = setting()
    summary = renderer.summary({"aterkontakt": "sms till 070-123 45 67"}, here)
    assert renderer.checked(summary, here) is summary
