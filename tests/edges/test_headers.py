"""Every response, whatever it answers, has the headers that keep it to itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.conversations.appkeys import INBOX
from tests.edges.conftest import EMBEDDER, Service, settings_for

ALWAYS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
}
PAGES = ["/", "/nummer", "/tillganglighet", "/finns-inte", "/static/chat/finns-inte.js"]
CONSOLE = ["/samordnare", "/samordnare/logga-in", "/samordnare/finns-inte"]
REQUESTS = [
    *(("GET", path, None) for path in PAGES + CONSOLE),
    ("GET", "/static/chat/main.js", 200),
    ("GET", "/health/live", 200),
    ("GET", "/api/openapi.json", 200),
    ("POST", "/api/chat/conversations", 201),
    ("POST", "/api/chat/messages", 401),
    ("GET", "/api/chat/events", 401),
    ("DELETE", "/api/chat/messages", 405),
    ("PUT", "/nummer", 405),
    ("PUT", "/samordnare/logga-in", 405),
    ("GET", "/api/finns-inte", 404),
    ("POST", "/twilio/sms", 403),
    ("POST", "/twilio/voice", 403),
    ("POST", "/twilio/sms/status/inget", 403),
    ("POST", "/api/probe/end", 401),
    ("OPTIONS", "/api/chat/messages", 405),
]


def is_safe(headers: Any) -> bool:
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'"), policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "frame-ancestors" in policy
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Set-Cookie" not in headers
    assert headers["Server"] == "Oroslotsen"
    return ALWAYS.items() <= dict(headers).items()


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
async def test_every_response_has_the_safe_headers(
    service: Service, method: str, path: str, status: int | None
) -> None:
    response = await service.client.request(method, path, allow_redirects=False)
    assert status is None or response.status == status
    assert is_safe(response.headers)
    kept = "no-cache" if path == "/static/chat/main.js" else "no-store"
    assert response.headers["Cache-Control"] == kept


async def test_what_is_too_large_or_goes_wrong_has_them_too(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer = await service.open()
    large = await service.say(bearer, "x" * 100_000)
    assert large.status == 413
    assert is_safe(large.headers)

    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("hemliga ord")

    monkeypatch.setattr(service.app[INBOX], "open_conversation", fail)
    failed = await service.client.post("/api/chat/conversations")
    assert failed.status == 500
    assert is_safe(failed.headers)
    told = await failed.text()
    assert "hemliga" not in told
    assert "Traceback" not in told


async def test_the_event_stream_has_them_too(service: Service) -> None:
    async with service.client.get("/api/chat/events", headers=await service.open()) as stream:
        assert stream.status == 200
        assert is_safe(stream.headers)


async def test_only_the_embedding_municipality_may_frame_a_callers_page(
    service: Service, serve: Callable[..., Awaitable[Service]]
) -> None:
    for path in PAGES:
        policy = (await service.client.get(path)).headers["Content-Security-Policy"]
        assert policy.endswith(f"frame-ancestors 'self' {EMBEDDER}")
    for path in ("/api/openapi.json", "/static/chat/main.js", "/samordnare/logga-in"):
        policy = (await service.client.get(path)).headers["Content-Security-Policy"]
        assert policy.endswith("frame-ancestors 'none'")
    alone = await serve(embed_origins="")
    policy = (await alone.client.get("/")).headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self'")


async def test_over_plain_http_no_browser_is_told_to_insist_on_tls(
    serve: Callable[..., Awaitable[Service]],
) -> None:
    plain = await serve(public_url="http://localhost:8080", twilio_api_url="http://localhost:1")
    assert "Strict-Transport-Security" not in (await plain.client.get("/")).headers


@pytest.mark.parametrize(
    "origins",
    ["example.org", "https://example.org/", "https://a.se; script-src *", "http://example.org",
     "https://*", "null", "https://Example.org"],
)  # fmt: skip
def test_an_origin_that_is_none_is_refused_at_the_start(tmp_path: Any, origins: str) -> None:
    with pytest.raises(ValueError, match="embed_origins"):
        settings_for(tmp_path, embed_origins=origins)


def test_several_origins_are_parted_by_commas(tmp_path: Any) -> None:
    both = settings_for(tmp_path, embed_origins="https://a.se, https://b.se:8443")
    assert both.embed_origins == ("https://a.se", "https://b.se:8443")
