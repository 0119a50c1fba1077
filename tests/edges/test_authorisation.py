"""Every route of the service, who may call it, and that nobody else can.

A new route fails here until it stands in the table; console routes have their rule in
``services/console/routes.py``, which is held against the same table.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web

from services.channels.measures_page import build_measures
from services.console.access import Access
from services.console.accounts import create_coordinator, login_of
from services.console.routes import ROUTES
from services.console.sessions import hash_token
from services.conversations.appkeys import CORE, WORKER
from services.store.coordinators import find_coordinator_by_login
from services.store.tables import ConsoleSession, Role
from tests.conftest import NOON
from tests.edges.conftest import CALM, Service


class Who(Enum):
    """Who may call a route."""

    PUBLIC = auto()
    """Anybody: it tells nothing that is anybody's own, or opens something new."""
    CALLER = auto()
    """Who has the conversation's secret."""
    TWILIO = auto()
    """Who signs with the account's token."""
    PROCESSES = auto()
    """Our own processes, by the secret that they share."""
    CONSOLE = auto()
    """Whom the console's own rules let in."""


TABLE = {
    "GET /": Who.PUBLIC,
    "GET /embed.js": Who.PUBLIC,
    "GET /nummer": Who.PUBLIC,
    "GET /tillganglighet": Who.PUBLIC,
    "GET /static/{path}": Who.PUBLIC,
    "GET /health/live": Who.PUBLIC,
    "GET /health/ready": Who.PUBLIC,
    "GET /api/openapi.json": Who.PUBLIC,
    "POST /api/chat/conversations": Who.PUBLIC,
    "POST /api/chat/messages": Who.CALLER,
    "POST /api/chat/typing": Who.CALLER,
    "GET /api/chat/events": Who.CALLER,
    "POST /api/probe/end": Who.PROCESSES,
    "POST /twilio/sms": Who.TWILIO,
    "POST /twilio/sms/status/{id}": Who.TWILIO,
    "POST /twilio/voice": Who.TWILIO,
    "POST /twilio/voice-turn": Who.TWILIO,
    "POST /twilio/voice-wait": Who.TWILIO,
    "POST /twilio/voice-dialled": Who.TWILIO,
    "POST /twilio/voice-callback": Who.TWILIO,
    "POST /twilio/voice-number": Who.TWILIO,
    "POST /twilio/voice-whisper": Who.TWILIO,
    "POST /twilio/voice-accept": Who.TWILIO,
    **{f"{rule.method} /samordnare{rule.path}": Who.CONSOLE for rule in ROUTES},
}
OPEN_IN_THE_CONSOLE = {
    "GET /logga-in",
    "POST /logga-in",
    "GET /kommunens-inloggning",
    "GET /kommunens-inloggning/klar",
}
MEANT = {
    Access.COORDINATOR: {Role.SAMORDNARE, Role.ANSVARIG},
    Access.STATISTICS: {Role.STATISTIK, Role.ANSVARIG},
    Access.LEAD: {Role.ANSVARIG},
    Access.EVERY_ROLE: set(Role),
    Access.WITH_SESSION: set(Role),
    Access.HALF_WAY: set(Role),
}


def routes_of(app: web.Application) -> set[str]:
    """Every method and path, a subordinate application's too."""
    found = set()
    for route in app.router.routes():
        assert route.resource is not None
        if route.method != "HEAD":  # aiohttp's own twin of each GET
            found.add(f"{route.method} {route.resource.canonical}")
    return found


def named(who: Who) -> list[str]:
    return sorted(name for name, may in TABLE.items() if may is who)


async def call(service: Service, name: str, **options: Any) -> Any:
    method, _, path = name.partition(" ")
    path = path.replace("{id}", str(uuid4())).replace("{ticket}", str(uuid4()))
    path = path.replace("{path}", "chat/main.js")
    return await service.client.request(method, path, allow_redirects=False, **options)


async def test_every_route_is_in_the_table_and_no_other(service: Service) -> None:
    assert routes_of(service.app) == set(TABLE)


async def test_what_is_measured_has_a_port_of_its_own(service: Service) -> None:
    measures = build_measures(service.app[CORE], service.app[WORKER])
    assert routes_of(measures) == {"GET /metrics"}
    assert (await service.client.get("/metrics")).status == 404


@pytest.mark.parametrize("name", named(Who.PUBLIC))
async def test_a_public_route_answers_anybody_and_says_nothing_of_callers(
    service: Service, name: str
) -> None:
    bearer = await service.open()
    await service.say(bearer, "Ett hemligt ord: kvastskaft")
    response = await call(service, name)
    assert response.status in {200, 201, 503}  # Rasa may be away
    assert "kvastskaft" not in await response.text()


@pytest.mark.parametrize("name", named(Who.CALLER))
async def test_a_conversation_is_open_to_its_own_secret_alone(service: Service, name: str) -> None:
    mine, theirs = await service.open(), await service.open()
    id_of_mine = mine["Authorization"].partition(".")[0]
    secret_of_theirs = theirs["Authorization"].partition(".")[2]
    for given in (
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        id_of_mine,
        f"{id_of_mine}.",
        f"{id_of_mine}.fel",
        f"{id_of_mine}.{secret_of_theirs}",
        f"{id_of_mine}.\udcc3\udca5",
        f"Bearer {uuid4()}.{secret_of_theirs}",
        mine["Authorization"][:-1],
        mine["Authorization"] + "A",
        mine["Authorization"].swapcase(),
    ):
        headers = {} if given is None else {"Authorization": given}
        response = await call(service, name, headers=headers, json={"id": "1", "text": CALM})
        assert response.status == 401, given
        assert secret_of_theirs not in await response.text()
    options = {} if name.startswith("GET") else {"json": {"id": "1", "text": CALM}}
    async with await call(service, name, headers=mine, **options) as response:
        assert response.status in {200, 202, 204}


async def test_a_conversations_secret_has_256_bits(service: Service) -> None:
    secrets = set()
    for _ in range(20):
        secrets.add((await service.open())["Authorization"].partition(".")[2])
    assert len(secrets) == 20
    assert all(len(secret) == 43 for secret in secrets)  # 32 bytes in base64url


@pytest.mark.parametrize("name", named(Who.TWILIO))
async def test_a_webhook_is_taken_from_who_signs_it_alone(service: Service, name: str) -> None:
    path = name.partition(" ")[2].replace("{id}", str(uuid4()))
    fields = {"MessageSid": "SM1", "CallSid": "CA1", "From": "+46701740605", "Body": "hej"}
    bearer = await service.open()
    for headers in (
        {},
        {"X-Twilio-Signature": ""},
        {"X-Twilio-Signature": "å" * 28},
        {"X-Twilio-Signature": "A" * 27 + "="},
        bearer,
    ):
        response = await service.client.post(path, data=fields, headers=headers)
        assert response.status == 403
    signed_for_another_path = await service.webhook("/twilio/sms?other", **fields)
    assert signed_for_another_path.status != 403
    assert (await service.webhook(path, **fields)).status not in {403, 500}


async def test_without_an_account_at_twilio_there_are_no_webhooks(serve: Any) -> None:
    off = await serve(twilio_account_sid=None, twilio_auth_token=None, twilio_number=None)
    for name in named(Who.TWILIO):
        assert (await call(off, name)).status == 404
    assert routes_of(off.app) == set(TABLE) - set(named(Who.TWILIO))


async def test_the_test_conversations_end_is_for_our_own_processes(
    service: Service, probe: dict[str, str]
) -> None:
    bearer = await service.open()
    theirs = bearer["Authorization"].removeprefix("Bearer ").partition(".")[0]
    body = {"conversation": theirs, "seconds": 0.1}
    for headers in ({}, {"X-Oroslotsen-Probe": "fel"}, {"X-Oroslotsen-Probe": "\udcff"}, bearer):
        response = await service.client.post("/api/probe/end", json=body, headers=headers)
        assert response.status == 401
    # Not even they can end a caller's own conversation.
    ended = await service.client.post("/api/probe/end", json=body, headers=probe)
    assert ended.status == 404
    assert (await service.say(bearer, CALM)).status == 202


async def test_nobody_marks_a_conversation_as_a_test_without_the_secret(
    serve: Any, probe: dict[str, str]
) -> None:
    service = await serve(rasa_token=None)
    assert (await service.client.post("/api/probe/end", headers=probe)).status == 401


@pytest.mark.parametrize("rule", ROUTES, ids=lambda rule: f"{rule.method} {rule.path}")
async def test_a_console_route_is_open_to_the_roles_it_is_meant_for(
    service: Service, rule: Any
) -> None:
    name = f"{rule.method} {rule.path}"
    address = f"{rule.method} /samordnare{rule.path}"
    if rule.access is Access.ANYONE:
        assert name in OPEN_IN_THE_CONSOLE
        return
    bearer = await service.open()
    for headers in ({}, bearer, {"Cookie": "__Host-samordnare=fel"}, {"Cookie": "samordnare=x"}):
        response = await call(service, address, headers=headers)
        assert response.status in {303, 401}
    for role in Role:
        token, csrf = await log_in_as(service, role)
        headers = {"Cookie": f"__Host-samordnare={token}", "X-CSRF-Token": csrf}
        async with await call(service, address, headers=headers) as response:
            allowed = response.status not in {401, 403}
        assert allowed is (role in MEANT[rule.access]), (role, response.status)


async def log_in_as(service: Service, role: Role) -> tuple[str, str]:
    """A session of a coordinator with a role: its cookie's token, and the page's own."""
    token, csrf, name = uuid4().hex, uuid4().hex, f"Prov {uuid4().hex[:6]}"
    async with service.core.database.begin() as session:
        await create_coordinator(session, name, NOON, role=role)
    async with service.core.database.begin() as session:
        account = await find_coordinator_by_login(session, login_of(name))
        assert account is not None
        account.must_change_password = False
        session.add(
            ConsoleSession(
                token_hash=hash_token(token),
                coordinator_id=account.id,
                csrf_token=csrf,
                second_factor=True,
                created_at=NOON,
                last_seen_at=NOON,
            )
        )
    return token, csrf


async def test_the_consoles_cookie_is_for_its_own_host_over_tls_out_of_scripts_reach(
    service: Service,
) -> None:
    async with service.core.database.begin() as session:
        password = await create_coordinator(session, "Anna Berg", NOON, role=Role.SAMORDNARE)
    response = await service.client.post(
        "/samordnare/logga-in",
        data={"name": "Anna Berg", "password": password},
        allow_redirects=False,
    )
    assert response.status == 303
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-samordnare=")
    for part in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie
