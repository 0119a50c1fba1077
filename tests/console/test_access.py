"""Every route of the console has a rule, and nobody gets past it."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from aiohttp import ClientResponse, web

from services.console.access import RULES, Access, Rule, changes_state
from services.console.routes import ROUTES
from services.settings import ROOT
from tests.console.conftest import Console, Visitor

GUARDED = [rule for rule in ROUTES if rule.access is not Access.ANYONE]
CHANGING = [rule for rule in GUARDED if changes_state(rule.method)]
SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def named(rule: Rule) -> str:
    return f"{rule.method} {rule.path}"


def address(rule: Rule) -> str:
    return "/samordnare" + rule.path.replace("{ticket}", str(uuid4()))


async def call(visitor: Visitor, rule: Rule, **options: str) -> ClientResponse:
    return await visitor.session.request(
        rule.method, address(rule), allow_redirects=False, headers=options
    )


def is_safe(response: ClientResponse) -> bool:
    policy = response.headers["Content-Security-Policy"]
    strict = "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    return strict and "unsafe" not in policy and SAFE_HEADERS.items() <= response.headers.items()


def console_of(console: Console) -> web.Application:
    """The console's own application, within the service's."""
    found = [
        resource.get_info()["app"]
        for resource in console.app.router.resources()
        if resource.canonical == "/samordnare"
    ]
    assert len(found) == 1
    return found[0]


async def test_every_route_under_the_root_has_a_rule(console: Console) -> None:
    inside = console_of(console)
    routes = list(inside.router.routes())
    assert len(routes) == len(ROUTES)
    assert [route for route in routes if route not in inside[RULES]] == []
    paths = [resource.canonical for resource in console.app.router.resources()]
    assert [path for path in paths if path.startswith("/samordnare")] == ["/samordnare"]


async def test_a_route_whose_rule_is_missing_can_not_be_called(console: Console) -> None:
    rules = console_of(console)[RULES]
    assert isinstance(rules, dict)
    login = next(route for route, rule in rules.items() if rule.path == "/logga-in")
    assert (await console.visitor().get("/samordnare/logga-in")).status == 200
    del rules[login]
    assert (await console.visitor().get("/samordnare/logga-in")).status == 403


@pytest.mark.parametrize("rule", GUARDED, ids=named)
async def test_without_a_session_a_route_is_refused(console: Console, rule: Rule) -> None:
    response = await call(console.visitor(), rule)
    if rule.path.startswith("/api/"):
        assert response.status == 401
        assert response.content_type == "application/problem+json"
    else:
        assert (response.status, response.headers["Location"]) == (303, "/samordnare/logga-in")
    assert is_safe(response)


async def test_without_the_sessions_token_nothing_is_changed(console: Console) -> None:
    visitor = await console.coordinator()
    other = await console.coordinator("Björn Ek")
    for rule in CHANGING:
        for token in ("", "fel", other.csrf, "å"):
            response = await call(visitor, rule, **{"X-CSRF-Token": token})
            assert response.status == 403, named(rule)
            assert is_safe(response)
        without = await call(visitor, rule)
        assert without.status == 403, named(rule)
    assert (await visitor.get("/samordnare")).status == 200


async def test_with_a_one_time_password_only_the_change_of_it_is_open(console: Console) -> None:
    visitor = console.visitor()
    await visitor.log_in("Anna Berg", await console.account("Anna Berg"))
    for rule in GUARDED:
        if rule.access is Access.COORDINATOR:
            response = await call(visitor, rule, **{"X-CSRF-Token": visitor.csrf})
            is_api = rule.path.startswith("/api/")
            assert response.status == (403 if is_api else 303), named(rule)
            assert is_api or response.headers["Location"] == "/samordnare/losenord"


async def test_a_cookie_that_was_made_up_is_no_session(console: Console) -> None:
    for cookie in ("fel", "x" * 4000, "\udcff"):
        response = await console.visitor().get(
            "/samordnare", headers={"Cookie": f"samordnare={cookie}"}
        )
        assert response.status == 303


async def test_errors_are_swedish_pages_for_a_person_and_problems_for_script(
    console: Console,
) -> None:
    visitor = await console.coordinator()
    page = await visitor.get("/samordnare/finns-inte")
    assert page.status == 404
    assert "Sidan finns inte" in await page.text()
    assert is_safe(page)
    problem = await visitor.get(f"/samordnare/api/tickets/{uuid4()}/events")
    assert problem.status == 404
    assert (await problem.json())["title"] == "Sidan finns inte"
    for bad in ("inte-ett-id", "%00", "'; DROP TABLE tickets"):
        assert (await visitor.get(f"/samordnare/arende/{bad}")).status == 404
    assert (await visitor.session.put("/samordnare/logga-in")).status == 405


async def test_a_form_that_can_not_be_read_is_a_clear_refusal(console: Console) -> None:
    visitor = await console.coordinator()
    for charset in ("utf-8", "finns-inte"):
        headers = {"Content-Type": f"application/x-www-form-urlencoded; charset={charset}"}
        response = await visitor.session.post(
            "/samordnare/losenord", data=b"csrf=\xff\xfe", headers=headers
        )
        assert response.status == 400
        assert "Traceback" not in await response.text()


async def test_a_body_larger_than_the_service_takes_is_refused(console: Console) -> None:
    visitor = await console.coordinator()
    response = await visitor.send("/samordnare/losenord", new="x" * 100_000)
    assert response.status == 413
    assert "för lång" in await response.text()


def test_no_template_or_script_holds_a_phone_number_or_runs_inline() -> None:
    files = [
        path
        for folder in (ROOT / "services/console/templates", ROOT / "web/console")
        for path in Path(folder).rglob("*.*")
    ]
    assert len(files) > 10
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(?:112|114 14|\d{2,4}-\d{2,3} ?\d{2})\b", text), path
        if path.suffix == ".html":
            assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", text), path
