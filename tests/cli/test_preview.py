"""The editors' preview: every text in every form, faults shown clearly, fit for everyone's eyes."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Browser, expect

from services.answers.knowledge import Knowledge
from services.answers.loading import KnowledgeError
from services.cli.preview import FORMS, GROUPS, Preview, start_preview
from services.settings import ROOT
from services.vocabulary import MunicipalityId

TOLERANS = "answers/info/toleransprojektet.yml"
HOME = MunicipalityId("goteborg")
TUESDAY, SATURDAY_NIGHT = "2026-11-24T10:00", "2026-11-21T22:00"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge")


@pytest.fixture
async def client(content: Path) -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(Preview(content, HOME).application())) as opened:
        yield opened


async def page(client: TestClient, **wish: str) -> str:
    response = await client.get("/", params=wish)
    assert response.status == 200
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    return await response.text()


async def test_every_answer_and_phrase_is_shown_in_every_form(
    client: TestClient, knowledge: Knowledge
) -> None:
    whole = await page(client, grupp="alla", tid=TUESDAY)
    for id_ in (*knowledge.answers, *knowledge.phrases):
        shown = id_.replace("<", "&lt;")
        assert f"<code>{shown}</code>" in whole
    entries = len(knowledge.answers) + len(knowledge.phrases)
    assert f"{entries} texter visas" in whole
    for form in FORMS.values():
        assert whole.count(f"<h3>{form.name}") >= entries


async def test_the_hour_and_the_municipality_decide_the_contacts(client: TestClient) -> None:
    wish = {"q": "oro_narstaende", "form": "sms"}
    night = await page(client, **wish, kommun="goteborg", tid=SATURDAY_NIGHT)
    assert "Socialjouren 031-365 87 00" in night
    assert "031-365 87 00" not in await page(client, **wish, kommun="goteborg", tid=TUESDAY)
    assert "Malmös stödtelefon" in await page(client, **wish, kommun="malmo", tid=TUESDAY)


async def test_a_text_message_is_shown_as_the_phone_gets_it(client: TestClient) -> None:
    shown = await page(client, q="toleransprojektet", grupp="info", form="sms", tid=TUESDAY)
    assert "Svara 1" in shown
    assert "Svara 1" not in await page(client, q="akut_fara", form="sms", tid=TUESDAY)


async def test_a_number_is_heard_twice_on_the_phone(client: TestClient) -> None:
    shown = await page(client, q="oro_narstaende", form="telefon", tid=TUESDAY)
    assert "noll tre ett, tre sextiofem, noll noll, noll noll. Jag upprepar." in shown


async def test_english_is_shown_with_the_question_as_a_button_says_it(client: TestClient) -> None:
    wish = {"q": "toleransprojektet", "grupp": "info", "tid": TUESDAY}
    assert "What is Toleransprojektet" in await page(client, **wish, form="engelska-sms")
    assert "What is Toleransprojektet" not in await page(client, **wish, form="sms")
    heard = await page(client, q="oro_narstaende", form="engelska-telefon", tid=TUESDAY)
    assert "zero three one, three six five, zero zero, zero zero. I repeat." in heard


async def test_the_words_are_searched_in_what_is_shown(client: TestClient) -> None:
    found = await page(client, grupp="info", q="kungälvsmodellen")
    assert "1 text visas" in found
    assert "<code>toleransprojektet</code>" in found


async def test_what_is_old_is_marked_and_can_be_shown_alone(client: TestClient) -> None:
    assert "0 texter visas" in await page(client, grupp="alla", gamla="1", tid=TUESDAY)
    old = await page(client, grupp="oro", gamla="1", tid="2030-01-01T10:00")
    assert "13 texter visas" in old
    assert old.count("Skulle ha granskats 2027-05-21.") == 13


async def test_a_saved_change_is_seen_and_a_fault_stands_first_with_its_line(
    client: TestClient, content: Path
) -> None:
    path = content / TOLERANS
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("sätt att arbeta", "helt nytt sätt"), encoding="utf-8")
    assert "helt nytt sätt" in await page(client, grupp="info")
    path.write_text(text.replace("granskad:", "granskat:"), encoding="utf-8")
    broken = await page(client, grupp="info")
    assert "fel i filerna" in broken
    assert "toleransprojektet.yml, rad" in broken
    assert "helt nytt sätt" in broken, "the content as it last was right"


@pytest.mark.parametrize(
    "wish",
    [{"kommun": "finns-ej"}, {"grupp": "<script>"}, {"form": "x"}, {"tid": "i går"}, {"q": "<b>"}],
)
async def test_a_wish_that_makes_no_sense_harms_nothing(
    client: TestClient, wish: dict[str, str]
) -> None:
    shown = await page(client, **wish)
    assert "<script>" not in shown
    assert 'value="<b>"' not in shown


async def test_only_its_own_style_sheets_are_served(client: TestClient) -> None:
    assert (await client.get("/preview.css")).status == 200
    assert (await client.get("/other.css")).status == 404


async def test_a_preview_of_broken_content_says_what_is_wrong(content: Path) -> None:
    (content / TOLERANS).unlink()
    with pytest.raises(KnowledgeError):
        await start_preview(content, HOME, 0)


async def test_the_preview_is_served_on_loopback_only(content: Path) -> None:
    runner = await start_preview(content, HOME, 0)
    try:
        assert [address[0] for address in runner.addresses] == ["127.0.0.1"]
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_violation(
    browser: Browser, axe: str, client: TestClient, content: Path, scheme: Any
) -> None:
    # The policy of the page keeps foreign script out; the test's own has to get in.
    context = await browser.new_context(
        color_scheme=scheme,
        locale="sv-SE",
        viewport={"width": 1280, "height": 900},
        bypass_csp=True,
    )
    tab = await context.new_page()
    await tab.goto(str(client.make_url("/")) + f"?grupp=fraser&form=sms&tid={TUESDAY}")
    await tab.get_by_label("Grupp", exact=True).select_option(label=GROUPS["oro"])
    await tab.get_by_label("Sök", exact=True).fill("oro_narstaende")
    await tab.get_by_label("Form", exact=True).select_option(label="Alla former")
    await tab.get_by_role("button", name="Visa").click()
    heading = tab.get_by_role("heading", name="Jag är orolig för någon nära mig")
    await expect(heading).to_be_visible()
    if scheme == "light" and (folder := os.environ.get("PICTURES_DIR")):
        await tab.screenshot(path=Path(folder) / "preview.png")
    path = content / TOLERANS
    path.write_text(path.read_text(encoding="utf-8") + "\nfel: 1\n", encoding="utf-8")
    await tab.reload()
    await expect(tab.get_by_role("heading", name="1 fel i filerna")).to_be_visible()
    await tab.evaluate(axe)
    result: dict[str, Any] = await tab.evaluate("axe.run()")
    assert [(one["id"], len(one["nodes"])) for one in result["violations"]] == []
    await context.close()
