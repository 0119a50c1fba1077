"""axe-core finds nothing to complain about, in any state of the page, light or dark."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

from services.answers.reply import Reply, TextBlock
from services.channels.pages import setup_pages
from services.conversations.appkeys import CORE, SETTINGS
from services.conversations.core import Core
from services.edges.setup import setup_edges
from services.settings import Settings
from services.vocabulary import Author
from tests.web.conftest import PHONE
from tests.web.fake_service import FakeService
from tests.web.steps import field_of, log_of, write


async def violations(page: Page, axe: str) -> list[tuple[str, list[str]]]:
    await page.evaluate(axe)
    result: dict[str, Any] = await page.evaluate("axe.run()")
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in result["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_violation_in_any_state(
    browser: Browser, address: str, service: FakeService, axe: str, scheme: Any
) -> None:
    context = await browser.new_context(
        viewport=PHONE, color_scheme=scheme, base_url=address, locale="sv-SE"
    )
    page = await context.new_page()
    found = {}

    async def look(state: str) -> None:
        found[state] = await violations(page, axe)

    await page.goto("/")
    await page.get_by_text("Jag är en AI-assistent").wait_for()
    await look("greeted")
    await write(page, "Jag är orolig för min bror.")
    await page.get_by_text("Källa (2017)").click()
    await look("answered, source open")
    service.acute = True
    await write(page, "han är på väg dit nu")
    await expect(page.get_by_role("alert")).to_be_visible()
    await look("acute")
    service.acute, service.reply = False, None
    await write(page, "tack")
    await page.get_by_text("Assistenten skriver").wait_for()
    await look("assistant writing")
    taken_over = Reply(blocks=(TextBlock(text="Nu tar en samordnare över."),))
    await service.say(Author.SERVICE, taken_over)
    await service.say(Author.COORDINATOR, "- ett\n- två")
    await service.say(Author.BOT, Reply(blocks=(TextBlock(text="dina ord", quoted=True),)))
    await page.get_by_text("dina ord").wait_for()
    await service.tell_of_coordinator(is_writing=True)
    await page.get_by_text("Samordnaren skriver").wait_for()
    await write(page, "avvisa det här")
    await page.get_by_role("button", name="Ändra meddelandet").wait_for()
    await look("coordinator writing, quoted words, refused message")
    service.away = True
    service.break_streams()
    await write(page, "ett meddelande till")
    await page.get_by_text("Ansluter igen").wait_for()
    await field_of(page).fill("å" * 8001)
    await page.get_by_text("1 tecken för mycket").wait_for()
    await page.keyboard.press("Escape")
    await look("reconnecting, unsent, too long, leaving")
    service.away = False
    await page.goto("/?lang=en")
    await expect(log_of(page).locator(".from-caller").last).to_contain_text("ett meddelande till")
    await look("English")
    await context.close()
    assert {state: names for state, names in found.items() if names} == {}
    assert len(found) == 7


async def test_axe_finds_no_violation_on_the_pages_without_script(
    browser: Browser, axe: str, core: Core
) -> None:
    app = web.Application()
    app[CORE], app[SETTINGS] = core, Settings(_env_file=None)
    setup_edges(app)
    setup_pages(app)
    async with TestServer(app) as server:
        page = await browser.new_page(viewport=PHONE, base_url=str(server.make_url("/")))
        await page.goto("/nummer")
        await expect(page.get_by_role("heading", name="Telefonnummer")).to_be_visible()
        assert await violations(page, axe) == []
        await page.goto("/tillganglighet")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert await violations(page, axe) == []
        await page.close()


@pytest.mark.parametrize("size", [(320, 256), (1280, 800)])
async def test_targets_are_large_enough_for_a_thumb(
    page: Page, service: FakeService, size: tuple[int, int]
) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await write(page, "Jag är orolig för min bror.")
    await expect(page.get_by_role("group", name="Gå vidare")).to_be_visible()
    small = (
        "() => [...document.querySelectorAll('.top a, .button, textarea')]"
        ".filter(one => one.offsetParent && one.getBoundingClientRect().height < 44)"
        ".map(one => one.outerHTML)"
    )
    assert await page.evaluate(small) == []
