"""The main job, end to end, in a real browser against the three real processes."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.system.conftest import Stack, one_time_password

WORRY = "Jag är orolig för min son, han har börjat hänga med nazister"
PHONE = {"width": 412, "height": 915}
BOT = "#log .message.from-bot"
PASSWORD = "ett långt lösenord för testet"

pytestmark = pytest.mark.timeout(420)


async def picture(page: Page, name: str) -> None:
    """Keep a picture of the page for the README, when ``make pictures`` asks for it."""
    if folder := os.environ.get("PICTURES_DIR"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def write(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Skriv ditt meddelande")
    await box.fill(text)
    await box.press("Enter")


def last_reply(page: Page):
    return page.locator(BOT).last


async def new_reply_after(page: Page, text: str):
    """Write and wait for the assistant's next message."""
    replies = page.locator(BOT)
    before = await replies.count()
    await write(page, text)
    await expect(replies).to_have_count(before + 1, timeout=10_000)
    return replies.last


async def test_a_worried_mother_gets_help_and_a_coordinator_takes_over(
    stack: Stack, browser: Browser
) -> None:
    context = await browser.new_context(locale="sv-SE", viewport=PHONE)
    page = await context.new_page()
    outside = []
    page.on("request", lambda request: outside.append(request.url))

    # Step 2: the chat page, a worry, help.
    await page.goto(stack.url)
    await expect(page.locator("#log")).to_contain_text("AI-assistent")
    reply = await new_reply_after(page, WORRY)
    await expect(reply).to_contain_text("031-365 00 00")
    await expect(reply).to_contain_text("020-100 200")
    await expect(reply).to_contain_text("AI-assistent")
    await expect(page.get_by_role("button", name="Prata med en samordnare").last).to_be_visible()

    await picture(page, "chat")

    # Step 3: a question about a milieu.
    reply = await new_reply_after(page, "Vad är den autonoma miljön?")
    await expect(reply).to_contain_text("autonom")
    await expect(reply).to_contain_text(re.compile(r"Käll(a|or) \(.*20\d\d"))

    # Step 4: danger.
    reply = await new_reply_after(page, "han har en pistol och är på väg till skolan nu")
    await expect(reply.get_by_role("alert").or_(reply).first).to_contain_text("Ring 112")

    # Step 5: contact, a few questions that can be skipped, a reference number.
    await page.get_by_role("button", name="Prata med en samordnare").last.click()
    reference = await go_through_intake(page)

    # Step 6: a coordinator logs in, sees the ticket, takes over; the bot is silent.
    desk = await browser.new_context(locale="sv-SE", viewport={"width": 1280, "height": 915})
    console = await desk.new_page()
    await log_in(console, stack)
    row = console.get_by_role("listitem").filter(has_text=reference)
    await expect(row).to_contain_text("Akut")
    await picture(console, "queue")
    await row.get_by_role("button", name="Ta över").click()
    await expect(console.get_by_text("Du har samtalet. Assistenten är tyst.")).to_be_visible()
    await console.get_by_label("Skriv till den som hör av sig").fill("Hej, jag heter Anna.")
    await console.get_by_role("button", name="Skicka").click()
    await expect(page.locator("#log")).to_contain_text("Hej, jag heter Anna.")

    bot_messages = page.locator(BOT)
    before = await bot_messages.count()
    await write(page, "Tack, skönt att prata med en människa")
    await expect(console.locator("#timeline")).to_contain_text("skönt att prata")
    assert await bot_messages.count() == before

    await picture(console, "console")

    # Handed back, the bot answers again.
    await console.get_by_role("button", name="Lämna tillbaka till assistenten").click()
    await expect(console.get_by_text("Väntar på en samordnare")).to_be_visible()
    reply = await new_reply_after(page, "Vad är Toleransprojektet?")
    await expect(reply).to_contain_text("Toleransprojektet")

    # Nothing was asked of anyone else, and a reload in the tab keeps the conversation.
    assert all(url.startswith((stack.url, "blob:", "data:")) for url in outside)
    await page.reload()
    await expect(page.locator("#log")).to_contain_text(WORRY)
    await expect(page.locator("#log")).to_contain_text(reference)


async def go_through_intake(page: Page) -> str:
    """Answer the first question, skip the others, confirm; give the reference number."""
    question = page.locator(BOT).last
    await expect(question).to_contain_text(re.compile(r"Fråga 1 av \d"))
    reply = await new_reply_after(page, "Han har fått nya kompisar som bara pratar om ras")
    for _ in range(6):
        if "Så här skriver jag till samordnaren" in (await reply.inner_text()):
            break
        count = await page.locator(BOT).count()
        await page.get_by_role("button", name="Hoppa över").last.click()
        await expect(page.locator(BOT)).to_have_count(count + 1)
        reply = page.locator(BOT).last
    await expect(reply).to_contain_text("pratar om ras")
    count = await page.locator(BOT).count()
    await page.get_by_role("button", name=re.compile("^Ja")).last.click()
    await expect(page.locator(BOT)).to_have_count(count + 1)
    found = re.search(r"[A-Z0-9]{3}-[A-Z0-9]{3}", await last_reply(page).inner_text())
    assert found
    return found[0]


async def log_in(console: Page, stack: Stack) -> None:
    """Log in with the one-time password of a new account, and choose one's own."""
    password = one_time_password(stack.command("coordinator", "add", "anna"))
    await console.goto(f"{stack.url}/samordnare")
    await console.get_by_label("Namn").fill("anna")
    await console.get_by_label("Lösenord").fill(password)
    await console.get_by_role("button", name="Logga in").click()
    await console.get_by_label("Engångslösenordet").fill(password)
    await console.get_by_label("Nytt lösenord", exact=True).fill(PASSWORD)
    await console.get_by_label("Nytt lösenord en gång till").fill(PASSWORD)
    await console.get_by_role("button", name="Spara lösenordet").click()
    await expect(console.get_by_role("heading", name="Kö")).to_be_visible()
