"""The pages: numbers from the knowledge, and no file but the pages' own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from services.answers.reply import ContactBlock
from services.channels.pages import Numbers, numbers_page, setup_pages
from services.channels.problems import problems_middleware
from services.conversations.appkeys import CORE, SETTINGS
from services.conversations.core import Core
from services.edges.setup import EDGE_MIDDLEWARES, setup_edges
from services.settings import Settings
from services.vocabulary import ContactId


@pytest.fixture
async def client(core: Core) -> AsyncIterator[TestClient]:
    app = web.Application(middlewares=(problems_middleware, *EDGE_MIDDLEWARES))
    app[CORE], app[SETTINGS] = core, Settings(_env_file=None)
    setup_edges(app)
    setup_pages(app)
    async with TestClient(TestServer(app)) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/", "/nummer", "/tillganglighet"])
async def test_a_page_is_not_kept_by_the_browser(client: TestClient, path: str) -> None:
    response = await client.get(path)
    assert response.status == 200
    assert response.content_type == "text/html"
    assert response.headers["Cache-Control"] == "no-store"
    assert " style=" not in (html := await response.text())
    assert "<style" not in html
    assert not re.search(r"<script(?! type=\"module\" src=\"/static/)", html)


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("chat/main.js", "text/javascript"),
        ("chat/chat.css", "text/css"),
        ("shared/icon.svg", "image/svg+xml"),
    ],
)
async def test_a_static_file_is_asked_for_again_and_sent_only_when_it_has_changed(
    client: TestClient, path: str, content_type: str
) -> None:
    response = await client.get(f"/static/{path}")
    assert response.status == 200
    assert response.content_type == content_type
    assert response.headers["Cache-Control"] == "no-cache"
    again = await client.get(f"/static/{path}", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status == 304
    assert await again.read() == b""


@pytest.mark.parametrize(
    "path",
    [
        "/static/../pyproject.toml",
        "/static/%2e%2e/pyproject.toml",
        "/static/..%2fservices%2fsettings.py",
        "/static/%2fetc%2fpasswd",
        "/static/chat",
        "/static/chat/index.html",
        "/static/chat/%00.js",
        f"/static/{'a' * 5000}.js",
        "/static/",
    ],
)
async def test_nothing_but_the_pages_files_is_served(client: TestClient, path: str) -> None:
    response = await client.get(URL(path, encoded=True))
    assert response.status == 404


async def test_every_number_a_caller_can_ring_is_on_the_page_without_script(
    client: TestClient, core: Core
) -> None:
    html = await (await client.get("/nummer")).text()
    contacts = [contact for _, contact in core.renderer.knowledge.all_contacts() if contact.number]
    assert len(contacts) > 5
    for contact in contacts:
        assert f'href="tel:{contact.tel}"' in html
        assert contact.number in html
    assert "<script" not in html


async def test_the_emergency_number_comes_first_on_both_pages(
    client: TestClient, core: Core
) -> None:
    emergency = core.renderer.knowledge.national_contacts[ContactId("112")]
    for path in ("/", "/nummer"):
        html = await (await client.get(path)).text()
        first = re.search(r'<a[^>]* href="tel:(\d+)"[^>]*>([^<]*)</a>', html)
        assert first is not None
        assert first[1] == emergency.tel
        assert first[2] == f"Fara nu? Ring {emergency.number}"


def test_markup_in_a_contact_is_shown_as_text() -> None:
    contact = ContactBlock(
        id=ContactId("x"),
        name="<b>namn</b>",
        short_name='" onclick="fel()',
        number="1",
        tel="1",
        audience="<script>fel()</script>",
        open_now=False,
        hours="Öppnar i morgon",
        note="<i>not</i>",
    )
    html = numbers_page(contact, [Numbers("<u>", (contact,))])
    assert not re.search(r"<(b|i|u|script)>|\" onclick", html)
    assert "&lt;b&gt;namn&lt;/b&gt;" in html
    assert "Stängt nu. Öppnar i morgon" in html


async def test_an_unknown_page_is_a_swedish_page_with_the_ways_on(client: TestClient) -> None:
    response = await client.get("/finns/inte")
    assert response.status == 404
    page = await response.text()
    assert "Sidan finns inte" in page
    assert "/nummer" in page
    assert response.headers["Content-Security-Policy"]


async def test_the_accessibility_statement_says_what_the_law_asks_for(client: TestClient) -> None:
    page = re.sub(r"\s+", " ", await (await client.get("/tillganglighet")).text())
    for said in (
        "Göteborg", "delvis förenlig", "Säg till om något brister", "digg.se/tdosanmalan",
        "Självskattning", "Bedömningen gjordes den",
    ):  # fmt: skip
        assert said in page


async def test_the_statement_is_found_from_every_first_page(client: TestClient) -> None:
    for path in ("/", "/nummer"):
        assert 'href="/tillganglighet"' in await (await client.get(path)).text()
