"""The caller's page in a real browser: nothing lost, nothing doubled, danger first, a way out."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from services.answers.reply import ContactBlock, Reply, TextBlock
from services.settings import ROOT
from services.vocabulary import Author, ContactId
from tests.web.fake_service import ACUTE, ADVICE, FakeService

NEUTRAL: Final = "https://www.smhi.se/"
WORRY: Final = "Jag är orolig för min bror, han har ändrats."


def field_of(page: Page) -> Locator:
    return page.get_by_label("Skriv ditt meddelande")


def log_of(page: Page) -> Locator:
    return page.get_by_role("log")


async def write(page: Page, text: str) -> None:
    await field_of(page).fill(text)
    await field_of(page).press("Enter")


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


async def test_enter_sends_and_shift_enter_breaks_the_line(
    page: Page, service: FakeService
) -> None:
    field = field_of(page)
    await field.focus()
    await page.keyboard.type("första")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("andra")
    await page.keyboard.press("Enter")
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    assert service.messages() == ["första\nandra"]
    await expect(field).to_have_value("")
    await expect(field).to_be_focused()


async def test_an_empty_message_is_not_sent(page: Page, service: FakeService) -> None:
    await write(page, "  \n ")
    await page.get_by_role("button", name="Skicka").click()
    await write(page, WORRY)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
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


async def test_a_choice_is_sent_by_its_id_and_older_choices_are_put_away(
    page: Page, service: FakeService
) -> None:
    await write(page, WORRY)
    await page.get_by_role("button", name="Vilka tecken ska jag se?").click()
    await expect(log_of(page).locator(".from-caller").last).to_contain_text("Vilka tecken")
    await expect(log_of(page).locator(".from-bot")).to_have_count(3)
    await expect(page.get_by_role("group", name="Gå vidare")).to_have_count(1)
    assert service.messages() == [WORRY, "Vilka tecken ska jag se?"]
    await service.say(Author.COORDINATOR, "Nu skriver du med mig.")
    await expect(page.get_by_role("group", name="Gå vidare")).to_have_count(0)


async def test_the_assistant_is_seen_writing_but_not_while_a_human_has_the_conversation(
    page: Page, service: FakeService
) -> None:
    service.reply = None
    await write(page, WORRY)
    await expect(page.get_by_text("Assistenten skriver")).to_be_visible()
    await service.say(Author.COORDINATOR, "Nu skriver du med mig.")
    await expect(page.get_by_text("Assistenten skriver")).to_have_count(0)
    await write(page, "tack")
    await expect(log_of(page).locator(".from-caller")).to_have_count(2)
    await service.say(Author.COORDINATOR, "Berätta mer.")
    await expect(log_of(page)).to_contain_text("Berätta mer.")
    await expect(page.get_by_text("Assistenten skriver")).to_have_count(0)


async def test_html_in_messages_is_shown_as_text(page: Page, service: FakeService) -> None:
    markup = "<img src=x onerror=\"document.title='fel'\"><b>fet</b>"
    service.reply = Reply(
        blocks=(
            TextBlock(text=markup),
            ContactBlock(
                id=ContactId("x"),
                name=markup,
                short_name="x",
                number="1",
                tel="javascript:alert(1)",
                audience=markup,
                open_now=None,
                hours=None,
            ),
        )
    )
    await write(page, markup)
    await service.say(Author.COORDINATOR, markup)
    for author in ("caller", "bot", "coordinator"):
        await expect(log_of(page).locator(f".from-{author}").last).to_contain_text(markup)
    await expect(log_of(page).locator("img, b, a")).to_have_count(0)
    await expect(page).to_have_title("Oroslotsen")


async def test_what_was_masked_before_storage_is_shown_masked(
    page: Page, service: FakeService
) -> None:
    service.reply = None
    await write(page, "han är född HEMLIGT")
    await expect(log_of(page).locator(".from-caller")).to_contain_text("han är född [dolt]")


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


async def test_everything_can_be_done_with_the_keyboard_alone(
    page: Page, service: FakeService
) -> None:
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Hoppa till skrivrutan")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(field_of(page)).to_be_focused()
    await page.keyboard.type(WORRY)
    await page.keyboard.press("Enter")
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_role("button", name="Hur pratar jag")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(log_of(page).locator(".from-bot")).to_have_count(3)
    await expect(log_of(page).locator(".from-caller").last).to_be_focused()
    assert service.messages() == [WORRY, ADVICE.choices[0].title]


async def test_what_comes_while_the_reader_looks_back_waits_behind_a_button(
    page: Page, service: FakeService
) -> None:
    for number in range(3):
        await write(page, f"fråga {number}")
        await expect(log_of(page).locator(".from-bot")).to_have_count(2 + number)
    await page.mouse.wheel(0, -10_000)
    await page.wait_for_function("() => scrollY === 0")
    await service.say(Author.COORDINATOR, "Hej.")
    button = page.get_by_role("button", name="Visa nytt svar")
    await expect(button).to_be_visible()
    assert await page.evaluate("scrollY") == 0
    await button.click()
    await expect(log_of(page).locator(".from-coordinator")).to_be_in_viewport()
    await expect(log_of(page).locator(".from-coordinator")).to_be_focused()
    await expect(button).to_be_hidden()


async def test_the_title_tells_of_replies_that_come_to_a_hidden_tab(
    page: Page, service: FakeService
) -> None:
    hide = """value =>
        Object.defineProperty(document, 'hidden', { value, configurable: true })"""
    await page.evaluate(hide, True)
    await service.say(Author.COORDINATOR, "Hej.")
    await expect(page).to_have_title("(1) Oroslotsen")
    await page.evaluate(hide, False)
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page).to_have_title("Oroslotsen")


async def test_characters_are_counted_near_the_end_and_too_many_are_not_sent(
    page: Page, service: FakeService
) -> None:
    await field_of(page).fill("å" * 7000)
    await expect(page.get_by_text("tecken kvar")).to_have_count(0)
    await field_of(page).fill("å" * 7990)
    await expect(page.get_by_text("10 tecken kvar")).to_be_visible()
    await write(page, "å" * 8003)
    await expect(page.get_by_text("3 tecken för mycket")).to_be_visible()
    await expect(field_of(page)).to_have_attribute("aria-invalid", "true")
    await write(page, "🌍" * 8000)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    assert service.messages() == ["🌍" * 8000]


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


async def test_the_page_says_what_matters_without_script(browser: Browser, address: str) -> None:
    context = await browser.new_context(java_script_enabled=False, base_url=address)
    page = await context.new_page()
    await page.goto("/")
    await expect(page.get_by_role("link", name="Fara nu? Ring 112")).to_be_visible()
    await expect(page.get_by_role("link", name="Lämna sidan snabbt")).to_be_visible()
    await expect(page.get_by_role("link", name="Sidan med alla telefonnummer")).to_be_visible()
    await expect(page.get_by_text("AI-assistent")).to_be_visible()
    await expect(page.get_by_text("Chatten startar")).to_be_hidden()
    await context.close()


async def test_nothing_is_cut_off_or_scrolls_sideways_at_320_pixels(
    page: Page, service: FakeService
) -> None:
    await page.set_viewport_size({"width": 320, "height": 256})
    await write(page, WORRY + " " + "å" * 200)
    await expect(log_of(page).locator(".from-bot")).to_have_count(2)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await expect(page.get_by_role("link", name="Lämna sidan snabbt")).to_be_in_viewport(ratio=1)
    await expect(page.get_by_role("link", name="Fara nu? Ring 112")).to_be_in_viewport(ratio=1)


async def test_the_languages_have_the_same_texts(page: Page) -> None:
    keys = """async language => {
        const { texts } = await import(`/static/chat/texts.${language}.js`);
        const { page, ...rest } = texts;
        return [Object.keys(rest), Object.keys(rest.author), Object.keys(page)];
    }"""
    swedish = await page.evaluate(keys, "sv")
    english = await page.evaluate(keys, "en")
    assert swedish[:2] == english[:2]
    html = (ROOT / "web/chat/index.html").read_text(encoding="utf-8")
    assert set(english[2]) == set(re.findall(r'data-text="(\w+)"', html))


def test_the_emergency_number_is_written_in_one_place_and_no_other_number_is() -> None:
    numbers = {
        (path.name, number)
        for path in (ROOT / "web/chat").iterdir()
        if path.suffix in {".html", ".js"}
        for number in re.findall(r"\b112\b|\b0\d{1,3}-\d[\d ]+|\b11\d \d\d\b", path.read_text())
    }
    assert numbers == {("index.html", "112")}
