"""The municipality's own sign-in, against a real OpenID provider that the tests start."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp.test_utils import TestServer
from oidc_provider_mock import User, run_server_in_thread

from services.application import build_application
from services.console.accounts import create_coordinator, disable_coordinator
from services.conversations.core import Core
from services.settings import Settings
from tests.console.conftest import Clock, Console, Visitor

BEGIN = "/samordnare/kommunens-inloggning"


@pytest.fixture
def issuer() -> Iterator[str]:
    """The municipality's provider, where Anna and Björn can sign in."""
    people = [User(sub=sub, claims={"email": f"{sub}@example.se"}) for sub in ("anna", "bjorn")]
    with run_server_in_thread(user_claims=people, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
async def console(core: Core, settings: Settings, issuer: str) -> AsyncIterator[Console]:
    # The provider's clock is the machine's.
    clock = Clock(datetime.now(UTC))
    timed = replace(core, clock=clock)
    server = TestServer(build_application(settings, timed))
    await server.start_server(shutdown_timeout=0.1)
    assert server.app is not None
    running = Console(server.app, server, timed, clock)
    async with core.database.begin() as session:
        await create_coordinator(session, "Anna Berg", clock(), sign_in_id="anna")
    yield running
    for visitor in running.visitors:
        await visitor.session.close()
    await server.close()


@pytest.fixture
def settings(settings: Settings, issuer: str, unused_tcp_port: int) -> Settings:
    return settings.model_copy(
        update={
            "coordinator_totp_required": True,
            "oidc_issuer": issuer,
            "oidc_client_id": "oroslotsen",
            "public_url": f"http://localhost:{unused_tcp_port}",
        }
    )


async def come_back(visitor: Visitor, who: str) -> str:
    """Begin, sign in at the provider, and give the address that it sends the browser back to."""
    begun = await visitor.get(BEGIN)
    assert begun.status == 303
    assert "SameSite=Lax" in begun.headers["Set-Cookie"]
    assert "HttpOnly" in begun.headers["Set-Cookie"]
    signed = await visitor.session.post(
        begun.headers["Location"], data={"sub": who}, allow_redirects=False
    )
    assert signed.status in {302, 303}
    back = urlsplit(signed.headers["Location"])
    assert back.path == BEGIN + "/klar"
    return f"{back.path}?{back.query}"


async def test_whoever_signs_in_at_the_municipality_enters_without_a_password_of_ours(
    console: Console,
) -> None:
    visitor = console.visitor()
    assert "kommunens inloggning" in await visitor.read("/samordnare/logga-in")
    response = await visitor.get(await come_back(visitor, "anna"))
    assert response.status == 200
    assert (await visitor.get("/samordnare")).status == 200
    assert await console.deeds() == [("Anna Berg", "login", "oidc")]


async def test_the_request_asks_for_a_code_with_pkce_state_and_nonce(console: Console) -> None:
    begun = await console.visitor().get(BEGIN)
    asked = parse_qs(urlsplit(begun.headers["Location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 16 for name in ("state", "nonce", "code_challenge"))


async def test_whoever_has_no_account_here_or_a_closed_one_stays_out(console: Console) -> None:
    visitor = console.visitor()
    assert (await visitor.get(await come_back(visitor, "bjorn"))).status == 422
    async with console.core.database.begin() as session:
        await disable_coordinator(session, "Anna Berg", console.clock())
    assert (await visitor.get(await come_back(visitor, "anna"))).status == 422
    assert (await visitor.get("/samordnare")).status == 303


async def test_an_answer_that_another_browser_asked_for_lets_nobody_in(console: Console) -> None:
    address = await come_back(console.visitor(), "anna")
    stranger = console.visitor()
    assert (await stranger.get(address)).status == 422
    await stranger.get(BEGIN)
    assert (await stranger.get(address)).status == 422
    assert (await stranger.get("/samordnare")).status == 303


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?code=x&state=x", "?error=denied"])
async def test_an_answer_without_what_was_asked_for_is_refused(
    console: Console, query: str
) -> None:
    visitor = console.visitor()
    await visitor.get(BEGIN)
    assert (await visitor.get(f"{BEGIN}/klar{query}")).status == 422


async def test_an_answer_can_not_be_used_twice(console: Console) -> None:
    visitor = console.visitor()
    address = await come_back(visitor, "anna")
    assert (await visitor.get(address)).status == 200
    assert (await visitor.get(address)).status == 422


async def test_a_token_that_is_too_old_is_refused(console: Console) -> None:
    visitor = console.visitor()
    address = await come_back(visitor, "anna")
    console.clock.go(days=1)
    assert (await visitor.get(address)).status == 422
