"""The chat page speaks with its own service and nobody else, and leaves nothing in the browser."""

from __future__ import annotations

from playwright.async_api import BrowserContext, Request
from yarl import URL

from tests.web.fake_service import FakeService


async def test_every_request_of_the_page_goes_to_its_own_origin(
    context: BrowserContext, address: str, service: FakeService
) -> None:
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    context.on("request", note)
    page = await context.new_page()
    for start in ("/", "/?lang=en", "/nummer", "/tillganglighet", "/finns-inte"):
        await page.goto(start)
        await page.wait_for_load_state()
    await page.goto("/")
    await page.get_by_text("Jag är en AI-assistent").wait_for()
    await page.get_by_label("Skriv ditt meddelande").fill("Vad är det här?")
    await page.get_by_role("button", name="Skicka").click()
    await page.get_by_text("Du behöver inte vara säker").wait_for()
    assert len(asked) > 10
    own = URL(address).origin()
    assert {str(URL(request.url).origin()) for request in asked} == {str(own)}
    for request in asked:
        headers = await request.all_headers()
        assert "cookie" not in headers
        assert "referer" not in headers


async def test_the_page_sets_no_cookie_and_keeps_nothing_beyond_the_tab(
    context: BrowserContext, service: FakeService
) -> None:
    page = await context.new_page()
    await page.goto("/")
    await page.get_by_text("Jag är en AI-assistent").wait_for()
    assert await context.cookies() == []
    assert await page.evaluate("localStorage.length") == 0
    assert await page.evaluate("async () => (await indexedDB.databases()).length") == 0
    assert await page.evaluate("async () => (await caches.keys().catch(() => [])).length") == 0
    assert (
        await page.evaluate(
            "async () => (await navigator.serviceWorker?.getRegistrations() ?? []).length"
        )
        == 0
    )


async def test_a_page_that_is_refused_shows_whom_to_call_and_tries_again(
    context: BrowserContext, service: FakeService
) -> None:
    page = await context.new_page()
    await page.goto("/")
    await page.get_by_text("Jag är en AI-assistent").wait_for()
    service.too_often = 1
    await page.get_by_label("Skriv ditt meddelande").fill("hej")
    await page.get_by_role("button", name="Skicka").click()
    await page.get_by_text("En påhittad orostelefon").first.wait_for()
    await page.get_by_text("Vi väntar lite med det här.").wait_for()
    await page.get_by_text("Du behöver inte vara säker").wait_for(timeout=15_000)
    assert len(service.attempts) == 2


async def test_an_acute_message_does_not_wait_behind_one_that_is_refused(
    context: BrowserContext, service: FakeService
) -> None:
    page = await context.new_page()
    await page.goto("/")
    await page.get_by_text("Jag är en AI-assistent").wait_for()
    service.too_often = 1_000
    await page.get_by_label("Skriv ditt meddelande").fill("hej")
    await page.get_by_role("button", name="Skicka").click()
    await page.get_by_text("Vi väntar lite med det här.").wait_for()
    service.acute = True
    await page.get_by_label("Skriv ditt meddelande").fill("fara nu")
    await page.get_by_role("button", name="Skicka").click()
    await page.get_by_text("Ring nödnumret nu.").wait_for()
    assert service.messages() == ["fara nu"]
