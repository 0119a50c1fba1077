"""Two coordinators and three callers at once, each in a Chromium of their own."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

from services.conversations.presence import PageSign, WritingSign
from services.vocabulary import Author
from tests.conftest import ScriptedRasa
from tests.console.conftest import Console
from tests.console.test_browser import Opener, coordinator_at, full_conversation, open_page

__all__ = ["open_page"]

PHONE = {"width": 412, "height": 915}
PICTURES = "PICTURES_DIR"
REFERENCE = re.compile(r"\b[A-Z0-9]{3}-[A-Z0-9]{3}\b")


async def caller_at(page: Page, text: str) -> Page:
    await page.goto("/")
    await write(page, text)
    await expect(page.locator("#log .from-bot").last).to_contain_text(REFERENCE)
    return page


async def write(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Skriv ditt meddelande")
    await box.fill(text)
    await box.press("Enter")


async def take_and_write(page: Page, reference: str, text: str) -> None:
    await page.get_by_role("button", name=f"Ta över {reference}").click()
    box = page.get_by_label("Skriv till den som hör av sig")
    await box.fill(text)
    await box.press("Enter")
    await expect(page.locator(".message-coordinator .message-text")).to_have_text([text])


async def references(page: Page) -> list[str]:
    """The references of those who wait, the longest waiting first."""
    buttons: Any = page.get_by_role("button", name="Ta över")
    await expect(buttons).to_have_count(3)
    names = [await one.get_attribute("aria-label") or "" for one in await buttons.all()]
    texts = [await one.inner_text() for one in await buttons.all()]
    return [(name or text).split()[-1] for name, text in zip(names, texts, strict=True)]


async def test_nobody_hears_what_is_said_to_somebody_else(
    console: Console, open_page: Opener, rasa: ScriptedRasa
) -> None:
    rasa.answer = lambda request: {"handover": {"samtycke": True}}
    callers = []
    for number in range(3):
        callers.append(await caller_at(await open_page(viewport=PHONE), f"Hej, nummer {number}"))
        console.clock.go(seconds=30)
    rasa.answer = lambda request: {"answer": "toleransprojektet"}
    anna = await coordinator_at(console, await open_page())
    bjorn = await coordinator_at(console, await open_page(), "Björn Ek")
    first, second, _ = await references(anna)
    await take_and_write(anna, first, "Hej, jag heter Anna.")
    await take_and_write(bjorn, second, "Hej, jag heter Björn.")
    for page, heard, not_heard in (
        (callers[0], "Hej, jag heter Anna.", "Björn"),
        (callers[1], "Hej, jag heter Björn.", "Anna"),
    ):
        log = page.locator("#log")
        await expect(log).to_contain_text(heard)
        await expect(log).not_to_contain_text(not_heard)
    for number, caller in enumerate(callers):
        await write(caller, f"Svar från nummer {number}")
    await expect(anna.locator(".message-caller").last).to_contain_text("Svar från nummer 0")
    await expect(bjorn.locator(".message-caller").last).to_contain_text("Svar från nummer 1")
    # The third has nobody yet: the assistant answers, and only there.
    third = callers[2].locator("#log")
    await expect(third).to_contain_text("Toleransprojektet")
    await expect(third).not_to_contain_text("jag heter")
    for caller in callers[:2]:
        await expect(caller.locator("#log")).not_to_contain_text("Toleransprojektet")


async def test_the_handbooks_pictures_are_of_the_console_as_it_is(
    console: Console, open_page: Opener
) -> None:
    page = await coordinator_at(console, await open_page())
    ticket = await full_conversation(console)
    await page.goto("/samordnare")
    await expect(page.get_by_role("button", name="Ta över").first).to_be_visible()
    await keep(page, "queue")
    await page.goto(f"/samordnare/arende/{ticket}")
    await page.get_by_role("button", name="Ta över").click()
    await expect(page.get_by_text("Du har samtalet. Assistenten är tyst.")).to_be_visible()
    caller = (await console.row(ticket)).conversation_id
    console.core.tell(PageSign(caller, uuid4(), is_open=True))
    console.core.tell(WritingSign(caller, Author.CALLER, is_writing=True))
    await expect(page.locator("#writing")).not_to_be_empty()
    await keep(page, "console")


async def keep(page: Page, name: str) -> None:
    """Keep a picture for the handbook, when ``make pictures`` asks for it."""
    if folder := os.environ.get(PICTURES):
        await page.screenshot(path=Path(folder) / f"{name}.png")
