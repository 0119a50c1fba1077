"""``make audit``, against a stand-in for OSV: what it lets pass, and what it does not."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.settings import ROOT
from tests.supply.audit import main
from tests.supply.weaknesses import LIST, PAGE, page_of, read_list


@dataclass
class Osv:
    """Knows the weaknesses that a test plans: the package, and the names of each."""

    url: str = ""
    known: dict[str, tuple[str, ...]] = field(default_factory=dict)
    away: bool = False

    async def batch(self, request: web.Request) -> web.Response:
        if self.away:
            raise web.HTTPServiceUnavailable
        asked = [query["package"]["name"] for query in (await request.json())["queries"]]
        results = [
            {"vulns": [{"id": self.known[name][0], "modified": "2026-01-01T00:00:00Z"}]}
            if name in self.known
            else {}
            for name in asked
        ]
        return web.json_response({"results": results})

    async def one(self, request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        package, names = next((p, n) for p, n in self.known.items() if n[0] == wanted)
        affected = {
            "package": {"ecosystem": "PyPI", "name": package},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
        }
        return web.json_response(
            {
                "id": wanted,
                "aliases": names[1:],
                "summary": "something is weak",
                "published": "2026-01-01T00:00:00Z",
                "modified": "2026-01-01T00:00:00Z",
                "affected": [affected],
            }
        )


@pytest.fixture
async def osv() -> AsyncIterator[Osv]:
    found = Osv()
    app = web.Application(client_max_size=1_000_000)
    app.router.add_post("/v1/querybatch", found.batch)
    app.router.add_get("/v1/vulns/{id}", found.one)
    async with TestServer(app) as server:
        found.url = str(server.make_url("")).rstrip("/")
        yield found


CLOSED = "http://127.0.0.1:9"
type Audit = Callable[[Osv], Awaitable[tuple[int, str]]]


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Audit:
    """The programme's exit status, and what it said."""
    monkeypatch.setenv("UV", shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv"))
    # uv also asks the package index about each package: here nothing leaves the machine.
    for name, value in {
        "ALL_PROXY": CLOSED,
        "HTTPS_PROXY": CLOSED,
        "NO_PROXY": "127.0.0.1",
        "UV_HTTP_RETRIES": "0",
    }.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.lower(), value)

    async def run(osv: Osv) -> tuple[int, str]:
        status = await asyncio.to_thread(main, ("--service-url", osv.url, "--no-cache"))
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


async def test_with_nothing_known_all_is_well(osv: Osv, audit: Audit) -> None:
    status, said = await audit(osv)
    assert status == 0, said
    assert "0 known weaknesses in the service's environment (1" in said


async def test_a_weakness_in_the_services_environment_fails_whatever_the_list_says(
    osv: Osv, audit: Audit
) -> None:
    osv.known["argon2-cffi"] = ("GHSA-aaaa-bbbb-cccc", "CVE-2030-1000")
    status, said = await audit(osv)
    assert status == 1
    assert "argon2-cffi" in said
    assert "CVE-2030-1000" in said


async def test_in_rasas_environment_what_is_listed_passes_under_any_of_its_names(
    osv: Osv, audit: Audit
) -> None:
    listed = next(one for one in read_list().weaknesses if one.package == "keras")
    osv.known["keras"] = ("GHSA-aaaa-bbbb-cccc", listed.id)
    status, said = await audit(osv)
    assert status == 0, said


async def test_in_rasas_environment_what_is_new_fails(osv: Osv, audit: Audit) -> None:
    osv.known["keras"] = ("GHSA-aaaa-bbbb-cccc", "CVE-2030-1000")
    status, said = await audit(osv)
    assert status == 1
    assert "CVE-2030-1000" in said


async def test_an_audit_that_could_ask_nobody_is_no_clean_bill(osv: Osv, audit: Audit) -> None:
    osv.away = True
    status, said = await audit(osv)
    assert status == 2
    assert "NOT done" in said


def test_the_page_says_what_the_list_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_of(read_list(), page), "run: make rasa-weaknesses"


def test_each_listed_package_is_still_in_rasas_environment() -> None:
    lock = (ROOT / "bot" / "uv.lock").read_text(encoding="utf-8")
    gone = {
        one.package for one in read_list(LIST).weaknesses if f'name = "{one.package}"' not in lock
    }
    assert gone == set()
