"""Working with a ticket: roles, the audit log, edits, numbers, transfers, corrections, search."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.console.access import ROLES, Access, changes_state
from services.console.corrections import anonymise
from services.console.masking import mask_numbers
from services.console.routes import ROUTES
from services.conversations.ownership import return_unanswered
from services.settings import Settings
from services.store.coordinators import find_coordinator_by_login
from services.store.tables import Role, TicketState
from services.tickets.clocks import Clocks
from services.tickets.schema import SCHEMA_FILE
from services.vocabulary import Author, Owner, Urgency
from tests.conftest import ScriptedRasa
from tests.console.conftest import SLOTS, Console
from tests.console.test_access import call, named
from tests.console.test_conversation import words_of
from tests.turns import take_turn

NUMBER = "070-174 06 05"
HIDDEN = "•••-••• •• 05"
WITH_NUMBER = {**SLOTS, "aterkontakt": f"ring {NUMBER}"}


def page_of(ticket: object, deed: str = "") -> str:
    return f"/samordnare/arende/{ticket}" + (f"/{deed}" if deed else "")


@pytest.mark.parametrize("role", Role)
async def test_each_role_may_call_its_own_routes_and_no_other(console: Console, role: Role) -> None:
    visitor = await console.coordinator(role=role)
    for rule in ROUTES:
        if rule.access not in ROLES or rule.path.endswith("/events"):
            continue
        response = await call(visitor, rule, **{"X-CSRF-Token": visitor.csrf})
        refused = response.status == 403
        assert refused == (role not in ROLES[rule.access]), (named(rule), response.status)


def test_every_route_that_changes_something_asks_for_a_login() -> None:
    open_to_anyone = {rule.path for rule in ROUTES if rule.access is Access.ANYONE}
    assert {rule.path for rule in ROUTES if changes_state(rule.method)} & open_to_anyone == {
        "/logga-in"
    }


async def test_whoever_reads_statistics_is_led_to_them_and_sees_numbers_alone(
    console: Console,
) -> None:
    ticket = await console.ticket(Urgency.HOG)
    reader = await console.coordinator("Cecilia Dahl", Role.STATISTIK)
    assert (await reader.get("/samordnare")).headers["Location"] == "/samordnare/statistik"
    page = await reader.read("/samordnare/statistik")
    assert '<th scope="row">Hög</th><td>1</td>' in page
    assert (await console.row(ticket)).reference not in page


async def test_each_deed_is_in_the_log_with_who_did_it(console: Console) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket(**WITH_NUMBER)
    await anna.read(page_of(ticket))
    await anna.take(ticket)
    await anna.send(page_of(ticket, "andra"), field="relation", value="faster")
    await anna.send(page_of(ticket, "visa-nummer"), reason="ska ringa upp")
    await anna.get(page_of(ticket, "export"))
    await anna.get(page_of(ticket, "utskrift"))
    await anna.send(page_of(ticket, "avsluta"), outcome="polis")
    await anna.send("/samordnare/logga-ut")
    deeds = [(deed, about) for _, deed, about in await console.deeds()]
    assert deeds == [
        ("login", "password"),
        ("view", None),
        ("claim", None),
        ("edit", "relation"),
        ("reveal", None),
        ("export", None),
        ("print", None),
        ("close", "polis"),
        ("logout", None),
    ]


async def test_the_lead_reads_the_log(console: Console) -> None:
    lead = await console.coordinator(role=Role.ANSVARIG)
    await console.ticket()
    assert "Loggade in" in await lead.read("/samordnare/granskningslogg")


async def test_a_field_is_edited_and_the_ticket_says_who_changed_what(console: Console) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket()
    await anna.take(ticket)
    changes = {
        "relation": ("faster", "moster → faster"),
        "age_band": ("18-20", "Under 18 år → 18–20 år"),
        "consent": ("false", "Ja → Nej"),
        "observations.0.where": ("på torget", "inget → på torget"),
        "why_now": ("", "Han slutade gå till skolan. → inget"),
    }
    for field, (value, _) in changes.items():
        done = await anna.send(page_of(ticket, "andra"), field=field, value=value)
        assert done.status == 303, field
    page = await anna.read(page_of(ticket))
    for _, shown in changes.values():
        assert shown in page
    assert page.count("Anna Berg, kl. 12.00") == len(changes)


async def test_what_the_caller_corrects_after_sending_stands_among_the_edits_as_theirs(
    console: Console, rasa: ScriptedRasa
) -> None:
    anna, caller = await console.coordinator(), await console.caller()
    ticket = await caller.ask_for_human()
    right = {"aldersband": "18-20", "kommun": "malmo", "iakttagelse": "Det var hos en vän."}
    rasa.answer = lambda request: {"correction": right}
    await caller.write("nej, han är 19 och bor i Malmö")
    await take_turn(console.core, caller.id)
    page = " ".join((await anna.read(page_of(ticket))).split())
    for label, change in (
        ("Personens ålder", "Under 18 år → 18–20 år"),
        ("Kommun", "Göteborg → Malmö"),
        ("Med egna ord", "inget → Det var hos en vän."),
    ):
        edit = f"<strong>{label}</strong>: {change}<br>"
        assert f'{edit}<span class="hint">Den som hör av sig, kl. 12.00</span>' in page
    assert page.count("Den som hör av sig, kl. 12.00") == 3


async def test_what_the_caller_tells_otherwise_the_second_time_stands_among_the_edits(
    console: Console,
) -> None:
    anna, caller = await console.coordinator(), await console.caller()
    ticket = await caller.ask_for_human()
    await anna.take(ticket)
    await anna.send(page_of(ticket, "andra"), field="relation", value="faster")
    await anna.send(page_of(ticket, "andra"), field="milieu", value="okand")
    assert await caller.ask_for_human(**{**SLOTS, "relation": "granne"}) == ticket
    page = await anna.read(page_of(ticket))
    for change in ("moster → faster", "faster → granne"):
        assert f"<strong>Relation till personen</strong>: {change}" in page
    assert page.count("Den som hör av sig, kl. 12.00") == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reference", "AAA-AAA"),
        ("grounds.urgency", "info"),
        ("observations.0.quote", "andra ord"),
        ("observations.7.where", "x"),
        ("age_band", "42"),
        ("consent", "kanske"),
        ("__class__", "x"),
        ("relation", "x" * 2001),
        ("", ""),
    ],
)
async def test_what_is_no_fact_of_the_coordinators_can_not_be_edited(
    console: Console, field: str, value: str
) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket()
    await anna.take(ticket)
    before = (await console.row(ticket)).body_sealed
    assert (await anna.send(page_of(ticket, "andra"), field=field, value=value)).status == 422
    assert (await console.row(ticket)).body_sealed == before


async def test_only_whoever_has_the_ticket_edits_it(console: Console) -> None:
    anna, bjorn = await console.coordinator(), await console.coordinator("Björn Ek")
    ticket = await console.ticket()
    await anna.take(ticket)
    refused = await bjorn.send(page_of(ticket, "andra"), field="relation", value="x")
    assert refused.status == 409


async def test_numbers_are_hidden_everywhere_until_they_are_revealed_with_a_reason(
    console: Console,
) -> None:
    anna, bjorn = await console.coordinator(), await console.coordinator("Björn Ek")
    caller = await console.caller()
    await caller.write(f"ring mig på {NUMBER}")
    ticket = await caller.ask_for_human(**WITH_NUMBER)
    places = (page_of(ticket), page_of(ticket, "utskrift"))
    for place in places:
        page = await anna.read(place)
        assert NUMBER not in page
        assert HIDDEN in page
    assert NUMBER not in await (await anna.get(page_of(ticket, "export"))).text()
    for reason in ("", "  ", "x" * 301):
        answer = await anna.send(page_of(ticket, "visa-nummer"), reason=reason)
        assert answer.status == 400
    await anna.send(page_of(ticket, "visa-nummer"), reason="har bett om att bli uppringd")
    for place in places:
        assert NUMBER in await anna.read(place)
        assert NUMBER not in await bjorn.read(place)
    again = console.visitor()
    console.clock.go(minutes=1)
    await again.log_in("Anna Berg", "korrekt häst batteri häftklammer")
    assert NUMBER not in await again.read(page_of(ticket))


@given(st.text())
def test_hiding_numbers_changes_nothing_but_digits(text: str) -> None:
    masked = mask_numbers(text)
    assert len(masked) == len(text)
    for before, after in zip(text, masked, strict=True):
        assert before == after or (before.isdigit() and after == "•")


async def test_an_export_follows_the_schema_and_carries_a_corrected_urgency(
    console: Console,
) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket(Urgency.ORO)
    await anna.send(page_of(ticket, "ratta"), urgency="hog")
    response = await anna.get(page_of(ticket, "export"))
    assert "attachment" in response.headers["Content-Disposition"]
    document = json.loads(await response.text())
    jsonschema.validate(document, json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))
    assert document["grounds"]["urgency"] == "hog"


async def test_the_paper_says_where_the_whole_conversation_is(console: Console) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket()
    assert f"http://localhost:8080{page_of(ticket)}" in await anna.read(page_of(ticket, "utskrift"))


async def test_a_transfer_gives_the_conversation_on_with_a_note_and_the_bot_stays_silent(
    console: Console, rasa: ScriptedRasa
) -> None:
    anna, bjorn = await console.coordinator(), await console.coordinator("Björn Ek")
    caller = await console.caller()
    ticket = await caller.ask_for_human()
    await anna.take(ticket)
    async with console.core.database.read() as session:
        colleague = await find_coordinator_by_login(session, "björn ek")
    assert colleague is not None
    given = {"to": str(colleague.id), "note": "Hon vill helst skriva."}
    assert (await bjorn.send(page_of(ticket, "overlamna"), **given)).status == 409
    assert (await anna.send(page_of(ticket, "overlamna"), **given)).status == 303
    await caller.write("är du kvar?")
    await take_turn(console.core, caller.id)
    assert words_of(await caller.sees(), Author.BOT) == []
    assert (await anna.say(ticket, "för sent")).status == 409
    assert (await bjorn.say(ticket, "Jag är här nu.")).status == 201
    page = await bjorn.read(page_of(ticket))
    assert "Anna Berg till Björn Ek" in page
    assert "Hon vill helst skriva." in page


async def test_nobody_who_can_not_take_it_is_given_a_conversation(console: Console) -> None:
    anna = await console.coordinator()
    await console.settled_account("Cecilia Dahl", Role.STATISTIK)
    ticket = await console.ticket()
    await anna.take(ticket)
    async with console.core.database.read() as session:
        reader = await find_coordinator_by_login(session, "cecilia dahl")
        me = await find_coordinator_by_login(session, "anna berg")
    assert reader is not None
    assert me is not None
    for to, status in ((reader.id, 409), (me.id, 409), ("x", 400)):
        answer = await anna.send(page_of(ticket, "overlamna"), to=str(to), note="")
        assert answer.status == status
    assert (await anna.say(ticket, "jag har det")).status == 201


async def test_what_is_taken_and_not_answered_in_time_goes_back_and_is_announced(
    console: Console, settings: Settings
) -> None:
    anna = await console.coordinator()
    caller = await console.caller()
    ticket = await caller.ask_for_human(Urgency.AKUT)
    clocks = Clocks(settings)
    await anna.take(ticket)
    fence = (await caller.conversation()).fence
    console.clock.go(minutes=settings.claim_answer_akut_minutes, seconds=-1)
    assert await return_unanswered(console.core, clocks) == []
    console.clock.go(seconds=1)
    assert await return_unanswered(console.core, clocks) in ([ticket], [])  # the service looks too
    row, conversation = await console.row(ticket), await caller.conversation()
    assert (row.state, row.coordinator_id) == (TicketState.WAITING, None)
    assert (conversation.owner, conversation.fence) == (Owner.BOT, fence + 1)
    assert "Tillbaka i kön" in await anna.read("/samordnare")
    assert ("tjänsten", "return", None) in await console.deeds()
    assert (await anna.say(ticket, "för sent")).status == 409
    await anna.take(ticket)
    assert "Tillbaka i kön" not in await anna.read("/samordnare")


async def test_what_was_answered_stays_with_its_coordinator(
    console: Console, settings: Settings
) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket(Urgency.AKUT)
    await anna.take(ticket)
    await anna.say(ticket, "Hej, jag är här.")
    console.clock.go(minutes=25)
    assert await return_unanswered(console.core, Clocks(settings)) == []
    assert (await console.row(ticket)).state is TicketState.CLAIMED


async def test_a_correction_moves_the_ticket_and_is_given_out_without_the_person(
    console: Console,
) -> None:
    anna = await console.coordinator(role=Role.ANSVARIG)
    caller = await console.caller()
    await caller.write("Hej, min bror Erik har nummer 070-174 06 05 och skriver till a@b.se")
    ticket = await caller.ask_for_human(Urgency.ORO)
    assert (await anna.send(page_of(ticket, "ratta"), urgency="hog")).status == 303
    assert (await anna.send(page_of(ticket, "ratta"), topic="oro_narstaende")).status == 303
    for wrong in ({"urgency": "jättehög"}, {"topic": ""}, {}):
        assert (await anna.send(page_of(ticket, "ratta"), **wrong)).status == 400
    assert (await anna.send(page_of(ticket, "ratta"), topic="påhittat")).status == 422
    assert (await console.row(ticket)).urgency is Urgency.HOG
    lines = (await (await anna.get("/samordnare/rattelser/fil")).text()).splitlines()
    first, second = (json.loads(line) for line in lines)
    assert (first["urgency"], first["topic"], first["reviewed"]) == ("hog", None, False)
    assert second["topic"] == "oro_narstaende"
    for line in lines:
        assert "Erik" not in line
        assert "a@b.se" not in line
        assert not re.search(r"\d{3}", json.loads(line)["text"])
        assert str(caller.id) not in line
    assert "min bror [namn]" in await anna.read("/samordnare/rattelser")


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("Min son Ali går i skolan", "Min son [namn] går i skolan"),
        ("skriv till x.y@example.se", "skriv till [adress]"),
        ("se https://example.se/erik nu", "se [adress] nu"),
        ("kod 123456", "kod [nummer]"),
    ],
)
def test_what_tells_who_it_is_goes(text: str, without: str) -> None:
    assert anonymise(text) == without


async def test_a_search_finds_by_reference_time_status_and_outcome_and_not_by_words(
    console: Console,
) -> None:
    anna = await console.coordinator()
    ticket, other = await console.ticket(Urgency.AKUT), await console.ticket()
    await anna.take(ticket)
    await anna.send(page_of(ticket, "avsluta"), outcome="polis")
    reference = (await console.row(ticket)).reference

    async def found(**asked: str) -> set[str]:
        response = await anna.get("/samordnare/sok", params=asked)
        assert response.status == 200
        link = r'class="reference" href="/samordnare/arende/([^"]+)"'
        return set(re.findall(link, await response.text()))

    both = {str(ticket), str(other)}
    cases: list[tuple[Mapping[str, str], set[str]]] = [
        ({"referens": reference}, {str(ticket)}),
        ({"referens": reference.lower().replace("-", " ")}, {str(ticket)}),
        ({"status": "closed"}, {str(ticket)}),
        ({"utfall": "polis"}, {str(ticket)}),
        ({"utfall": "annat"}, set()),
        ({"fran": "2026-11-18", "till": "2026-11-18"}, both),
        ({"fran": "2026-11-19"}, set()),
        ({"status": "", "referens": "konstiga"}, set()),
    ]
    for asked, expected in cases:
        assert await found(**asked) == expected, asked
    for wrong in ({"fran": "i går"}, {"status": "x"}, {"utfall": "x"}):
        assert (await anna.get("/samordnare/sok", params=wrong)).status == 400


async def test_who_is_on_duty_shows_to_everyone_until_they_go_off_or_are_gone(
    console: Console,
) -> None:
    anna, bjorn = await console.coordinator(), await console.coordinator("Björn Ek")
    on_duty = '<h2 id="duty-title" class="duty-title">I tjänst</h2>\n  <p>{}</p>'
    assert on_duty.format("Ingen just nu.") in await anna.read("/samordnare")
    await bjorn.send("/samordnare/tjanst", on="1")
    assert on_duty.format("Björn Ek") in await anna.read("/samordnare")
    await anna.send("/samordnare/tjanst", on="1")
    await bjorn.send("/samordnare/tjanst", on="0")
    assert on_duty.format("Anna Berg") in await bjorn.read("/samordnare")
    console.clock.go(minutes=20)
    assert (await bjorn.get("/samordnare")).status == 200
    console.clock.go(minutes=11)
    assert on_duty.format("Ingen just nu.") in await bjorn.read("/samordnare")


async def test_ready_texts_and_answers_can_be_had_in_the_callers_form(console: Console) -> None:
    anna = await console.coordinator()
    ticket = await console.ticket()
    response = await anna.get(f"/samordnare/api/tickets/{ticket}/texts")
    texts = await response.json()
    assert len(texts) > len(console.core.renderer.knowledge.answers)
    assert all(one["title"] and one["text"] for one in texts)


def test_duty_hours_differ_by_municipality_and_the_clocks_follow(settings: Settings) -> None:
    own = Settings(_env_file=None, duty_hours={"malmo": "07:30-18:00"})
    assert str(own.duty_hours_of("malmo")[1]) == "18:00:00"
    assert own.duty_hours_of("goteborg") == (own.duty_opens, own.duty_closes)
    for wrong in ("18:00-07:00", "x", "08:00"):
        with pytest.raises(ValidationError):
            Settings(_env_file=None, duty_hours={"malmo": wrong})
