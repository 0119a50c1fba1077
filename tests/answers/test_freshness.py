from datetime import date

from services.answers.freshness import Ask, contacts_to_confirm, stale_answers
from services.answers.knowledge import Knowledge
from services.vocabulary import ContactId, MunicipalityId

SOON, LATER = date(2026, 11, 22), date(2030, 1, 1)


def test_nothing_is_stale_before_its_review_date(knowledge: Knowledge) -> None:
    assert stale_answers(knowledge, SOON) == ()


def test_everything_is_stale_in_the_end_the_oldest_first(knowledge: Knowledge) -> None:
    stale = stale_answers(knowledge, LATER)
    assert {answer.id for answer in stale} == set(knowledge.answers)
    assert [one.review_by for one in stale] == sorted(one.review_by for one in stale)


def test_the_day_of_review_is_not_past(knowledge: Knowledge) -> None:
    answer = next(iter(knowledge.answers.values()))
    stale = {one.id for one in stale_answers(knowledge, answer.review_by)}
    assert answer.id not in stale


def test_the_call_list_tells_whom_to_call_and_what_to_ask(knowledge: Knowledge) -> None:
    calls = {
        (call.municipality, call.contact): call for call in contacts_to_confirm(knowledge, SOON)
    }
    concern = calls[None, ContactId("orostelefon")]
    assert concern.number == "020-100 200"
    assert concern.asks == (Ask.RUNNING, Ask.EVERYTHING)
    assert calls[MunicipalityId("malmo"), ContactId("socialtjanst")].asks == (
        Ask.RUNNING,
        Ask.NUMBER,
        Ask.HOURS,
        Ask.EVERYTHING,
    )
    assert (None, ContactId("112")) not in calls
    assert concern.confirmed_words == "2024-07-08"
    assert calls[None, ContactId("exit")].confirmed_words == "2020"


def test_every_confirmation_runs_out(knowledge: Knowledge) -> None:
    to_call = {(call.municipality, call.contact) for call in contacts_to_confirm(knowledge, LATER)}
    every = {(place, one.id) for place, one in knowledge.all_contacts() if not one.generic}
    assert to_call == every
    assert ("annan", "socialtjanst") not in to_call, "each caller has their own"
