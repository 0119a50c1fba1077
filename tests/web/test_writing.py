"""The caller's page and signs of writing: sent to a coordinator alone, shown calmly."""

from __future__ import annotations

from playwright.async_api import Page, expect

from services.vocabulary import Author
from tests.web.fake_service import FakeService
from tests.web.steps import WORRY, field_of, log_of, write

WRITES = "Samordnaren skriver …"


async def test_nobody_is_told_that_the_caller_writes_to_the_assistant(
    page: Page, service: FakeService
) -> None:
    await field_of(page).press_sequentially(WORRY)
    await field_of(page).press("Enter")
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    await service.tell_of_coordinator(is_writing=True)
    await expect(page.get_by_text(WRITES)).to_be_visible()
    await service.tell_of_coordinator(is_writing=False, has_conversation=False)
    await expect(page.get_by_text(WRITES)).to_have_count(0)
    await field_of(page).press_sequentially("en fråga till")
    await field_of(page).press("Enter")
    await expect(log_of(page).locator(".from-bot")).to_have_count(3)
    assert service.typing_signs == 0


async def test_a_coordinator_is_told_seldom_and_not_of_an_emptied_field(
    page: Page, service: FakeService
) -> None:
    await page.clock.install()
    await service.tell_of_coordinator(is_writing=True)
    await expect(page.get_by_text(WRITES)).to_be_visible()
    for seconds, signs in ((0, 1), (2, 1), (1, 2), (3, 3)):
        await page.clock.fast_forward(seconds * 1000)
        await field_of(page).press_sequentially("några ord ")
        await service.wait_for_typing_signs(signs)
    await page.clock.fast_forward(3000)
    await field_of(page).fill("")
    await service.say(Author.COORDINATOR, "Ta den tid du behöver.")
    await expect(log_of(page)).to_contain_text("Ta den tid du behöver.")
    assert service.typing_signs == 3


async def test_the_writing_ends_by_itself_and_with_the_words(
    page: Page, service: FakeService
) -> None:
    await page.clock.install()
    await service.tell_of_coordinator(is_writing=True)
    await expect(page.get_by_text(WRITES)).to_be_visible()
    await page.clock.fast_forward(6_100)
    await expect(page.get_by_text(WRITES)).to_have_count(0)
    await service.tell_of_coordinator(is_writing=True)
    await expect(page.get_by_text(WRITES)).to_be_visible()
    await service.say(Author.COORDINATOR, "Hej.")
    await service.tell_of_coordinator(is_writing=False)
    await expect(page.get_by_text(WRITES)).to_have_count(0)


async def test_who_pauses_and_goes_on_is_announced_once(page: Page, service: FakeService) -> None:
    await page.clock.install()
    line = page.locator("#writing")
    announced = []
    for pause in (0, 10_000, 10_000, 60_000):
        await page.clock.fast_forward(pause)
        await expect(line).to_be_empty()
        await service.tell_of_coordinator(is_writing=True)
        await expect(line).to_have_text(WRITES)
        announced.append(await line.get_attribute("aria-live"))
    assert announced == ["polite", "off", "off", "polite"]


async def test_after_a_lost_connection_nobody_is_thought_to_write(
    page: Page, service: FakeService
) -> None:
    await service.tell_of_coordinator(is_writing=True)
    await expect(page.get_by_text(WRITES)).to_be_visible()
    service.coordinator.clear()
    service.break_streams()
    await expect(page.get_by_text(WRITES)).to_have_count(0)
    await write(page, WORRY)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    assert service.typing_signs == 0
