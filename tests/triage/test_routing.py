"""The routing table: the first row that holds decides, and nobody in need is left without."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from services.answers.knowledge import Knowledge
from services.answers.rendering import Renderer
from services.answers.reply import ContactBlock
from services.answers.topics import TOPICS as ALL_TOPICS
from services.triage.judgement import Facts, Judgement, Situation, TopicGuess
from services.triage.routing import Case, RoutingTable
from services.vocabulary import (
    AgeBand,
    Channel,
    ContactId,
    MunicipalityId,
    Setting,
    TopicId,
    Urgency,
    Variant,
)

NOON = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
PLACES = [MunicipalityId(place) for place in ("goteborg", "malmo", "annan")]
TOPICS = [None, *map(TopicId, ("oro_narstaende", "lamna", "hotad", "cve", "orostelefonen", "hej"))]
IN_NEED = [Urgency.AKUT, Urgency.HOG, Urgency.ORO]
HOURS = [
    datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Stockholm"))
    for text in (
        "2026-11-23 03:00",  # an ordinary Monday, round the clock
        "2026-11-23 08:30",
        "2026-11-23 10:00",
        "2026-11-23 12:30",
        "2026-11-23 16:15",
        "2026-11-23 17:00",
        "2026-11-23 19:00",
        "2026-11-26 09:30",  # Thursday: the concern line is open
        "2026-11-27 15:30",  # Friday afternoon
        "2026-11-28 12:00",  # Saturday
        "2026-12-23 15:30",  # the day before an eve
        "2026-12-24 10:00",  # Christmas Eve by day
        "2026-12-25 10:00",
        "2027-01-05 16:45",  # Twelfth Night
        "2026-05-14 10:00",  # Ascension Day
        "2026-05-15 10:00",  # the bridge day after it
        "2026-06-19 10:00",  # Midsummer Eve
        "2026-03-29 03:30",  # the hour after the clocks go forward
        "2026-10-25 02:30",  # the hour that comes twice
    )
]


def every_case(urgencies: list[Urgency]) -> list[Case]:
    situations = [
        frozenset(some) for count in (0, 1, 2) for some in itertools.combinations(Situation, count)
    ]
    every = itertools.product(urgencies, TOPICS, situations, AgeBand, PLACES)
    return [Case(*one) for one in every]


def setting(at: datetime = NOON, place: str = "goteborg") -> Setting:
    return Setting(Variant.WEB, Channel.WEB, MunicipalityId(place), at)


def route(
    routing: RoutingTable, judgement: Judgement, topic: str = "oro_narstaende", **where: object
) -> tuple[str, ...]:
    topics = [TopicGuess(id=TopicId(topic), confidence=0.9)]
    return routing.route(judgement, topics, setting(**where)).contacts


def test_everybody_in_need_is_shown_somebody_to_reach_at_any_hour(
    routing: RoutingTable, knowledge: Knowledge
) -> None:
    renderer = Renderer(knowledge)

    @cache
    def faults(contacts: tuple[ContactId, ...], place: MunicipalityId) -> list[str]:
        return [
            f"{at}: {what}"
            for at in HOURS
            for what in wrong_with(renderer.contacts(contacts, setting(at, place)).blocks)
        ]

    for case in every_case(IN_NEED):
        assert faults(routing.contacts(case), case.municipality) == [], case


def wrong_with(blocks: tuple[object, ...]) -> list[str]:
    """What is wrong with the cards of one who needs help, at their hour."""
    cards = [block for block in blocks if isinstance(block, ContactBlock)]
    # Hours that nobody has checked count in office hours; outside them the card says so.
    reachable = [card.open_now or (card.open_now is None and not card.hours) for card in cards]
    wrong = []
    if not any(reachable):
        wrong.append("nobody can be reached")
    if any(card.open_now is False and not card.hours for card in cards):
        wrong.append("closed without saying when it opens")
    only_112_can = reachable == [False] * (len(cards) - 1) + [True] and cards[-1].id == "112"
    if not reachable[0] and not only_112_can:
        wrong.append("does not lead with who can be reached")
    return wrong


def test_every_contact_of_the_table_exists_where_it_is_shown(
    routing: RoutingTable, knowledge: Knowledge
) -> None:
    for case in every_case(list(Urgency)):
        for contact in routing.contacts(case):
            assert knowledge.contact(contact, case.municipality) is not None, (contact, case)


def test_an_acute_case_leads_with_112_whatever_else_is_so(routing: RoutingTable) -> None:
    for case in every_case([Urgency.AKUT]):
        assert routing.contacts(case)[0] == "112"


def test_the_line_for_professionals_is_for_professionals_only(routing: RoutingTable) -> None:
    for case in every_case(list(Urgency)):
        if Situation.YRKESVERKSAM not in case.situations:
            assert "cve" not in routing.contacts(case), case


def test_nobody_is_turned_away_on_age(routing: RoutingTable) -> None:
    for case in every_case([Urgency.ORO]):
        assert routing.contacts(case)


def test_suicide_is_led_by_112_and_the_suicide_line(routing: RoutingTable) -> None:
    acute = Judgement(urgency=Urgency.AKUT, suicide=True)
    assert route(routing, acute) == ("112", "sjalvmordslinjen")


def test_a_worried_relative_gets_social_services_and_the_concern_line(
    routing: RoutingTable,
) -> None:
    assert route(routing, Judgement(urgency=Urgency.ORO)) == ("socialtjanst", "orostelefon")


def test_malmo_has_a_line_of_its_own(routing: RoutingTable) -> None:
    worry = Judgement(urgency=Urgency.ORO)
    assert "malmo_stodtelefon" in route(routing, worry, place="malmo")
    said = Judgement(urgency=Urgency.ORO, facts=Facts(municipality=MunicipalityId("malmo")))
    assert "malmo_stodtelefon" in route(routing, said)


def test_a_child_who_writes_is_shown_bris(routing: RoutingTable) -> None:
    child = Facts(situations=frozenset({Situation.BARN_SKRIVER}))
    assert route(routing, Judgement(urgency=Urgency.ORO, facts=child))[0] == "bris"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("urgency", [Urgency.INFO, Urgency.ORO, Urgency.HOG])
def test_who_wants_to_leave_gets_a_choice_of_ways(
    routing: RoutingTable, urgency: Urgency, place: str
) -> None:
    contacts = route(routing, Judgement(urgency=urgency), topic="lamna", place=place)
    own = {"goteborg": {"avhoppartelefonen"}, "malmo": {"plattform_malmo"}}.get(place, set())
    assert set(contacts) == {"socialtjanst", "114 14", "exit"} | own


@pytest.mark.parametrize(
    ("situations", "age", "first", "has"),
    [
        ({"barn_skriver"}, None, "bris", {"socialtjanst"}),
        ({"barn_skriver", "sjalvmord"}, None, "bris", {"sjalvmordslinjen"}),
        ({"barn_skriver", "kontrollerad"}, None, "bris", {"kvinnofridslinjen"}),
        ({"barn_skriver", "vill_lamna"}, None, "bris", {"socialtjanst", "exit"}),
        ({"kontrollerad"}, None, "kvinnofridslinjen", {"socialtjanst"}),
        ({"hotad"}, None, "114 14", {"socialtjanst"}),
        ({"brott"}, None, "114 14", {"socialtjanst"}),
        ({"yrkesverksam"}, 15, "socialtjanst", {"cve"}),
        ({"yrkesverksam"}, None, "socialtjanst", {"cve"}),
        ({"atervandare"}, 12, "socialtjanst", {"114 14"}),
        ({"atervandare"}, 30, "114 14", {"socialtjanst"}),
        ({"sjalvmord"}, None, "sjalvmordslinjen", {"1177"}),
        (set(), 15, "socialtjanst", set()),
        (set(), 19, "socialtjanst", set()),
        (set(), 45, "socialtjanst", set()),
    ],
)
@pytest.mark.parametrize("urgency", [Urgency.ORO, Urgency.HOG])
def test_the_person_decides_who_comes_first(
    routing: RoutingTable,
    urgency: Urgency,
    situations: set[str],
    age: int | None,
    first: str,
    has: set[str],
) -> None:
    facts = Facts(age=age, situations=frozenset(map(Situation, situations)))
    contacts = route(routing, Judgement(urgency=urgency, facts=facts))
    assert contacts[0] == first
    assert has <= set(contacts)


def test_a_professional_with_a_question_of_work_is_shown_who_supports_them(
    routing: RoutingTable,
) -> None:
    facts = Facts(situations=frozenset({Situation.YRKESVERKSAM}))
    question = Judgement(urgency=Urgency.INFO, facts=facts)
    assert route(routing, question, topic="anmalan_hur") == ("socialtjanst", "cve")
    assert "cve" not in route(routing, Judgement(urgency=Urgency.INFO), topic="cve")


def test_no_answer_and_no_stand_in_shows_a_relative_the_line_for_professionals(
    knowledge: Knowledge,
) -> None:
    renderer = Renderer(knowledge)
    for topic, place, at in itertools.product(knowledge.answers, PLACES, HOURS):
        assert "cve" not in renderer.contacts_shown(renderer.answer(topic, setting(at, place)))


def test_a_threat_goes_to_the_police(routing: RoutingTable) -> None:
    assert route(routing, Judgement(urgency=Urgency.HOG), topic="hotad")[0] == "114 14"


def test_the_emergency_social_services_lead_at_night(
    routing: RoutingTable, knowledge: Knowledge
) -> None:
    contacts = routing.route(Judgement(urgency=Urgency.HOG), (), setting()).contacts
    assert contacts[0] == "socialtjanst"
    by_night = Renderer(knowledge).contacts(contacts, setting(HOURS[0]))
    assert by_night.contacts[0] == "socialjour"


def test_a_question_gets_contacts_only_when_it_asks_for_one(routing: RoutingTable) -> None:
    question = Judgement(urgency=Urgency.INFO)
    assert route(routing, question, topic="vit_makt") == ()
    assert route(routing, question, topic="tips_brott") == ("114 14",)


def test_a_topic_of_the_table_is_a_topic(routing: RoutingTable) -> None:
    known = frozenset().union(*ALL_TOPICS.values())
    for row in routing.rows:
        assert (row.when.topic or known) <= known


def test_the_reply_asks_of_danger_only_below_acute(routing: RoutingTable) -> None:
    for urgency in Urgency:
        judgement = Judgement(urgency=urgency, asks_danger=True)
        route = routing.route(judgement, (), setting())
        assert route.asks_danger is (urgency is not Urgency.AKUT)
        assert route.leads_with_112 is (urgency is Urgency.AKUT)
        assert route.offers_human is (urgency >= Urgency.ORO)


@pytest.mark.parametrize("urgency", [Urgency.HOG, Urgency.ORO])
@pytest.mark.parametrize(
    ("situation", "topic", "age", "phrase"),
    [
        ("yrkesverksam", "oro_narstaende", None, "anmalningsplikt"),
        ("yrkesverksam", "tecken", 14, "anmalningsplikt"),
        ("yrkesverksam", "oro_elev", None, None),
        ("yrkesverksam", "anmalan_hur", None, None),
        ("yrkesverksam", "oro_narstaende", 34, None),
        ("hotad", "oro_narstaende", None, None),
    ],
)
def test_a_professional_hears_of_their_duty_first_unless_the_answer_tells_it(
    routing: RoutingTable,
    urgency: Urgency,
    situation: str,
    topic: str,
    age: int | None,
    phrase: str | None,
) -> None:
    facts = Facts(age=age, situations=frozenset({Situation(situation)}))
    guesses = [TopicGuess(id=TopicId(topic), confidence=0.9)]
    judgement = Judgement(urgency=urgency, facts=facts)
    assert routing.route(judgement, guesses, setting()).phrase == phrase


def test_a_question_that_is_not_of_a_child_gets_no_word_of_duty(routing: RoutingTable) -> None:
    facts = Facts(situations=frozenset({Situation.YRKESVERKSAM}))
    question = Judgement(urgency=Urgency.INFO, facts=facts)
    guess = TopicGuess(id=TopicId("toleransprojektet"), confidence=0.9)
    assert routing.route(question, [guess], setting()).phrase is None
