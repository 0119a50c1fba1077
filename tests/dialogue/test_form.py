"""The intake form, through the real Rasa and the real action server."""

from __future__ import annotations

from typing import Any

from tests.dialogue.conftest import Caller, RasaSide

ACCOUNT = "Han delar bilder på vapen varje kväll och säger att kriget kommer snart"
Directives = list[dict[str, Any]]


def question(directives: Directives) -> tuple[str, str, str]:
    """The question asked: its phrase, its number and how many there are."""
    last = directives[-1]
    return last["phrase"], last["values"]["nummer"], last["values"]["antal"]


async def to_summary(caller: Caller) -> Directives:
    await caller.presses("prata_med_manniska")
    for text in (ACCOUNT, "jag är hans mamma", "femton år", "Angered", "ring på kvällen"):
        await caller.says(text)
    return await caller.presses("ja")


NOTHING_SENT = {"phrase": "formular_avbrutet", "choices": ["radera_uppgifter"]}
SENT = {
    "iakttagelse": ACCOUNT,
    "relation": "förälder",
    "aldersband": "<18",
    "kommun": "goteborg",
    "aterkontakt": "ring på kvällen",
    "samtycke": True,
}


async def test_the_form_is_asked_for_in_words_or_with_a_button(rasa_side: RasaSide) -> None:
    for start in (Caller(rasa_side).presses("prata_med_manniska"),
                  Caller(rasa_side).says("Jag vill prata med en människa.")):  # fmt: skip
        assert question(await start) == ("fraga_iakttagelse", "1", "6")


async def test_six_questions_then_a_summary_then_one_handover(caller: Caller) -> None:
    said = (ACCOUNT, "jag är hans mamma", "femton år", "Angered", "ring på kvällen")
    asked = [await caller.presses("prata_med_manniska")] + [await caller.says(one) for one in said]
    assert [question(one) for one in asked] == [
        ("fraga_iakttagelse", "1", "6"),
        ("fraga_relation", "2", "6"),
        ("fraga_alder", "3", "6"),
        ("fraga_kommun", "4", "6"),
        ("fraga_aterkontakt", "5", "6"),
        ("fraga_samtycke", "6", "6"),
    ]
    assert asked[0][-1]["choices"] == ["hoppa_over", "avbryt"]
    assert asked[-1][-1]["choices"] == ["ja", "nej"]
    assert await caller.presses("ja") == [{"summary": SENT}]
    assert caller.last["in_form"] is True
    assert await caller.says("ja") == [{"handover": SENT}]
    assert caller.last["in_form"] is False


async def test_a_second_yes_hands_nothing_over_and_starts_nothing(caller: Caller) -> None:
    caller.slots = {"bradska": "oro"}
    await to_summary(caller)
    await caller.says("ja")
    assert await caller.presses("ja") == [{"phrase": "okej"}]
    assert caller.last["in_form"] is False


async def test_after_the_handover_only_the_person_is_remembered(caller: Caller) -> None:
    await to_summary(caller)
    await caller.says("ja")
    assert caller.state is not None
    assert caller.state["slots"] == {
        "relation": "förälder",
        "aldersband": "<18",
        "kommun": "goteborg",
        "overlamnat": True,
    }


async def test_a_no_at_the_summary_asks_what_is_wrong_and_keeps_what_was_told(
    caller: Caller,
) -> None:
    await to_summary(caller)
    assert await caller.says("nej") == [{"phrase": "vad_ska_andras", "choices": ["avbryt"]}]
    assert await caller.says("han är 19") == [{"summary": {**SENT, "aldersband": "18-20"}}]


async def test_stopping_at_the_summary_sends_nothing(caller: Caller) -> None:
    await to_summary(caller)
    assert await caller.says("avbryt") == [NOTHING_SENT]
    assert caller.last["in_form"] is False
    assert caller.state is not None
    assert "iakttagelse" not in caller.state["slots"]
    assert await caller.presses("ja") == [{"phrase": "okej"}]


async def test_every_question_can_be_skipped(caller: Caller) -> None:
    directives = await caller.presses("prata_med_manniska")
    for _ in range(6):
        directives = await caller.presses("hoppa_over")
        assert directives[0] == {"phrase": "tack_skippat"}
    assert directives[-1] == {"summary": {}}


async def test_a_question_in_the_middle_is_answered_and_the_same_question_comes_again(
    caller: Caller,
) -> None:
    await caller.presses("prata_med_manniska")
    await caller.says(ACCOUNT)
    for interruption in (
        await caller.presses("sekretess"),
        await caller.says("Vilka tider har ni öppet?"),
    ):
        assert len(interruption) == 2
        assert "answer" in interruption[0]
        assert question(interruption) == ("fraga_relation", "2", "6")
    assert question(await caller.says("mamma")) == ("fraga_alder", "3", "6")


async def test_an_account_with_a_topics_word_in_it_is_the_answer(caller: Caller) -> None:
    await caller.presses("prata_med_manniska")
    directives = await caller.says("Han läser om den autonoma miljön och träffar dem på helgerna")
    assert question(directives) == ("fraga_relation", "2", "6")


async def test_another_language_can_be_chosen_in_the_middle(caller: Caller) -> None:
    await caller.presses("prata_med_manniska")
    directives = await caller.presses("lattlast")
    assert directives[0] == {"phrase": "sprak_lattlast"}
    assert question(directives) == ("fraga_iakttagelse", "1", "6")


async def test_corrections_set_the_right_slot_and_the_form_goes_on(caller: Caller) -> None:
    await caller.presses("prata_med_manniska")
    for text in (ACCOUNT, "syster", "tjugofem", "Göteborg"):
        await caller.says(text)
    for correction in ("nej hon är 16", "jag menade Malmö"):
        assert question(await caller.says(correction)) == ("fraga_aterkontakt", "5", "6")
    assert caller.state is not None
    assert caller.state["slots"]["aldersband"] == "<18"
    assert caller.state["slots"]["kommun"] == "malmo"


async def test_the_summary_can_be_corrected(caller: Caller) -> None:
    await to_summary(caller)
    assert await caller.says("nej han är 19") == [{"summary": {**SENT, "aldersband": "18-20"}}]
    assert await caller.presses("ratta") == [{"summary": {**SENT, "aldersband": "18-20"}}]
    assert await caller.presses("ja") == [{"handover": {**SENT, "aldersband": "18-20"}}]


async def test_when_it_is_urgent_two_questions_are_asked(caller: Caller) -> None:
    caller.slots = {"bradska": "hog"}
    assert question(await caller.presses("prata_med_manniska")) == ("fraga_iakttagelse", "1", "2")
    assert question(await caller.says(ACCOUNT)) == ("fraga_aterkontakt", "2", "2")
    summary = await caller.says("ring mig när som helst")
    assert list(summary[-1]) == ["summary"]


async def test_who_wants_to_be_called_is_asked_for_a_number(caller: Caller) -> None:
    caller.slots = {"bradska": "hog"}
    await caller.turn_meaning("Ring upp mig", "prata_med_manniska")
    asked = await caller.says(ACCOUNT)
    assert question(asked) == ("fraga_nummer", "2", "2")
    assert asked[-1]["choices"] == ["hoppa_over", "avbryt"]
    [summary] = await caller.says("070-174 06 05 efter fem")
    assert summary["summary"]["onskad_hjalp"] == "Ring upp mig"


async def test_nobody_is_asked_what_the_service_has_read_already(caller: Caller) -> None:
    caller.slots = {"relation": "förälder", "alder": "15", "kommun": "malmo", "berattar": "ja"}
    await caller.says(account := "Min son på 15 har börjat umgås med nya vänner, vi bor i Malmö")
    caller.slots = {}
    asked = [await caller.presses("prata_med_manniska")]
    asked += [await caller.presses("hoppa_over") for _ in range(5)]
    phrases = {question(one)[0] for one in asked}
    assert not phrases & {"fraga_relation", "fraga_alder", "fraga_kommun"}
    summary = await caller.presses("hoppa_over")
    known = {"relation": "förälder", "aldersband": "<18", "kommun": "malmo"}
    assert summary[-1] == {"summary": {"iakttagelse": account, **known}}


async def test_what_the_service_tells_never_replaces_what_the_caller_answered(
    caller: Caller,
) -> None:
    await caller.presses("prata_med_manniska")
    for text in (ACCOUNT, "mamma", "femton", "Malmö"):
        await caller.says(text)
    caller.slots = {"kommun": "goteborg", "relation": "vän"}
    await caller.says("ring mig gärna på jobbet")
    assert caller.state is not None
    assert caller.state["slots"]["kommun"] == "malmo"
    assert caller.state["slots"]["relation"] == "förälder"


async def test_a_yes_to_the_offer_of_a_human_starts_the_form(caller: Caller) -> None:
    caller.slots = {"bradska": "oro"}
    await caller.presses("oro_narstaende")
    assert question(await caller.presses("ja")) == ("fraga_iakttagelse", "1", "6")


async def test_what_is_told_in_worry_is_kept_whatever_topic_it_was_taken_for(
    caller: Caller,
) -> None:
    caller.slots = {"bradska": "oro", "berattar": "ja"}
    for unlikely in (ACCOUNT, "ჟჟჟ ჟჟ ჟჟჟ ჟჟ ჟჟჟჟ ჟჟ ჟჟჟ ჟ ჟჟ ჟჟჟ"):
        await caller.says(unlikely)
    assert caller.state is not None
    assert caller.state["slots"]["iakttagelse"].startswith(ACCOUNT)
    assert "ჟჟჟ" in caller.state["slots"]["iakttagelse"]


async def test_a_correction_after_sending_says_what_is_right(caller: Caller) -> None:
    await to_summary(caller)
    await caller.says("ja")
    right = await caller.turn_meaning("nej, han är 19 och bor i Malmö", "ratta")
    assert right == [{"correction": {"aldersband": "18-20", "kommun": "malmo"}}]
    assert await caller.turn_meaning("jag menade inte så", "ratta") == [{"phrase": "okej"}]


async def test_starting_over_forgets_and_asks_from_the_beginning(caller: Caller) -> None:
    await caller.presses("prata_med_manniska")
    await caller.says(ACCOUNT)
    assert question(await caller.says("börja om")) == ("fraga_iakttagelse", "1", "6")
    assert await caller.says("avbryt") == [NOTHING_SENT]
    assert await caller.presses("borja_om") == [{"phrase": "halsning"}]


async def test_a_turn_that_was_set_aside_for_danger_leaves_the_form_where_it_was(
    caller: Caller,
) -> None:
    await caller.presses("prata_med_manniska")
    await caller.says(ACCOUNT)
    before = caller.state
    await caller.says("han har en kniv")
    # The service answered with 112 and kept the old state.
    caller.state, caller.slots = before, {"bradska": "akut"}
    assert list((await caller.says("mamma"))[-1]) == ["summary"]
