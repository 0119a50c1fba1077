"""What a person does on the page."""

from __future__ import annotations

from typing import Final

from playwright.async_api import Locator, Page

NEUTRAL: Final = "https://www.smhi.se/"
WORRY: Final = "Jag är orolig för min bror, han har ändrats."


def field_of(page: Page) -> Locator:
    return page.get_by_label("Skriv ditt meddelande")


def log_of(page: Page) -> Locator:
    return page.get_by_role("log")


async def write(page: Page, text: str) -> None:
    await field_of(page).fill(text)
    await field_of(page).press("Enter")
