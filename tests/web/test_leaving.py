"""The way out, and that the page leaves no trace in the browser and asks nobody else."""

from __future__ import annotations

import asyncio

from playwright.async_api import BrowserContext, Page, expect

from tests.web.fake_service import FakeService
from tests.web.steps import NEUTRAL, WORRY, field_of, log_of, write


async def test_leaving_quickly_clears_the_tab_and_its_history(
    page: Page, service: FakeService, address: str
) -> None:
    await write(page, WORRY)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    await page.get_by_role("link", name="Lämna sidan snabbt").click()
    await page.wait_for_url(NEUTRAL)
    await page.go_back()
    assert page.url == "about:blank"
    await page.goto(address)
    await expect(log_of(page).locator(".from-bot")).to_have_count(1)
    await expect(log_of(page)).not_to_contain_text(WORRY)
    assert service.opened == 2


async def test_escape_three_times_leaves_and_twice_does_not(
    page: Page, service: FakeService
) -> None:
    await field_of(page).fill("halvfärdig tanke")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Esc en gång till lämnar sidan.")).to_be_visible()
    await page.keyboard.press("a")
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Esc två gånger till lämnar sidan.")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.wait_for_url(NEUTRAL)


async def test_the_page_goes_blank_and_forgets_before_the_neutral_page_has_come(
    page: Page,
) -> None:
    seen: asyncio.Future[list[object]] = asyncio.get_running_loop().create_future()
    await page.expose_binding("report", lambda _source, state: seen.set_result(state))
    await page.evaluate(
        """() => new MutationObserver(() =>
            report([document.body.innerText, document.title, sessionStorage.length, location.href])
        ).observe(document.body, { childList: true })"""
    )
    chat = page.url
    await write(page, WORRY)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    await page.get_by_role("link", name="Lämna sidan snabbt").click()
    assert await seen == ["Laddar …", "Laddar …", 0, chat]
    await page.wait_for_url(NEUTRAL)


async def test_the_language_can_be_changed_without_a_new_place_in_the_history(
    page: Page, service: FakeService
) -> None:
    await write(page, WORRY)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    entries = await page.evaluate("history.length")
    await page.get_by_role("link", name="In English").click()
    await expect(page.get_by_role("link", name="Danger now? Call 112")).to_be_visible()
    await expect(page.get_by_label("Write your message")).to_be_visible()
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    assert await page.evaluate("history.length") == entries
    assert await page.evaluate("document.documentElement.lang") == "en"
    assert service.opened == 1


async def test_the_page_asks_nobody_else_and_leaves_no_trace(
    context: BrowserContext, address: str
) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = await context.new_page()
    await page.goto("/")
    await write(page, WORRY)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    assert asked
    assert all(url.startswith(address) for url in asked)
    assert await context.cookies() == []
    assert await page.evaluate("localStorage.length") == 0
    assert await page.evaluate("document.cookie") == ""
