"""Logging in: the one-time password is used once, guesses cost time, and a session ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from services.application import build_application
from services.console.accounts import (
    AccountExistsError,
    AccountNameError,
    UnknownAccountError,
    create_coordinator,
    disable_coordinator,
    login_of,
    reset_coordinator,
)
from services.console.login import FREE_ATTEMPTS, LONGEST_WAIT, wait_after
from services.conversations.core import Core
from services.settings import Settings
from services.store.coordinators import find_coordinator_by_login
from services.store.tables import Coordinator
from tests.console.conftest import PASSWORD, Clock, Console, Visitor


async def account(console: Console, name: str) -> Coordinator:
    async with console.core.database.read() as session:
        found = await find_coordinator_by_login(session, login_of(name))
    assert found is not None
    return found


async def test_a_one_time_password_leads_to_the_choice_of_an_own_one_and_nowhere_else(
    console: Console,
) -> None:
    one_time = await console.account("Anna Berg")
    visitor = console.visitor()
    assert (await visitor.log_in("anna  BERG", one_time)).status == 303
    for path in ("/samordnare", "/samordnare/arende/" + "0" * 32):
        response = await visitor.get(path)
        assert (response.status, response.headers["Location"]) == (303, "/samordnare/losenord")
    assert (await visitor.get("/samordnare/api/queue/events")).status == 403
    assert "Välj ett eget lösenord" in await visitor.read("/samordnare/losenord")


@pytest.mark.parametrize(
    ("new", "repeated", "why"),
    [
        ("elva tecken", "elva tecken", "minst 12 tecken"),
        ("jag är Anna-Berg nu", "jag är Anna-Berg nu", "ditt kontonamn"),
        (PASSWORD, PASSWORD + "!", "inte lika"),
        ("x" * 257, "x" * 257, "högst 256 tecken"),
    ],
)
async def test_a_password_that_breaks_the_rule_is_refused_with_the_reason(
    console: Console, new: str, repeated: str, why: str
) -> None:
    one_time = await console.account("Anna Berg")
    visitor = console.visitor()
    await visitor.log_in("Anna Berg", one_time)
    fields = {"current": one_time, "new": new, "repeated": repeated}
    response = await visitor.send("/samordnare/losenord", **fields)
    assert response.status == 422
    assert why in await response.text()
    assert (await account(console, "Anna Berg")).must_change_password


async def test_the_one_time_password_can_not_be_kept_not_even_written_otherwise(
    console: Console,
) -> None:
    one_time = await console.account("Anna Berg")
    visitor = console.visitor()
    await visitor.log_in("Anna Berg", one_time)
    for new in (one_time, one_time.lower().replace("-", " ")):
        fields = {"current": one_time, "new": new, "repeated": new}
        response = await visitor.send("/samordnare/losenord", **fields)
        assert response.status == 422
        assert "ett annat lösenord" in await response.text()


async def test_changing_the_password_needs_the_current_one(console: Console) -> None:
    visitor = await console.coordinator()
    fields = {"current": "fel lösenord", "new": "ett nytt långt lösenord"}
    response = await visitor.send(
        "/samordnare/losenord", **fields, repeated="ett nytt långt lösenord"
    )
    assert response.status == 422
    assert "stämmer inte" in await response.text()


async def test_after_the_change_the_one_time_password_and_every_earlier_session_are_worthless(
    console: Console,
) -> None:
    one_time = await console.account("Anna Berg")
    first, second = console.visitor(), console.visitor()
    await first.log_in("Anna Berg", one_time)
    await second.log_in("Anna Berg", one_time)
    await first.send("/samordnare/losenord", current=one_time, new=PASSWORD, repeated=PASSWORD)
    assert (await first.get("/samordnare")).status == 200
    assert (await second.get("/samordnare")).headers["Location"] == "/samordnare/logga-in"
    assert (await console.visitor().log_in("Anna Berg", one_time)).status == 422
    assert (await console.visitor().log_in("Anna Berg", PASSWORD)).status == 303


async def test_wrong_password_unknown_name_and_closed_account_get_the_same_answer(
    console: Console,
) -> None:
    await console.account("Anna Berg")
    closed = await console.account("Cecilia Dahl")
    async with console.core.database.begin() as session:
        await disable_coordinator(session, "cecilia dahl", console.clock())
    attempts = (
        ("Anna Berg", "fel lösenord"),
        ("Ingen Alls", "fel lösenord"),
        ("Cecilia Dahl", closed),
        ("Anna\x00Berg", "fel lösenord"),
        ("Anna Berg", "x" * 10_000),
    )
    answers = set()
    for name, password in attempts:
        response = await console.visitor().log_in(name, password)
        text = re.sub(r'name="name" value="[^"]*"', "", await response.text())
        answers.add((response.status, text))
    assert len(answers) == 1


async def test_after_some_wrong_guesses_even_the_right_password_has_to_wait(
    console: Console,
) -> None:
    await console.coordinator("Anna Berg")
    for _ in range(FREE_ATTEMPTS):
        assert (await console.visitor().log_in("Anna Berg", "fel lösenord")).status == 422
    assert (await console.visitor().log_in("Anna Berg", PASSWORD)).status == 422
    console.clock.go(seconds=wait_after(FREE_ATTEMPTS).total_seconds())
    assert (await console.visitor().log_in("Anna Berg", PASSWORD)).status == 303
    assert (await account(console, "Anna Berg")).failed_logins == 0


async def test_a_wrong_guess_at_an_account_is_in_the_audit_log_and_a_made_up_name_is_not(
    console: Console,
) -> None:
    await console.coordinator("Anna Berg")
    before = len(await console.deeds())
    await console.visitor().log_in("Anna Berg", "fel lösenord")
    await console.visitor().log_in("hemligt lösenord", "fel lösenord")
    assert (await console.deeds())[before:] == [("Anna Berg", "login_failed", "password")]


async def test_many_guesses_at_once_get_no_more_tries_than_one_after_the_other(
    console: Console,
) -> None:
    await console.coordinator("Anna Berg")
    guesses = [console.visitor().log_in("Anna Berg", f"gissning {n}") for n in range(12)]
    answers = await asyncio.gather(*guesses)
    assert {answer.status for answer in answers} == {422}
    assert (await account(console, "Anna Berg")).failed_logins == FREE_ATTEMPTS


@given(st.integers(0, 10_000))
def test_the_wait_grows_with_each_failure_but_never_keeps_a_coordinator_out_for_long(
    failed: int,
) -> None:
    assert timedelta() <= wait_after(failed) <= wait_after(failed + 1) <= LONGEST_WAIT
    assert (wait_after(failed) > timedelta()) == (failed >= FREE_ATTEMPTS)


async def test_the_cookie_is_out_of_reach_for_script_and_other_sites(console: Console) -> None:
    one_time = await console.account("Anna Berg")
    response = await console.visitor().log_in("Anna Berg", one_time)
    cookie = response.headers["Set-Cookie"]
    assert re.match(r"samordnare=[\w-]{43};", cookie)
    assert {"HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))


@pytest.fixture
async def https_console(core: Core, settings: Settings) -> AsyncIterator[Console]:
    clock = Clock()
    public = settings.model_copy(update={"public_url": "https://oro.example.se"})
    server = TestServer(build_application(public, replace(core, clock=clock)))
    await server.start_server(shutdown_timeout=0.1)
    assert server.app is not None
    console = Console(server.app, server, core, clock)
    yield console
    for visitor in console.visitors:
        await visitor.session.close()
    await server.close()


async def test_on_https_the_cookie_belongs_to_this_host_alone(https_console: Console) -> None:
    one_time = await https_console.account("Anna Berg")
    response = await https_console.visitor().log_in("Anna Berg", one_time)
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-samordnare=")
    assert {"Secure", "Path=/", "HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def bytes_in_files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_neither_token_nor_password_is_in_any_file(console: Console, tmp_path: Path) -> None:
    visitor = await console.coordinator()
    token = next(iter(visitor.session.cookie_jar)).value
    stored = bytes_in_files(tmp_path)
    assert b"anna berg" in stored
    assert token.encode() not in stored
    assert PASSWORD.encode() not in stored


async def test_a_session_ends_without_activity_and_lasts_with_it(
    console: Console, settings: Settings
) -> None:
    visitor = await console.coordinator()
    nearly = settings.coordinator_idle_minutes - 1
    for _ in range(3):
        console.clock.go(minutes=nearly)
        assert (await visitor.get("/samordnare")).status == 200
    console.clock.go(minutes=settings.coordinator_idle_minutes)
    response = await visitor.get("/samordnare")
    assert (response.status, response.headers["Location"]) == (303, "/samordnare/logga-in")


async def test_what_a_page_asks_for_by_itself_keeps_no_session_alive_but_a_person_does(
    console: Console, settings: Settings
) -> None:
    visitor = await console.coordinator()
    lasting = settings.coordinator_idle_minutes * 60
    console.clock.go(seconds=600)
    asked = await visitor.get("/samordnare/api/session")
    assert (await asked.json())["seconds_left"] == lasting - 600
    renewed = await visitor.session.post(
        "/samordnare/api/session", headers={"X-CSRF-Token": visitor.csrf}
    )
    assert (await renewed.json())["seconds_left"] == lasting


async def test_whoever_logs_out_is_out(console: Console) -> None:
    visitor = await console.coordinator()
    token = next(iter(visitor.session.cookie_jar)).value
    assert (await visitor.send("/samordnare/logga-ut")).status == 303
    stale = {"Cookie": f"samordnare={token}"}
    assert (await console.visitor().get("/samordnare", headers=stale)).status == 303


async def test_a_closed_account_is_out_at_once_and_a_reset_opens_it_again(
    console: Console,
) -> None:
    visitor = await console.coordinator("Anna Berg")
    async with console.core.database.begin() as session:
        await disable_coordinator(session, "Anna Berg", console.clock())
    assert (await visitor.get("/samordnare")).status == 303
    assert (await console.visitor().log_in("Anna Berg", PASSWORD)).status == 422
    async with console.core.database.begin() as session:
        one_time = await reset_coordinator(session, "Anna Berg")
    again = console.visitor()
    assert (await again.log_in("Anna Berg", one_time)).status == 303
    assert (await again.get("/samordnare")).headers["Location"] == "/samordnare/losenord"


async def test_names_that_can_not_be_an_account_are_refused(console: Console) -> None:
    await console.account("Anna Berg")
    refused = {"": AccountNameError, "x" * 81: AccountNameError, "ANNA berg": AccountExistsError}
    for name, error in refused.items():
        with pytest.raises(error):
            await console.account(name)
    async with console.core.database.begin() as session:
        with pytest.raises(UnknownAccountError):
            await reset_coordinator(session, "Ingen Alls")


async def test_a_password_hashed_with_weaker_parameters_is_hashed_anew_at_login(
    console: Console,
) -> None:
    await console.coordinator("Anna Berg")
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with console.core.database.begin() as session:
        row = await find_coordinator_by_login(session, "anna berg")
        assert row is not None
        row.password_hash = weak
    assert (await console.visitor().log_in("Anna Berg", PASSWORD)).status == 303
    stored = (await account(console, "Anna Berg")).password_hash
    assert stored.startswith("$argon2id$")
    assert not PasswordHasher().check_needs_rehash(stored)


async def test_a_stranger_site_can_log_nobody_in(console: Console) -> None:
    one_time = await console.account("Anna Berg")
    response = await console.visitor().session.post(
        "/samordnare/logga-in",
        data={"name": "Anna Berg", "password": one_time},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert response.status == 403
    assert "Set-Cookie" not in response.headers


async def test_one_time_passwords_differ_and_are_longer_than_the_rule_asks(
    console: Console,
) -> None:
    async with console.core.database.begin() as session:
        made = [await create_coordinator(session, f"Nummer {n}", console.clock()) for n in range(3)]
    assert len(set(made)) == 3
    assert all(re.fullmatch(r"(\w{4}-){3}\w{4}", password) for password in made)


async def test_the_login_page_leads_whoever_is_logged_in_to_the_queue(console: Console) -> None:
    visitor: Visitor = await console.coordinator()
    response = await visitor.get("/samordnare/logga-in")
    assert (response.status, response.headers["Location"]) == (303, "/samordnare")
