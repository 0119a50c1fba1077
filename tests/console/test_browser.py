"""A coordinator's day in a real Chromium: mouse and keyboard, alone and two at once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser, Page, Route, expect

from services.conversations.presence import PageSign, WritingSign
from services.store.tables import Role, TicketState
from services.vocabulary import Author, Owner, Urgency
from tests.console.conftest import PASSWORD, Caller, Console

DESK = {"width": 1280, "height": 800}
TABLET = {"width": 820, "height": 1180}

# What a page shows does not depend on where it is stored.
pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

type Opener = Callable[..., Awaitable[Page]]
type Scheme = Literal["light", "dark"]


@pytest.fixture
async def open_page(browser: Browser, console: Console) -> AsyncIterator[Opener]:
    """Opens pages, each in a browser of its own. No script may fail, nothing may be blocked."""
    contexts, faults = [], []

    async def opened(scheme: Scheme = "light", viewport: Any = DESK) -> Page:
        context = await browser.new_context(
            base_url=str(console.server.make_url("/")),
            locale="sv-SE",
            viewport=viewport,
            color_scheme=scheme,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: (
                faults.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert faults == []


async def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    await page.goto("/samordnare")
    await page.get_by_label("Namn").fill(name)
    await page.get_by_label("Lösenord").fill(password)
    await page.get_by_role("button", name="Logga in").click()


async def coordinator_at(
    console: Console, page: Page, name: str = "Anna Berg", role: Role = Role.SAMORDNARE
) -> Page:
    await console.settled_account(name, role)
    await log_in(page, name)
    await expect(page.get_by_role("heading", name="Kö", exact=True)).to_be_visible()
    return page


def messages(page: Page, author: str) -> Any:
    return page.locator(f".message-{author} .message-text")


async def heard(caller: Caller) -> list[str | None]:
    return [event.text for event in await caller.sees() if event.author is Author.COORDINATOR]


async def test_from_the_one_time_password_to_a_closed_ticket(
    console: Console, open_page: Opener
) -> None:
    one_time = await console.account("Anna Berg")
    page = await open_page()
    await log_in(page, "Anna Berg", one_time)
    await page.get_by_label("Engångslösenordet").fill(one_time)
    await page.get_by_label("Nytt lösenord", exact=True).fill(PASSWORD)
    await page.get_by_label("Nytt lösenord en gång till").fill(PASSWORD)
    await page.get_by_role("button", name="Spara lösenordet").click()
    await expect(page.get_by_text("Ingen väntar just nu.")).to_be_visible()

    caller = await console.caller()
    ticket = await caller.ask_for_human(Urgency.AKUT)
    reference = (await console.row(ticket)).reference
    await expect(page.locator("#announcement")).to_have_text(
        f"Väntar på svar: {reference}. Akut, Webbchatt, Göteborg."
    )
    await expect(page).to_have_title("(1) Kö – Oroslotsen")
    await page.get_by_role("button", name=f"Ta över {reference}").click()

    await expect(page.get_by_text("Du har samtalet. Assistenten är tyst.")).to_be_visible()
    box = page.get_by_label("Skriv till den som hör av sig")
    await box.fill("Hej, jag heter Anna.")
    await box.press("Shift+Enter")
    await box.press_sequentially("Hur är det nu?")
    await box.press("Enter")
    written = "Hej, jag heter Anna.\nHur är det nu?"
    await expect(messages(page, "coordinator")).to_have_text([written])
    await expect(box).to_have_value("")
    await expect(box).to_be_focused()
    assert await heard(caller) == [written]

    await caller.write("Det är lugnt nu, tack.")
    await expect(messages(page, "caller").last).to_have_text("Det är lugnt nu, tack.")

    await page.get_by_text("Avsluta …").click()
    await page.get_by_label("Rådgivning").check()
    await page.get_by_role("button", name="Avsluta ärendet").click()
    await expect(page.get_by_text("Ingen väntar just nu.")).to_be_visible()
    assert (await console.row(ticket)).outcome == "radgivning"
    assert (await caller.conversation()).owner is Owner.BOT


async def test_of_two_who_click_at_once_exactly_one_gets_it(
    console: Console, open_page: Opener
) -> None:
    pages = {}
    ticket = await console.ticket(Urgency.HOG)
    for name in ("Anna Berg", "Björn Ek"):
        page = await open_page()
        # Neither page hears of the other's click: its button would be gone before the second one.
        await page.route("**/api/queue/events", lambda route: route.abort())
        pages[name] = await coordinator_at(console, page, name)
    await asyncio.gather(*(page.locator(f"#take-{ticket}").click() for page in pages.values()))
    row = await console.row(ticket)
    assert row.state is TicketState.CLAIMED
    winners = []
    for page in pages.values():
        mine = page.get_by_text("Du har samtalet. Assistenten är tyst.")
        told = page.get_by_role("alert")
        await expect(mine.or_(told)).to_be_visible()
        winners.append(await mine.is_visible())
    assert sorted(winners) == [False, True]
    (winner,) = [name for name, won in zip(pages, winners, strict=True) if won]
    (loser,) = [page for name, page in pages.items() if name != winner]
    await expect(loser.get_by_role("alert")).to_contain_text(f"{winner} har tagit ärendet")


async def test_a_ticket_taken_or_handed_back_elsewhere_shows_at_once_to_whoever_reads_it(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    bjorn = await console.coordinator("Björn Ek")
    ticket = await console.ticket()
    await page.goto(f"/samordnare/arende/{ticket}")
    await expect(page.get_by_role("button", name="Ta över")).to_be_visible()
    await bjorn.take(ticket)
    await expect(page.get_by_text("Björn Ek har samtalet. Du kan läsa.")).to_be_visible()
    await expect(page.get_by_role("button", name="Ta över")).to_have_count(0)
    await bjorn.say(ticket, "Hej från Björn")
    await expect(messages(page, "coordinator")).to_have_text(["Hej från Björn"])
    await bjorn.send(f"/samordnare/arende/{ticket}/lamna")
    await page.get_by_role("button", name="Ta över").click()
    await expect(page.get_by_text("Du har samtalet. Assistenten är tyst.")).to_be_visible()


async def test_everything_can_be_done_with_the_keyboard(
    console: Console, open_page: Opener
) -> None:
    await console.settled_account("Anna Berg")
    caller = await console.caller()
    ticket = await caller.ask_for_human()
    page = await open_page()
    await page.goto("/samordnare")
    await expect(page.get_by_label("Namn")).to_be_focused()
    await page.keyboard.type("Anna Berg")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Kö", exact=True)).to_be_visible()
    await tab_to(page, f"take-{ticket}")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Du har samtalet.")).to_be_visible()
    await tab_to(page, "text")
    await page.keyboard.type("skrivet utan mus")
    await page.keyboard.press("Enter")
    await expect(messages(page, "coordinator")).to_have_text(["skrivet utan mus"])
    await page.goto(page.url)
    await tab_to(page, "closing")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Kö", exact=True)).to_be_visible()
    assert (await console.row(ticket)).state is TicketState.CLOSED
    assert await heard(caller) == ["skrivet utan mus"]


async def test_the_keyboards_way_through_a_conversation_is_the_order_of_the_page(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    await console.settled_account("Björn Ek")
    await page.locator(f"#take-{await console.ticket()}").click()
    await page.get_by_text("Infoga färdig text …").wait_for()  # the page is live
    for stop in (
        "queue-link", "search-link", "notify", "keys-button", "sound", "hand-back", "transfer",
        "closing", "timeline", "text", "inserting-open", "ticket", "correcting-open",
        "edit-observations.0.when-open", "edit-why_now-open",
    ):  # fmt: skip
        await tab_to(page, stop)


async def tab_to(page: Page, element: str) -> None:
    """Press Tab until an element has the focus; each stop on the way must show that it has it."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert await page.evaluate(outline) != "none"
        if await page.evaluate("document.activeElement.id") == element:
            return
    pytest.fail(f"{element} can't be reached with Tab")


async def test_a_draft_survives_a_reload_and_a_ready_text_can_be_put_into_it(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    caller = await console.caller()
    ticket = await caller.ask_for_human()
    await page.goto(f"/samordnare/arende/{ticket}")
    await page.get_by_role("button", name="Ta över").click()
    box = page.get_by_label("Skriv till den som hör av sig")
    await page.get_by_text("Infoga färdig text …").wait_for()  # the page is live
    await box.fill("påbörjat ")
    await page.reload()
    await expect(box).to_have_value("påbörjat ")
    await page.get_by_text("Infoga färdig text …").click()
    await page.get_by_label("Sök bland texterna").fill("är du kvar")
    await page.get_by_role("button", name="Är du kvar? Jag väntar gärna.").click()
    await expect(box).to_have_value(re.compile("Är du kvar"))
    await box.press("Enter")
    await expect(messages(page, "coordinator")).to_have_count(1)
    await page.reload()
    await expect(box).to_have_value("")


async def test_keys_do_what_buttons_do_and_can_be_switched_off(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    ticket = await console.ticket()
    await page.locator(f"#take-{ticket}").wait_for()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Genvägar")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Genvägar")).to_be_hidden()
    await page.keyboard.press("t")
    await expect(page.get_by_text("Du har samtalet.")).to_be_visible()
    await page.get_by_text("Infoga färdig text …").wait_for()  # the page is live
    await page.keyboard.press("m")
    box = page.get_by_label("Skriv till den som hör av sig")
    await expect(box).to_be_focused()
    await page.keyboard.type("k?")
    await expect(box).to_have_value("k?")
    await page.get_by_role("button", name="Genvägar").click()
    await page.get_by_label("Använd genvägar").uncheck()
    await page.get_by_role("button", name="Stäng").click()
    await page.locator("#ticket").focus()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Genvägar")).to_be_hidden()


async def test_escape_closes_what_was_opened_and_gives_its_button_the_focus(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    ticket = await console.ticket()
    await page.locator(f"#take-{ticket}").click()
    await page.get_by_text("Infoga färdig text …").wait_for()  # the page is live
    for button, within in (
        ("#closing", "input[name=outcome] >> nth=0"),
        ("#edit-relation-open", "#value-relation"),
        ("#inserting-open", "#insert-search"),
    ):
        await page.locator(button).press("Enter")
        await page.locator(within).press("Escape")
        await expect(page.locator(within)).to_be_hidden()
        await expect(page.locator(button)).to_be_focused()


async def test_a_change_in_the_queue_leaves_the_keyboards_place_alone(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    ticket = await console.ticket(Urgency.ORO)
    await page.locator(f"#take-{ticket}").focus()
    other = await console.ticket(Urgency.AKUT)
    await page.locator(f"#take-{other}").wait_for()
    await expect(page.locator(f"#take-{ticket}")).to_be_focused()
    bjorn = await console.coordinator("Björn Ek")
    await bjorn.take(ticket)
    await expect(page.get_by_text("Hos Björn Ek")).to_be_visible()
    await expect(page.get_by_role("heading", name="Väntar på en samordnare")).to_be_focused()


async def test_a_ticket_whose_time_runs_out_is_announced_once(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    ticket = await console.ticket(Urgency.AKUT)
    reference = (await console.row(ticket)).reference
    console.clock.go(minutes=6)
    await console.ticket(Urgency.ORO)
    line = page.locator("#announcement")
    await expect(line).to_contain_text(f"Försenat: {reference}")
    await expect(page).to_have_title("! (2) Kö – Oroslotsen")
    await expect(page.locator(f"#row-{ticket}")).to_contain_text("Försenat 1 min")
    await console.ticket(Urgency.INFO)
    await expect(line).not_to_contain_text(reference)


async def test_after_a_lost_connection_nothing_is_missing_and_nothing_doubled(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    caller = await console.caller()
    ticket = await caller.ask_for_human()
    await page.goto(f"/samordnare/arende/{ticket}")
    await page.get_by_role("button", name="Ta över").click()
    await caller.write("före avbrottet")
    await expect(messages(page, "caller")).to_have_text(["före avbrottet"])
    await page.context.set_offline(True)
    console.cut_connections()
    await expect(page.locator("#connection")).to_contain_text("Anslutningen är bruten")
    await caller.write("under avbrottet")
    box = page.get_by_label("Skriv till den som hör av sig")
    await box.fill("skrivet under avbrottet")
    await box.press("Enter")
    await expect(page.locator("#sending")).to_contain_text("inte skickat än")
    await page.context.set_offline(False)
    await expect(messages(page, "caller")).to_have_text(["före avbrottet", "under avbrottet"])
    await expect(messages(page, "coordinator")).to_have_text(["skrivet under avbrottet"])
    await expect(page.locator("#connection")).to_be_empty()
    assert await heard(caller) == ["skrivet under avbrottet"]


async def test_a_message_whose_receipt_was_lost_is_sent_again_and_arrives_once(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    caller = await console.caller()
    ticket = await caller.ask_for_human()
    await page.goto(f"/samordnare/arende/{ticket}")
    await page.get_by_role("button", name="Ta över").click()
    attempts, told = [], asyncio.Event()

    async def lose_the_first_receipt(route: Route) -> None:
        attempts.append(route.request.post_data)
        if len(attempts) == 1:
            await route.fetch()
            await route.abort()
        else:
            await told.wait()
            await route.continue_()

    await page.route("**/messages", lose_the_first_receipt)
    box = page.get_by_label("Skriv till den som hör av sig")
    await box.fill("en gång")
    await box.press("Enter")
    await expect(page.locator("#sending")).to_contain_text("inte skickat än")
    told.set()
    await expect(page.locator("#sending")).to_be_empty()
    assert len(attempts) == 2
    assert attempts[0] == attempts[1]
    assert await heard(caller) == ["en gång"]
    await expect(messages(page, "coordinator")).to_have_text(["en gång"])


async def test_the_newest_message_is_in_view_unless_somebody_reads_further_up(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page(viewport={"width": 820, "height": 620}))
    caller = await console.caller()
    for number in range(12):
        await caller.write(f"meddelande {number}")
    ticket = await caller.ask_for_human()
    await page.goto(f"/samordnare/arende/{ticket}")
    await expect(messages(page, "caller").last).to_be_in_viewport()
    await page.get_by_role("button", name="Ta över").click()
    await caller.write("det allra nyaste")
    await expect(page.get_by_text("det allra nyaste")).to_be_in_viewport()
    await page.get_by_text("meddelande 0", exact=True).scroll_into_view_if_needed()
    await caller.write("ännu nyare")
    newer = page.get_by_role("button", name="Visa nytt meddelande")
    await expect(newer).to_be_visible()
    await expect(page.get_by_text("meddelande 0", exact=True)).to_be_in_viewport()
    await newer.click()
    await expect(page.get_by_text("ännu nyare")).to_be_in_viewport()
    await expect(newer).to_be_hidden()


async def test_whoever_does_nothing_for_long_is_asked_before_the_session_ends(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    await page.locator(f"#take-{await console.ticket()}").wait_for()  # the page is live
    console.clock.go(minutes=29)
    console.cut_connections()
    await expect(page.get_by_role("dialog", name="Är du kvar?")).to_be_visible()
    await page.get_by_role("button", name="Stanna kvar").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    console.clock.go(minutes=29)
    ticket = await console.ticket()
    await expect(page.locator(f"#take-{ticket}")).to_be_visible()


async def test_a_session_that_ends_leads_to_the_login_page(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    console.clock.go(hours=1)
    await console.ticket()
    await expect(page.get_by_text("Du har loggats ut")).to_be_visible()


async def test_the_sound_is_off_until_it_is_switched_on_and_stays_on(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    switch = page.get_by_role("button", name="Ljud vid nytt ärende")
    await expect(switch).to_have_attribute("aria-pressed", "false")
    await switch.click()
    await expect(switch).to_have_attribute("aria-pressed", "true")
    await page.reload()
    await expect(switch).to_have_attribute("aria-pressed", "true")


async def test_without_script_a_ticket_can_be_taken_answered_and_closed(
    console: Console, browser: Browser
) -> None:
    await console.settled_account("Anna Berg")
    caller = await console.caller()
    ticket = await caller.ask_for_human()
    context = await browser.new_context(
        base_url=str(console.server.make_url("/")), java_script_enabled=False
    )
    page = await context.new_page()
    await log_in(page, "Anna Berg")
    await page.get_by_role("button", name="Ta över").click()
    await page.get_by_label("Skriv till den som hör av sig").fill("utan skript")
    await page.get_by_role("button", name="Skicka").click()
    await expect(messages(page, "coordinator")).to_have_text(["utan skript"])
    await page.get_by_text("Avsluta …").click()
    await page.get_by_label("Polisen").check()
    await page.get_by_role("button", name="Avsluta ärendet").click()
    await expect(page.get_by_text("Ingen väntar just nu.")).to_be_visible()
    await context.close()
    assert (await console.row(ticket)).outcome == "polis"
    assert await heard(caller) == ["utan skript"]


@pytest.mark.parametrize("viewport", [DESK, TABLET, {"width": 640, "height": 400}], ids=str)
async def test_no_page_has_to_be_scrolled_sideways(
    console: Console, open_page: Opener, viewport: Any
) -> None:
    page = await coordinator_at(console, await open_page(viewport=viewport))
    ticket = await full_conversation(console)
    too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    for path in ("", f"/arende/{ticket}", "/losenord"):
        await page.goto(f"/samordnare{path}")
        assert not await page.evaluate(too_wide)


async def full_conversation(console: Console) -> UUID:
    """A ticket with something of everything: messages by all, overdue, and others in the queue."""
    caller = await console.caller()
    await caller.write("Hej, jag är orolig för min systerson.")
    ticket = await caller.ask_for_human(Urgency.HOG)
    other = await console.coordinator("Björn Ek")
    await other.take(await console.ticket(Urgency.ORO))
    await console.ticket(Urgency.AKUT)
    console.clock.go(minutes=20)
    for urgency in (Urgency.AKUT, Urgency.INFO):
        await console.ticket(urgency)
    return ticket


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESK, TABLET], ids=["desk", "tablet"])
async def test_axe_finds_no_violation_on_any_page(
    console: Console, open_page: Opener, axe: str, scheme: Scheme, viewport: Any
) -> None:
    page = await open_page(scheme, viewport)
    found = {}

    async def look(state: str) -> None:
        await page.evaluate(axe)
        result = await page.evaluate("axe.run()")
        found[state] = [
            (one["id"], [node["html"] for node in one["nodes"]]) for one in result["violations"]
        ]

    await page.goto("/samordnare")
    await look("login")
    await log_in(page, "Ingen Alls", "fel lösenord")
    await page.get_by_role("alert").wait_for()
    await look("login refused")
    await log_in(page, "Cecilia Dahl", await console.account("Cecilia Dahl"))
    await page.get_by_role("heading", name="Välj ett eget lösenord").wait_for()
    await look("one-time password")
    await page.get_by_role("button", name="Logga ut").click()
    await coordinator_at(console, page, role=Role.ANSVARIG)
    await look("empty queue")
    ticket = await full_conversation(console)
    await page.goto("/samordnare")
    await look("queue")
    await page.goto(f"/samordnare/arende/{ticket}")
    await look("conversation of nobody")
    await page.get_by_role("button", name="Ta över").click()
    await page.get_by_text("Infoga färdig text …").click()
    await page.locator("#insert-list button").first.wait_for()
    for opened in ("edit-relation", "correcting"):
        await page.locator(f"#{opened}-open").click()
    caller = (await console.row(ticket)).conversation_id
    console.core.tell(PageSign(caller, uuid4(), is_open=True))
    console.core.tell(WritingSign(caller, Author.CALLER, is_writing=True))
    await expect(page.locator("#writing")).not_to_be_empty()
    await look("conversation, working")
    await page.locator("#inserting-open").click()
    await page.get_by_role("button", name="Genvägar").click()
    await look("shortcuts")
    await page.get_by_role("button", name="Stäng").click()
    box = page.get_by_label("Skriv till den som hör av sig")
    await box.fill("Hej, jag läser det du har skrivit.")
    await box.press("Enter")
    await expect(messages(page, "coordinator")).to_have_count(1)
    await page.get_by_text("Avsluta …").click()
    await look("conversation, closing")
    await page.get_by_label("Annat").check()
    await page.get_by_role("button", name="Avsluta ärendet").click()
    await page.goto(f"/samordnare/arende/{ticket}")
    await expect(page.get_by_text(re.compile("Avslutat. Utfall"))).to_be_visible()
    await look("closed")
    for path in ("sok?status=closed", "statistik", "rattelser", "granskningslogg"):
        await page.goto(f"/samordnare/{path}")
        await look(path)
    await page.goto(f"/samordnare/arende/{ticket}/utskrift")
    await look("print")
    await page.goto("/samordnare/kodapp")
    await look("code app")
    await page.goto("/samordnare/finns-inte")
    await look("not found")
    assert {state: faults for state, faults in found.items() if faults} == {}
