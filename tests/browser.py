"""A real Chromium and axe-core, for every test that looks at a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_AXE = Path(__file__).parent / "web" / "node_modules" / "axe-core" / "axe.min.js"


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
