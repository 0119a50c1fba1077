"""The caller's page in a real browser: writing, reading, choosing, by hand and by keyboard."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Page, expect

from services.answers.reply import ContactBlock, Reply, TextBlock
from services.settings import ROOT
from services.vocabulary import Author, ContactId
from tests.web.fake_service import ADVICE, FakeService
from tests.web.steps import WORRY, field_of, log_of, write


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


async def test_a_reply_is_marked_with_its_language(page: Page, service: FakeService) -> None:
    service.reply = ADVICE.model_copy(update={"language": "en"})
    await write(page, "Do you speak English?")
    words = log_of(page).locator(".from-bot .words")
    await expect(words.last).to_have_attribute("lang", "en")
    await expect(words.first).to_have_attribute("lang", "sv")
    await expect(words.last.get_by_role("link", name="Call")).to_be_visible()
    await expect(words.last.locator("details ul")).to_have_attribute("lang", "sv")
    await expect(log_of(page).locator(".choices")).to_have_attribute("lang", "en")


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
