"""The chat on a municipality's own page: from another origin, beside hostile style, on a phone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, FrameLocator, Locator, Page, expect

from services.settings import ROOT
from tests.web.conftest import PHONE
from tests.web.fake_service import FakeService
from tests.web.steps import NEUTRAL, WORRY

DESKTOP = {"width": 1280, "height": 800}
HOSTILE = """
  * { display: none !important; visibility: hidden !important; color: red !important;
      font: 40px/3 monospace !important; letter-spacing: 1em !important; }
  html, head, body, main, h1 { display: block !important; visibility: visible !important; }
  body { transform: rotate(2deg); filter: grayscale(1); overflow: hidden; contain: strict; }
  oroslotsen-chat { position: static !important; opacity: 0 !important; pointer-events: none;
      transform: scale(0) !important; inset: -999px !important; z-index: -1 !important; }
  main { position: fixed; inset: 0; z-index: 2147483647; background: white; }
"""
PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8">
<title>Exempelby kommun</title><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; script-src {service}; frame-src {service}; img-src 'self'{more}">
{style}<script src="{service}/embed.js" async {data}></script></head>
<body><main><h1>Exempelby</h1>{body}<a href="/annan">En annan sida</a></main></body></html>"""


class Town:
    """A municipality's web site. ``head``, ``data`` and ``body`` are what a test puts in it."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.lang, self.data, self.body, self.style = "sv", "", "", ""

    async def show(self, _request: web.Request) -> web.Response:
        style, more = "", ""
        if self.style:
            style, more = f"<style>{self.style}</style>", "; style-src 'unsafe-inline'"
        text = PAGE.format(
            lang=self.lang, service=self.service, data=self.data,
            body=self.body, style=style, more=more,
        )  # fmt: skip
        return web.Response(text=text, content_type="text/html")


@pytest.fixture
async def town(service: FakeService) -> AsyncIterator[Town]:
    """A town's site on ``localhost``, which the service at 127.0.0.1 lets embed it."""
    town = Town("")
    site = web.Application()
    site.router.add_get("/{path:.*}", town.show)
    async with TestServer(site, host="127.0.0.1") as host:
        town.url = f"http://localhost:{host.port}/"
        service.embed_origins = (town.url.rstrip("/"),)
        server = TestServer(service.application(), host="127.0.0.1")
        await server.start_server(shutdown_timeout=0.1)
        town.service = str(server.make_url("/")).rstrip("/")
        yield town
        await server.close()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
async def visitor(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """A fresh browser profile on a page of its own; no script may fail."""
    context = await browser.new_context(viewport=request.param, locale="sv-SE")
    context.set_default_timeout(10_000)
    await context.route(
        NEUTRAL, lambda route: route.fulfill(body="<title>Väder</title>", content_type="text/html")
    )
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda said: faults.append(said.text) if "Security Policy" in said.text else None,
    )
    yield page
    await context.close()
    assert faults == []


def button_of(page: Page) -> Locator:
    return page.get_by_role("button", name="Chatta om oro")


def chat_of(page: Page) -> FrameLocator:
    return page.frame_locator("oroslotsen-chat iframe")


async def open_chat(page: Page) -> FrameLocator:
    await button_of(page).click()
    chat = chat_of(page)
    await chat.get_by_text("Jag är en AI-assistent").wait_for()
    return chat


async def say(chat: FrameLocator, text: str) -> None:
    field = chat.get_by_label("Skriv ditt meddelande")
    await field.fill(text)
    await field.press("Enter")
    await expect(chat.get_by_role("log")).to_contain_text("Du behöver inte vara säker")


async def test_one_script_puts_the_chat_on_the_page(
    visitor: Page, town: Town, service: FakeService
) -> None:
    await visitor.goto(town.url)
    await expect(button_of(visitor)).to_have_attribute("aria-expanded", "false")
    assert service.opened == 0, "nothing is asked for until somebody wants to chat"
    chat = await open_chat(visitor)
    await say(chat, WORRY)
    await expect(chat.get_by_role("link", name="Lämna sidan snabbt")).to_be_in_viewport()
    await expect(chat.get_by_role("link", name="Fara nu?")).to_be_in_viewport()
    if visitor.viewport_size == DESKTOP and (folder := os.environ.get("PICTURES_DIR")):
        await visitor.screenshot(path=Path(folder) / "embed.png")


async def test_only_its_own_origin_is_asked_and_nothing_is_stored_on_the_town_s_page(
    visitor: Page, town: Town
) -> None:
    asked: set[str] = set()
    visitor.on("request", lambda request: asked.add("/".join(request.url.split("/")[:3])))
    await visitor.goto(town.url)
    await say(await open_chat(visitor), WORRY)
    assert asked == {town.url.rstrip("/"), town.service}
    stored = "[document.cookie, localStorage.length, sessionStorage.length]"
    assert await visitor.evaluate(stored) == ["", 0, 0]
    assert await visitor.context.cookies() == []


async def test_the_town_s_scripts_can_t_read_what_is_written(visitor: Page, town: Town) -> None:
    await visitor.goto(town.url)
    await say(await open_chat(visitor), WORRY)
    seen = await visitor.evaluate(
        """() => {
          const chat = document.querySelector("oroslotsen-chat");
          const frame = chat.shadowRoot.querySelector("iframe");
          return [document.documentElement.outerHTML + chat.shadowRoot.innerHTML,
                  frame.contentDocument];
        }"""
    )
    assert WORRY not in seen[0]
    assert seen[1] is None


async def test_hostile_style_of_the_page_changes_nothing(visitor: Page, town: Town) -> None:
    await visitor.goto(town.url)
    await expect(button_of(visitor)).to_be_visible()
    before = await button_of(visitor).bounding_box()
    town.style = HOSTILE
    await visitor.goto(town.url)
    assert await button_of(visitor).bounding_box() == before
    chat = await open_chat(visitor)
    await expect(chat.get_by_role("link", name="Lämna sidan snabbt")).to_be_in_viewport()
    colour = "one => getComputedStyle(one).color"
    assert await button_of(visitor).evaluate(colour) == "rgb(255, 255, 255)"


async def test_the_keyboard_opens_closes_and_comes_back(visitor: Page, town: Town) -> None:
    await visitor.goto(town.url)
    await button_of(visitor).focus()
    await visitor.keyboard.press("Enter")
    panel = visitor.get_by_role("dialog", name="Oroslotsen, chatt")
    await expect(panel).to_be_visible()
    await expect(visitor.locator("oroslotsen-chat iframe")).to_be_focused()
    await visitor.get_by_role("button", name="Stäng chatten").focus()
    await visitor.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await expect(button_of(visitor)).to_be_focused()
    await expect(button_of(visitor)).to_have_attribute("aria-expanded", "false")


async def test_a_closed_panel_keeps_the_conversation(
    visitor: Page, town: Town, service: FakeService
) -> None:
    await visitor.goto(town.url)
    await say(await open_chat(visitor), WORRY)
    await visitor.get_by_role("button", name="Stäng chatten").click()
    await expect(visitor.get_by_role("dialog")).to_be_hidden()
    chat = await open_chat(visitor)
    await expect(chat.get_by_role("log")).to_contain_text(WORRY)
    assert service.opened == 1


async def test_where_frames_may_remember_nothing_the_next_page_begins_anew(
    visitor: Page, town: Town, service: FakeService
) -> None:
    """As in this browser's private windows: storage of other sites is closed to frames."""
    await visitor.goto(town.url)
    await say(await open_chat(visitor), WORRY)
    await visitor.get_by_role("button", name="Stäng chatten").click()
    await visitor.get_by_role("link", name="En annan sida").click()
    await visitor.wait_for_url("**/annan")
    await say(await open_chat(visitor), WORRY)
    assert service.opened == 2


async def test_the_way_out_takes_the_whole_window(visitor: Page, town: Town) -> None:
    await visitor.goto(town.url)
    chat = await open_chat(visitor)
    await chat.get_by_role("link", name="Lämna sidan snabbt").click()
    await expect(visitor).to_have_url(NEUTRAL)


async def test_escape_three_times_leaves_before_anything_was_pressed_in_the_chat(
    visitor: Page, town: Town
) -> None:
    await visitor.goto(town.url)
    await button_of(visitor).focus()
    await visitor.keyboard.press("Enter")
    await chat_of(visitor).get_by_text("Jag är en AI-assistent").wait_for()
    await expect(visitor.locator("oroslotsen-chat iframe")).to_be_focused()
    for _ in range(3):
        await visitor.keyboard.press("Escape")
    await expect(visitor).to_have_url(NEUTRAL)


async def test_another_site_can_t_show_the_chat(
    browser: Browser, town: Town, service: FakeService
) -> None:
    page = await browser.new_page()
    await page.goto(town.url.replace("localhost", "127.0.0.1"))
    async with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        await button_of(page).click()
    assert service.opened == 0
    await page.close()


@pytest.mark.parametrize(
    ("colour", "ink"),
    [
        ("#ffd500", "rgb(0, 0, 0)"),
        ("#6b2c5e", "rgb(255, 255, 255)"),
        ("#777", "rgb(0, 0, 0)"),
        ("red; background: url(https://example.org)", "rgb(255, 255, 255)"),
    ],
)
async def test_any_colour_is_readable(visitor: Page, town: Town, colour: str, ink: str) -> None:
    town.data = f'data-colour="{colour}"'
    await visitor.goto(town.url)
    found = await button_of(visitor).evaluate(
        "one => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"
    )
    assert found[0] == ink
    assert contrast(found[0], found[1]) >= 4.5


@pytest.mark.parametrize("state", ["closed", "open"])
async def test_axe_finds_no_violation_on_the_town_s_page(
    visitor: Page, town: Town, axe: str, state: str
) -> None:
    town.body = '<oroslotsen-chat colour="#ffd500" position="left"></oroslotsen-chat>'
    await visitor.goto(town.url)
    await expect(button_of(visitor)).to_be_visible()
    if state == "open":
        await open_chat(visitor)
    found: list[Any] = []
    for frame in visitor.frames:
        await frame.evaluate(axe)
        result = await frame.evaluate("axe.run(document, { iframes: false })")
        found += [
            (one["id"], [node["html"] for node in one["nodes"]]) for one in result["violations"]
        ]
    assert found == []


async def test_in_english_to_the_left_with_the_town_s_logo(visitor: Page, town: Town) -> None:
    town.lang, town.data = "en-GB", 'data-position="left" data-logo="/vapen.svg"'
    await visitor.goto(town.url)
    button = visitor.get_by_role("button", name="Chat about a worry")
    box = await button.bounding_box()
    assert box is not None
    assert box["x"] < 30
    await button.click()
    field = chat_of(visitor).get_by_label("Write your message")
    await expect(field).to_be_visible()


async def test_without_script_the_page_has_a_plain_link(browser: Browser, town: Town) -> None:
    town.body = f'<oroslotsen-chat><a href="{town.service}/">Öppna chatten</a></oroslotsen-chat>'
    page = await browser.new_page(java_script_enabled=False)
    await page.goto(town.url)
    await page.get_by_role("link", name="Öppna chatten").click()
    await expect(page.get_by_role("link", name="Sidan med alla telefonnummer")).to_be_visible()
    await page.close()


async def test_the_example_page_uses_what_there_is() -> None:
    example = (ROOT / "web" / "embed" / "example.html").read_text(encoding="utf-8")
    script = (ROOT / "web" / "embed" / "embed.js").read_text(encoding="utf-8")
    assert "/embed.js" in example
    for attribute in ("colour", "logo", "position", "language"):
        assert f'"{attribute}"' in script


def contrast(first: str, second: str) -> float:
    """Of two ``rgb(...)``, as WCAG 2.2 counts it."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    shares = [int(part) / 255 for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
