"""What a coordinator is filling in stays as it was, though the ticket on the page is renewed."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from services.vocabulary import Urgency
from tests.console.conftest import Caller, Console
from tests.console.test_browser import Opener, coordinator_at, open_page

__all__ = ["open_page"]

# What a page shows does not depend on where it is stored.
pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


async def at_a_ticket(console: Console, open_page: Opener) -> tuple[Page, Caller]:
    """A coordinator at a ticket that they have taken, live, and its caller."""
    page = await coordinator_at(console, await open_page())
    caller = await console.caller()
    await page.goto(f"/samordnare/arende/{await caller.ask_for_human(Urgency.ORO)}")
    await page.get_by_role("button", name="Ta över").click()
    await page.get_by_text("Infoga färdig text …").wait_for()  # the page is live
    return page, caller


async def change_ticket(page: Page, caller: Caller) -> None:
    """Let the caller write what renews the ticket on the page."""
    await caller.write("han har en pistol och är på väg till skolan nu")
    await expect(page.get_by_role("heading", name="Varför akut")).to_be_visible()


async def test_what_is_begun_in_a_field_stays_when_the_ticket_changes(
    console: Console, open_page: Opener
) -> None:
    page, caller = await at_a_ticket(console, open_page)
    await page.locator("#edit-relation-open").click()
    field = page.get_by_label("Relation till personen", exact=True)
    await field.fill("fast")
    await change_ticket(page, caller)
    await expect(field).to_have_value("fast")
    await expect(field).to_be_focused()


async def test_what_is_marked_in_a_field_stays_marked_when_the_ticket_changes(
    console: Console, open_page: Opener
) -> None:
    page, caller = await at_a_ticket(console, open_page)
    await page.locator("#edit-relation-open").click()
    field = page.get_by_label("Relation till personen", exact=True)
    await field.press("Control+a")
    await change_ticket(page, caller)
    await page.keyboard.type("faster")
    await expect(field).to_have_value("faster")


async def test_what_is_chosen_stays_chosen_when_the_ticket_changes(
    console: Console, open_page: Opener
) -> None:
    page, caller = await at_a_ticket(console, open_page)
    await page.locator("summary", has_text="Avsluta").click()
    choice = page.locator("input[name=outcome]").first
    await choice.check()
    await change_ticket(page, caller)
    await expect(choice).to_be_checked()
