"""Only the municipality's own pages may call the chat's API from another address."""

from __future__ import annotations

import pytest

from tests.edges.conftest import EMBEDDER, Service

STRANGERS = [
    "https://evil.example",
    "https://www.example.org.evil.example",
    "http://www.example.org",
    "https://www.example.org:8443",
    "https://WWW.example.org",
    "https://example.org",
    "null",
    "",
]
ROUTES = [
    ("POST", "/api/chat/conversations"),
    ("POST", "/api/chat/messages"),
    ("POST", "/api/chat/typing"),
    ("GET", "/api/chat/events"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_page_that_may_embed_us_is_told_what_it_may_send(
    service: Service, method: str, path: str
) -> None:
    asked = {"Origin": EMBEDDER, "Access-Control-Request-Method": method}
    response = await service.client.options(path, headers=asked)
    assert response.status == 204
    assert response.headers["Access-Control-Allow-Origin"] == EMBEDDER
    assert method in response.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert response.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", STRANGERS)
async def test_a_strangers_page_is_allowed_nothing(service: Service, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    refused = await service.client.options("/api/chat/messages", headers=asked)
    assert refused.status == 403
    assert "Access-Control-Allow-Origin" not in refused.headers
    for site in ("cross-site", "same-site"):
        headers = {"Origin": origin, "Sec-Fetch-Site": site}
        opened = await service.client.post("/api/chat/conversations", headers=headers)
        assert opened.status == 403
        assert "Access-Control-Allow-Origin" not in opened.headers


async def test_a_page_that_may_embed_us_opens_and_reads(service: Service) -> None:
    headers = {"Origin": EMBEDDER, "Sec-Fetch-Site": "cross-site"}
    opened = await service.client.post("/api/chat/conversations", headers=headers)
    assert opened.status == 201
    assert opened.headers["Access-Control-Allow-Origin"] == EMBEDDER
    assert opened.headers["Access-Control-Expose-Headers"] == "Date, Retry-After"


async def test_an_error_can_be_read_there_too(service: Service) -> None:
    response = await service.client.post("/api/chat/messages", headers={"Origin": EMBEDDER})
    assert response.status == 401
    assert response.headers["Access-Control-Allow-Origin"] == EMBEDDER


@pytest.mark.parametrize("path", ["/", "/samordnare/logga-in", "/health/live", "/twilio/sms"])
async def test_nothing_but_the_chats_api_is_for_other_pages(service: Service, path: str) -> None:
    response = await service.client.get(path, headers={"Origin": EMBEDDER})
    assert "Access-Control-Allow-Origin" not in response.headers
    asked = {"Origin": EMBEDDER, "Access-Control-Request-Method": "POST"}
    assert (await service.client.options(path, headers=asked)).status in {403, 405}


async def test_our_own_page_needs_no_leave(service: Service) -> None:
    for site in ("same-origin", "none"):
        headers = {"Sec-Fetch-Site": site, "Origin": "https://oroslotsen.example.org"}
        assert (await service.client.post("/api/chat/conversations", headers=headers)).status == 201
