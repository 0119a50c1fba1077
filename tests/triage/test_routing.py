"""The routing table: the first row that holds decides, and nobody in need is left without."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.answers.knowledge import Knowledge
from services.triage.judgement import Facts, Judgement, Situation, TopicGuess
from services.triage.routing import Case, Hours, RoutingError, RoutingTable, office_hours
from services.vocabulary import (
    AgeBand,
    Channel,
    MunicipalityId,
    Setting,
    TopicId,
    Urgency,
    Variant,
)

NOON = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 18, 23, 0, tzinfo=UTC)
PLACES = [MunicipalityId(place) for place in ("goteborg", "malmo", "annan")]
TOPICS = [None, *map(TopicId, ("oro_narstaende", "lamna", "hotad", "cve", "orostelefonen", "hej"))]
IN_NEED = [Urgency.AKUT, Urgency.HOG, Urgency.ORO]


def every_case(urgencies: list[Urgency]) -> list[Case]:
    situations = [
        frozenset(some) for count in (0, 1, 2) for some in itertools.combinations(Situation, count)
    ]
    every = itertools.product(urgencies, TOPICS, situations, AgeBand, PLACES, Hours)
    return [Case(*one) for one in every]


def setting(at: datetime = NOON, place: str = "goteborg") -> Setting:
    return Setting(Variant.WEB, Channel.WEB, MunicipalityId(place), at)


def route(
    routing: RoutingTable, judgement: Judgement, topic: str = "oro_narstaende", **where: object
) -> tuple[str, ...]:
    topics = [TopicGuess(id=TopicId(topic), confidence=0.9)]
    return routing.route(judgement, topics, setting(**where)).contacts


def test_everybody_in_need_gets_a_contact_that_can_be_reached(
    routing: RoutingTable, knowledge: Knowledge
) -> None:
    for case in every_case(IN_NEED):
        contacts = [
            knowledge.contact(contact, case.municipality) for contact in routing.contacts(case)
        ]
        assert any(contact is not None and contact.number for contact in contacts), case


def test_every_contact_of_the_table_exists_where_it_is_shown(
    routing: RoutingTable, knowledge: Knowledge
) -> None:
    for case in every_case(IN_NEED):
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


def test_who_wants_to_leave_gets_several_ways(routing: RoutingTable) -> None:
    contacts = route(routing, Judgement(urgency=Urgency.ORO), topic="lamna")
    assert {"socialtjanst", "avhoppartelefonen", "114 14", "exit"} == set(contacts)


def test_a_threat_goes_to_the_police(routing: RoutingTable) -> None:
    assert route(routing, Judgement(urgency=Urgency.HOG), topic="hotad")[0] == "114 14"


def test_the_emergency_social_services_lead_at_night(routing: RoutingTable) -> None:
    serious = Judgement(urgency=Urgency.HOG)
    assert route(routing, serious)[0] == "socialtjanst"
    assert route(routing, serious, at=NIGHT)[0] == "socialjour"


def test_a_question_gets_contacts_only_when_it_asks_for_one(routing: RoutingTable) -> None:
    question = Judgement(urgency=Urgency.INFO)
    assert route(routing, question, topic="vit_makt") == ()
    assert route(routing, question, topic="orostelefonen") == ("orostelefon",)


def test_the_reply_asks_of_danger_only_below_acute(routing: RoutingTable) -> None:
    for urgency in Urgency:
        judgement = Judgement(urgency=urgency, asks_danger=True)
        route = routing.route(judgement, (), setting())
        assert route.asks_danger is (urgency is not Urgency.AKUT)
        assert route.leads_with_112 is (urgency is Urgency.AKUT)
        assert route.offers_human is (urgency >= Urgency.ORO)


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        (datetime(2026, 11, 18, 7, 0, tzinfo=UTC), Hours.KONTORSTID),  # winter: 8.00
        (datetime(2026, 11, 18, 6, 59, tzinfo=UTC), Hours.JOURTID),
        (datetime(2026, 6, 17, 6, 0, tzinfo=UTC), Hours.KONTORSTID),  # summer: 8.00
        (datetime(2026, 11, 18, 15, 30, tzinfo=UTC), Hours.JOURTID),
        (datetime(2026, 11, 21, 11, 0, tzinfo=UTC), Hours.JOURTID),  # a Saturday
        (datetime(2026, 12, 25, 11, 0, tzinfo=UTC), Hours.JOURTID),  # Christmas Day, a Friday
    ],
)
def test_office_hours_are_judged_in_swedish_time(at: datetime, hours: Hours) -> None:
    assert office_hours(at) is hours


@pytest.mark.parametrize(
    "rows",
    [
        "[{när: {brådska: [panik]}, kontakter: []}, {när: {}, kontakter: []}]",
        "[{när: {brådska: [oro]}, kontakter: []}]",
        "[]",
    ],
)
def test_a_table_that_can_not_be_used_stops_the_start(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "routing.yml"
    path.write_text(f"ämnesgrupper: {{}}\nrader: {rows}", encoding="utf-8")
    with pytest.raises(RoutingError):
        RoutingTable.load(path)
