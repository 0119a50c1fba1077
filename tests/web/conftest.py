"""A real Chromium, a page of it, and the fake service behind it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.web.fake_service import FakeService

PHONE = {"width": 360, "height": 740}
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


def missing(what: str) -> None:
    """Count the test as not run, by the name of what is missing; under CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"missing: {what}")
    pytest.skip(f"missing: {what}")


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's source."""
    if not _AXE.is_file():
        missing("axe-core (run `npm ci` in tests/web)")
    return _AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    path = shutil.which("chromium")
    if path is None:
        missing("chromium (Debian's package chromium)")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield opened
        await opened.close()


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
