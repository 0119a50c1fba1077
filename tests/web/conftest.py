"""A real Chromium, a page of it, and the fake service behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Page

from tests.web.fake_service import FakeService

PHONE = {"width": 360, "height": 740}


@pytest.fixture
async def service() -> FakeService:
    """What answers the page."""
    return FakeService()


@pytest.fixture
async def address(service: FakeService) -> AsyncIterator[str]:
    """Where the page is served."""
    server = TestServer(service.application())
    await server.start_server(shutdown_timeout=0.1)
    yield str(server.make_url("/"))
    await server.close()


@pytest.fixture
async def context(browser: Browser, address: str) -> AsyncIterator[BrowserContext]:
    """A fresh browser profile the size of a phone; the neutral page is a stand-in."""
    opened = await browser.new_context(viewport=PHONE, locale="sv-SE", base_url=address)
    opened.set_default_timeout(10_000)
    await opened.route(
        "https://www.smhi.se/",
        lambda route: route.fulfill(body="<title>Väder</title>", content_type="text/html"),
    )
    yield opened
    await opened.close()


@pytest.fixture
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """The chat page, greeted. No script may fail and nothing may break the security policy."""
    opened = await context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console",
        lambda message: (
            faults.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    await opened.goto("/")
    await opened.get_by_text("Jag är en AI-assistent").wait_for()
    yield opened
    assert faults == []
