"""Nothing is lost and nothing doubled, whatever the network does; danger is answered first."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import BrowserContext, Page, expect

from services.vocabulary import Author
from tests.web.fake_service import ACUTE, FakeService
from tests.web.steps import WORRY, field_of, log_of, write


async def test_a_message_is_sent_and_its_reply_shown(page: Page, service: FakeService) -> None:
    await write(page, WORRY)
    log = log_of(page)
    await expect(log.locator(".from-caller")).to_contain_text(WORRY)
    await expect(log.locator(".from-caller .who")).to_have_text("Du")
    reply = log.locator(".from-bot").last
    await expect(reply.get_by_role("listitem").first).to_have_text("Lyssna mer än du argumenterar.")
    call = reply.get_by_role("link", name="Ring 000-00 00 00, Orostelefonen")
    await expect(call).to_have_attribute("href", "tel:+46000000000")
    await expect(reply).to_contain_text("Stängt nu. Öppnar måndag 12.00")
    await expect(reply.get_by_text("Källa (2017)")).to_be_visible()
    assert service.messages() == [WORRY]


async def test_a_reload_shows_the_same_conversation_and_the_draft(
    page: Page, service: FakeService
) -> None:
    await write(page, WORRY)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    await field_of(page).fill("halvfärdig tanke")
    await page.reload()
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    await expect(log_of(page).locator(".from-caller")).to_have_text(re.compile(re.escape(WORRY)))
    await expect(field_of(page)).to_have_value("halvfärdig tanke")
    assert service.opened == 1


async def test_what_was_said_before_a_reload_is_not_read_aloud_again(
    page: Page, service: FakeService
) -> None:
    service.acute = True
    service.clock = lambda: datetime.now(UTC) - timedelta(minutes=1)
    await write(page, "han är på väg nu")
    await expect(page.get_by_role("alert")).to_have_count(1)
    service.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
    await page.reload()
    await expect(log_of(page).locator(".urgent")).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)
    await service.say(Author.BOT, ACUTE)
    await expect(page.get_by_role("alert")).to_have_count(1)


async def test_a_lost_acknowledgement_is_retried_under_the_same_id_and_shown_once(
    page: Page, service: FakeService
) -> None:
    service.lose_acknowledgements = 1
    await write(page, WORRY)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    await page.wait_for_function("() => JSON.parse(sessionStorage.oroslotsen).outbox.length === 0")
    await write(page, "och en sak till")
    await expect(log_of(page).locator(".from-bot")).to_have_count(3)
    await expect(log_of(page).locator(".from-caller")).to_have_count(2)
    await expect(log_of(page)).not_to_contain_text("Inte skickat än")
    assert service.messages() == [WORRY, "och en sak till"]
    assert len(set(service.attempts)) == 2


async def test_an_unsent_message_survives_a_reload_and_is_sent_once(
    page: Page, service: FakeService
) -> None:
    service.away = True
    await write(page, WORRY)
    await expect(log_of(page)).to_contain_text("Inte skickat än")
    await page.reload()
    await expect(log_of(page)).to_contain_text(WORRY)
    assert service.messages() == []
    service.away = False
    await expect(log_of(page)).to_contain_text("Lyssna mer än du argumenterar.")
    await expect(log_of(page)).not_to_contain_text("Inte skickat än")
    assert service.messages() == [WORRY]
    assert len(set(service.attempts)) == 1


async def test_what_is_written_offline_is_sent_in_order_when_the_network_is_back(
    page: Page, context: BrowserContext, service: FakeService
) -> None:
    await context.set_offline(True)
    service.break_streams()
    await write(page, "ett")
    await write(page, "två")
    unsent = log_of(page).locator(".from-caller").first
    await expect(unsent).to_contain_text("Inte skickat än")
    await expect(unsent.get_by_role("link")).to_have_attribute("href", re.compile("^tel:"))
    await expect(page.get_by_text("Du är utan uppkoppling")).to_be_visible()
    await context.set_offline(False)
    await expect(log_of(page).locator(".from-bot")).to_have_count(3)
    await expect(page.get_by_text("Du är utan uppkoppling")).to_have_count(0)
    assert service.messages() == ["ett", "två"]


async def test_a_broken_stream_is_resumed_after_the_last_event(
    page: Page, service: FakeService
) -> None:
    await write(page, WORRY)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    service.break_streams()
    await service.say(Author.COORDINATOR, "Hej, jag är samordnare.")
    coordinator = log_of(page).locator(".from-coordinator")
    await expect(coordinator).to_contain_text("Hej, jag är samordnare.")
    await expect(coordinator.locator(".who")).to_have_text("Samordnaren")
    await expect(log_of(page).locator(".message")).to_have_count(4)
    assert service.resumed_from == [None, "2"]


async def test_a_service_that_is_away_at_first_is_waited_for(
    context: BrowserContext, service: FakeService
) -> None:
    service.away = True
    page = await context.new_page()
    await page.goto("/")
    await write(page, WORRY)
    await expect(page.get_by_text("Vi når inte tjänsten just nu")).to_be_visible()
    await expect(log_of(page)).to_contain_text("Inte skickat än")
    service.away = False
    await expect(log_of(page)).to_contain_text("Lyssna mer än du argumenterar.")
    assert service.messages() == [WORRY]


async def test_an_acute_reply_is_shown_at_once_and_once(page: Page, service: FakeService) -> None:
    service.acute = True
    service.break_streams()
    await write(page, "han är på väg dit nu")
    urgent = log_of(page).get_by_role("alert")
    await expect(urgent).to_contain_text("Viktigt")
    await expect(urgent).to_contain_text("Ring nödnumret nu.")
    await expect(log_of(page).get_by_role("link", name="Ring 112")).to_be_visible()
    await service.say(Author.COORDINATOR, "Jag är här.")
    await expect(log_of(page)).to_contain_text("Jag är här.")
    await expect(log_of(page).locator(".urgent")).to_have_count(1)
    await expect(log_of(page).locator(".message")).to_have_count(4)


async def test_an_acute_message_that_could_not_be_stored_gets_its_reply_and_is_sent_later(
    page: Page, service: FakeService
) -> None:
    service.acute_away = service.acute = True
    await write(page, "han är på väg dit nu")
    await expect(log_of(page).get_by_role("alert")).to_contain_text("Ring nödnumret nu.")
    await expect(log_of(page)).to_contain_text("Ditt meddelande är inte sparat än.")
    assert service.messages() == []
    service.acute_away = False
    await expect(log_of(page)).not_to_contain_text("inte sparat")
    await expect(log_of(page).locator(".urgent")).to_have_count(1)
    await expect(log_of(page).locator(".message")).to_have_count(3)
    assert service.messages() == ["han är på väg dit nu"]


async def test_a_message_that_the_service_refuses_is_given_back_to_the_caller(
    page: Page, service: FakeService
) -> None:
    await write(page, "avvisa det här")
    await expect(log_of(page)).to_contain_text("Meddelandet kunde inte skickas.")
    await log_of(page).get_by_role("button", name="Ändra meddelandet").click()
    await expect(field_of(page)).to_have_value("avvisa det här")
    await expect(field_of(page)).to_be_focused()
    await expect(log_of(page).locator(".from-caller")).to_have_count(0)
    await write(page, WORRY)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    assert service.messages() == [WORRY]


async def test_a_conversation_that_is_gone_starts_anew_with_an_explanation(
    page: Page, service: FakeService
) -> None:
    await write(page, WORRY)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    service.forget()
    await expect(log_of(page).locator(".from-service")).to_contain_text("ett nytt samtal")
    await expect(log_of(page).locator(".from-bot")).to_contain_text("AI-assistent")
    await write(page, "en gång till")
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    assert service.opened == 2
    assert service.messages() == ["en gång till"]


async def test_what_was_masked_before_storage_is_shown_masked(
    page: Page, service: FakeService
) -> None:
    service.reply = None
    await write(page, "han är född HEMLIGT")
    await expect(log_of(page).locator(".from-caller")).to_contain_text("han är född [dolt]")
