"""The intake form: what a message does to it, and which questions it asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.intake import Confirmation, Ended, Heard, Intake, Reader, begin, hear
from actions.plan import MOST_QUESTIONS, Question, Track, questions_left
from actions.relation import Relations
from services.reading.place import Places

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"
READER = Reader(
    Places.load(KNOWLEDGE / "municipalities"), Relations.load(KNOWLEDGE / "facts.yml"), year=2026
)


def says(text: str, intent: str = "uppgift", confidence: float = 0.6) -> Heard:
    return Heard(text, intent, confidence)


def presses(intent: str) -> Heard:
    return Heard(intent, intent, 1.0)


def started(*, urgent: bool = False, **known: str) -> Intake:
    return begin(known, presses("prata_med_manniska"), READER, urgent=urgent)


def through(intake: Intake, *messages: Heard) -> Intake:
    for message in messages:
        intake = hear(intake, message, READER)
    return intake


def at(question: Question, **known: str) -> Intake:
    """A form that waits for the answer to one question."""
    return Intake(answers=known, asked=(question,), step=question)


ACCOUNT = says("Han delar bilder med vapen och pratar om ett krig som ska komma", "propaganda")


def test_the_most_useful_question_comes_first_and_six_are_asked() -> None:
    form = started()
    assert form.step is Question.OBSERVATION
    assert len(form.asked) + len(form.left) == MOST_QUESTIONS


def test_every_question_can_be_skipped_and_the_summary_comes_at_the_end() -> None:
    form = through(started(), *[presses("hoppa_over")] * 6)
    assert form.step is Confirmation.SUMMARY
    assert form.answers == {}
    assert form.says == ("tack_skippat",)


def test_a_whole_form_is_filled_in_order() -> None:
    form = through(
        started(),
        ACCOUNT,
        says("jag är hans mamma"),
        says("femton"),
        says("Hammarkullen"),
        says("ring efter klockan fem"),
        says("ja", "ja"),
    )
    assert form.step is Confirmation.SUMMARY
    assert form.answers == {
        "iakttagelse": ACCOUNT.text,
        "relation": "förälder",
        "aldersband": "<18",
        "kommun": "goteborg",
        "aterkontakt": "ring efter klockan fem",
        "samtycke": True,
    }
    assert hear(form, presses("ja"), READER).ended is Ended.CONFIRMED


def test_nobody_is_asked_what_they_already_said() -> None:
    form = started(relation="förälder", aldersband="<18", kommun="malmo")
    questions = (*form.asked, *form.left)
    assert not {Question.RELATION, Question.AGE, Question.MUNICIPALITY} & set(questions)
    assert len(questions) == MOST_QUESTIONS
    assert questions[-1] is Question.CONSENT


def test_the_message_that_starts_the_form_fills_what_it_says() -> None:
    opening = says("Jag vill prata med en människa om min son, han är 15 år", "prata_med_manniska")
    form = begin({}, opening, READER, urgent=False)
    assert form.answers == {"relation": "förälder", "aldersband": "<18"}


@pytest.mark.parametrize("opening", [says("ring mig efter fem"), Heard("Ring upp mig", "x", 1.0)])
def test_who_wants_to_be_called_back_has_said_which_help_they_want(opening: Heard) -> None:
    form = begin({}, opening, READER, urgent=False)
    assert form.answers == {"onskad_hjalp": opening.text}
    assert Question.CALLBACK in form.left


def test_a_wish_to_be_called_among_the_questions_is_noted_and_no_account() -> None:
    form = hear(started(), says("kan ni inte bara ringa mig"), READER)
    assert form.answers == {"onskad_hjalp": "kan ni inte bara ringa mig"}
    assert form.step is Question.OBSERVATION
    assert form.says == ("uppringning_noterad",)


def test_ring_me_is_the_answer_to_how_one_can_be_reached() -> None:
    form = hear(at(Question.CALLBACK), says("ring mig"), READER)
    assert form.answers == {"aterkontakt": "ring mig"}


def test_in_the_chat_who_wants_a_call_and_gives_no_number_is_asked_for_it_once() -> None:
    form = replace(at(Question.CALLBACK), has_number=False)
    asked = hear(form, says("ring mig efter 17"), READER)
    assert asked.step is Question.CALLBACK
    assert asked.answers == {"aterkontakt": "ring mig efter 17"}
    told = hear(asked, says("070-174 06 05"), READER)
    assert told.answers == {"aterkontakt": "ring mig efter 17, 070-174 06 05"}
    assert told.step is not Question.CALLBACK
    kept = hear(asked, presses("hoppa_over"), READER)
    assert kept.answers == {"aterkontakt": "ring mig efter 17"}
    assert kept.step is not Question.CALLBACK


def test_a_number_given_too_early_is_kept_and_the_question_comes_again() -> None:
    form = hear(at(Question.MUNICIPALITY), says("070-174 06 05 efter 17"), READER)
    assert form.answers == {"aterkontakt": "070-174 06 05 efter 17"}
    assert form.step is Question.MUNICIPALITY


@pytest.mark.parametrize("way", ["här i chatten", "ring 070-174 06 05 efter 17", "mejl går bra"])
def test_in_the_chat_a_whole_way_back_is_taken_as_it_is(way: str) -> None:
    form = hear(replace(at(Question.CALLBACK), has_number=False), says(way), READER)
    assert form.answers == {"aterkontakt": way}
    assert form.step is not Question.CALLBACK


def test_when_it_is_urgent_only_the_account_and_a_way_back_are_asked() -> None:
    form = started(urgent=True)
    assert (*form.asked, *form.left) == (Question.OBSERVATION, Question.CALLBACK)


def test_when_it_becomes_urgent_later_no_further_question_is_asked_than_two() -> None:
    form = through(started(), ACCOUNT, says("mamma"))
    urgent = Intake(form.answers, form.asked, form.step, track=Track.URGENT)
    assert hear(urgent, says("femton"), READER).step is Confirmation.SUMMARY


def test_an_account_fills_what_it_tells_besides() -> None:
    account = says(
        "Min lillebror är 17 år och bor i Malmö. Han har börjat träna med dem.", "tecken"
    )
    form = hear(started(), account, READER)
    assert form.answers["iakttagelse"] == account.text
    assert form.answers["relation"] == "syskon"
    assert form.answers["aldersband"] == "<18"
    assert form.answers["kommun"] == "malmo"


def test_an_answer_out_of_order_fills_its_slot_and_the_question_comes_again() -> None:
    form = hear(at(Question.RELATION), says("15 år"), READER)
    assert form.answers == {"aldersband": "<18"}
    assert form.step is Question.RELATION


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("nej hon är 16", "aldersband", "<18"),
        ("jag menade Malmö", "kommun", "malmo"),
        ("fel, det är min bror", "relation", "syskon"),
    ],
)
def test_a_correction_sets_the_right_slot_and_the_same_question_comes_again(
    text: str, slot: str, value: str
) -> None:
    known = {"aldersband": "21+", "kommun": "goteborg", "relation": "vän"}
    form = hear(at(Question.OBSERVATION, **known), says(text, "ratta"), READER)
    assert form.answers == {**known, slot: value}
    assert form.step is Question.OBSERVATION


def test_a_fact_that_is_known_is_not_overwritten_without_a_correction() -> None:
    account = says("Hans syster som är 25 år har sett honom vid torget i helgen", "tecken")
    form = hear(at(Question.OBSERVATION, aldersband="<18"), account, READER)
    assert form.answers["aldersband"] == "<18"


def test_a_real_question_is_another_matter() -> None:
    question = says("Vad händer med det jag skriver?", "vad_sparas", 0.3)
    assert hear(at(Question.OBSERVATION), question, READER).interrupted
    assert hear(at(Question.AGE), presses("sekretess"), READER).interrupted


def test_an_account_that_touches_a_topic_is_an_answer() -> None:
    account = says("Han pratar om vit makt hela tiden och har en tatuering", "vit_makt", 0.9)
    form = hear(at(Question.OBSERVATION), account, READER)
    assert not form.interrupted
    assert form.answers["iakttagelse"] == account.text


@pytest.mark.parametrize("question", [Question.AGE, Question.RELATION, Question.OBSERVATION])
def test_a_question_without_an_answer_is_neither_stored_nor_skips_anything(
    question: Question,
) -> None:
    form = hear(at(question), says("Vad kostar det?", "nlu_fallback", 0.15), READER)
    assert (form.answers, form.step) == ({}, question)
    assert form.says == ("forstod_inte",)


def test_an_account_that_sounds_like_a_stop_does_not_end_the_form() -> None:
    account = says("Han vill inte prata med mig längre", "avbryt", 0.8)
    form = hear(at(Question.OBSERVATION), account, READER)
    assert form.ended is None
    assert form.answers["iakttagelse"] == account.text


def test_a_long_reply_to_a_short_question_is_kept_as_an_account_too() -> None:
    told = says("jag är hans mamma och i går hittade jag en lista med namn i hans väska")
    form = hear(at(Question.RELATION), told, READER)
    assert form.answers == {"relation": "förälder", "iakttagelse": told.text, "nar": "i går"}


@pytest.mark.parametrize(
    ("question", "text", "slot", "value"),
    [
        (Question.MUNICIPALITY, "nej i Malmö", "kommun", "malmo"),
        (Question.AGE, "nej hon är 16", "aldersband", "<18"),
        (Question.RELATION, "nej jag är hans kusin", "relation", "släkting"),
        (Question.OBSERVATION, "Han vet inte att jag skriver", "iakttagelse", None),
    ],
)
def test_an_answer_that_begins_like_a_no_or_a_skip_is_an_answer(
    question: Question, text: str, slot: str, value: str | None
) -> None:
    form = hear(at(question), says(text), READER)
    assert form.answers[slot] == (value or text)


def test_another_language_is_another_matter() -> None:
    assert hear(at(Question.AGE), says("English please", "english", 0.7), READER).interrupted


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [("femton", "aldersband", "<18"), ("50", "aldersband", "21+"), ("Malmö", "kommun", "malmo")],
)
def test_an_age_or_a_place_is_not_taken_for_a_time(text: str, slot: str, value: str) -> None:
    form = hear(at(Question.WHEN), says(text), READER)
    assert form.answers == {slot: value}
    assert form.step is Question.WHEN


@pytest.mark.parametrize("text", ["klockan 15", "2015", "i maj 2025", "i går", "den 15/3", "ofta"])
def test_a_time_is_not_taken_for_an_age(text: str) -> None:
    form = hear(at(Question.WHEN), says(text), READER)
    assert form.answers == {"nar": text}


def test_doubt_with_an_answer_in_it_is_an_answer() -> None:
    form = hear(at(Question.AGE), says("vet inte, kanske 15", "hoppa_over"), READER)
    assert form.answers == {"aldersband": "<18"}


def test_an_age_that_cannot_be_read_is_left_and_nobody_is_nagged() -> None:
    form = hear(at(Question.AGE), says("varken ung eller gammal"), READER)
    assert form.answers == {}
    assert form.step is not Question.AGE


def test_a_bare_yes_to_an_open_question_waits_for_the_account() -> None:
    form = hear(at(Question.OBSERVATION), says("ja", "ja"), READER)
    assert form.step is Question.OBSERVATION
    assert form.answers == {}


def test_a_no_to_whether_there_are_children_is_an_answer() -> None:
    form = hear(at(Question.CHILDREN), says("nej", "nej"), READER)
    assert form.answers == {"barn_i_narheten": "nej"}


def test_no_consent_ends_the_form() -> None:
    assert hear(at(Question.CONSENT), says("nej", "nej"), READER).ended is Ended.STOPPED


def test_consent_is_never_guessed() -> None:
    unclear = says("tja det är väl som det är med det", "ja", 0.9)
    form = hear(at(Question.CONSENT), unclear, READER)
    assert form.step is Question.CONSENT
    assert "samtycke" not in form.answers
    assert form.says == ("forstod_inte",)


@pytest.mark.parametrize("question", list(Question))
def test_stop_ends_the_form_at_every_question(question: Question) -> None:
    for stop in (says("avbryt", "avbryt"), presses("avbryt"), says("sluta fråga")):
        assert hear(at(question), stop, READER).ended is Ended.STOPPED


def test_starting_over_forgets_the_answers() -> None:
    form = through(started(), ACCOUNT, says("mamma"), says("kan vi börja om", "borja_om"))
    assert form.answers == {}
    assert form.step is Question.OBSERVATION


SUMMARY = Intake(
    answers={"iakttagelse": "Han har köpt en uniform.", "aldersband": "21+"},
    asked=(Question.OBSERVATION,),
    step=Confirmation.SUMMARY,
)


def test_the_summary_can_be_corrected_and_is_shown_again() -> None:
    form = hear(SUMMARY, says("nej hon är 16", "ratta"), READER)
    assert form.answers["aldersband"] == "<18"
    assert form.step is Confirmation.SUMMARY
    assert form.ended is None


def test_more_to_tell_at_the_summary_is_added_to_the_account() -> None:
    form = hear(SUMMARY, says("Han har också slutat gå till jobbet"), READER)
    assert form.answers["iakttagelse"] == (
        "Han har köpt en uniform.\nHan har också slutat gå till jobbet"
    )
    assert form.ended is None


@pytest.mark.parametrize(
    ("message", "ended"),
    [
        (says("ja", "ja"), Ended.CONFIRMED),
        (says("ja det stämmer", "ja"), Ended.CONFIRMED),
        (presses("ja"), Ended.CONFIRMED),
        (says("nej", "nej"), None),
        (presses("nej"), None),
        (says("avbryt", "avbryt"), Ended.STOPPED),
        (says("nej skicka inte", "nej"), Ended.STOPPED),
        (presses("ratta"), None),
        (says("ja men ändra åldern", "ja", 0.9), None),
        (says("hmm", "ja", 0.9), None),
    ],
)
def test_only_a_plain_yes_sends(message: Heard, ended: Ended | None) -> None:
    assert hear(SUMMARY, message, READER).ended is ended


@pytest.mark.parametrize("message", [says("nej"), says("nej det stämmer inte"), presses("nej")])
def test_who_says_that_the_summary_is_wrong_loses_nothing(message: Heard) -> None:
    form = hear(SUMMARY, message, READER)
    assert form.answers == SUMMARY.answers
    assert form.step is Confirmation.SUMMARY
    assert form.says == ("vad_ska_andras",)


def test_when_it_happened_can_be_corrected_at_the_summary() -> None:
    form = hear(SUMMARY, says("nej, det var i tisdags", "ratta"), READER)
    assert form.answers["nar"] == "i tisdags"
    assert form.answers["iakttagelse"] == SUMMARY.answers["iakttagelse"]


INTENTS = (
    "uppgift", "avbryt", "borja_om", "prata_med_manniska", "english", "lattlast", "hej", "tack",
    "fortsatt", "ja", "nej", "hoppa_over", "ratta", "oro_narstaende", "sekretess", "nlu_fallback",
)  # fmt: skip


@given(st.sampled_from(INTENTS), st.floats(0, 0.99))
@pytest.mark.parametrize(
    ("question", "text", "slot", "value"),
    [
        (Question.AGE, "femton", "aldersband", "<18"),
        (Question.AGE, "kanske 30", "aldersband", "21+"),
        (Question.RELATION, "mamma", "relation", "förälder"),
        (Question.RELATION, "en människa jag känner", "relation", "en människa jag känner"),
        (Question.MUNICIPALITY, "Malmö", "kommun", "malmo"),
        (Question.CHILDREN, "ja", "barn_i_narheten", "ja"),
        (Question.CHILDREN, "nej", "barn_i_narheten", "nej"),
        (Question.CONSENT, "ja", "samtycke", True),
        (Question.LANGUAGE, "arabiska", "sprak", "arabiska"),
        (Question.CALLBACK, "ring mig i kväll", "aterkontakt", "ring mig i kväll"),
        (Question.OBSERVATION, "han vill inte längre", "iakttagelse", "han vill inte längre"),
    ],
)
def test_a_bare_answer_is_read_whatever_the_classifier_took_it_for(
    question: Question, text: str, slot: str, value: object, intent: str, confidence: float
) -> None:
    form = hear(at(question), Heard(text, intent, confidence), READER)
    assert form.answers == {slot: value}
    assert form.ended is None


@given(st.sampled_from(INTENTS), st.floats(0, 0.99))
@pytest.mark.parametrize("question", list(Question))
def test_the_words_that_steer_are_read_whatever_the_classifier_took_them_for(
    question: Question, intent: str, confidence: float
) -> None:
    def said(text: str) -> Intake:
        return hear(at(question), Heard(text, intent, confidence), READER)

    assert said("avbryt").ended is Ended.STOPPED
    assert said("börja om").answers == {}
    assert said("hoppa över").step is not question
    assert said("English please").interrupted
    for beside in ("hej igen", "tack", "fortsätt", "prata med en människa"):
        assert (said(beside).answers, said(beside).step) == ({}, question)


questions = st.sampled_from(list(Question))


@given(st.sets(questions), st.lists(questions, unique=True, max_size=6), st.sampled_from(Track))
def test_nothing_is_asked_twice_and_never_more_than_six(
    answered: set[Question], asked: list[Question], track: Track
) -> None:
    left = questions_left(answered, asked, track=track)
    assert not set(left) & (answered | set(asked))
    assert len(left) + len(asked) <= max(2 if track is Track.URGENT else 6, len(asked))


@given(st.lists(st.text(max_size=60), max_size=30))
def test_any_messages_lead_to_an_end_or_a_question(texts: list[str]) -> None:
    form = started()
    for text in texts:
        form = hear(form, says(text, "nlu_fallback", 0.15), READER)
        assert form.step is not None
        assert len(form.asked) <= MOST_QUESTIONS
        if form.ended:
            break
