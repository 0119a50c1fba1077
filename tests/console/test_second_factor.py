"""The code app: asked of everyone by default, each code works once, and a lost phone is no end."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pyotp
import pytest

from services.console.access import Access
from services.console.accounts import reset_coordinator
from services.console.login import FREE_ATTEMPTS
from services.console.routes import ROUTES
from services.console.second_factor import RECOVERY_CODES
from services.settings import Settings
from tests.console.conftest import PASSWORD, Console, Visitor
from tests.console.test_access import call
from tests.console.test_login import bytes_in_files

ENROL = "/samordnare/kodapp"
CODE = "/samordnare/kod"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, state_dir=tmp_path)


async def enrolled(console: Console, name: str = "Anna Berg") -> tuple[Visitor, str, list[str]]:
    """Whoever has just chosen a code app, its secret, and the recovery codes."""
    await console.settled_account(name)
    visitor = console.visitor()
    await visitor.log_in(name, PASSWORD)
    page = await visitor.read(ENROL)
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert found is not None
    secret = found[1].replace(" ", "")
    done = await visitor.send(ENROL, code=code_at(console, secret))
    assert done.status == 200
    codes = re.findall(r"<li>([A-Z0-9-]{19})</li>", html.unescape(await done.text()))
    console.clock.go(seconds=30)
    return visitor, secret, codes


def code_at(console: Console, secret: str) -> str:
    return pyotp.TOTP(secret).at(console.clock())


async def half_way(console: Console, name: str = "Anna Berg") -> Visitor:
    visitor = console.visitor()
    assert (await visitor.log_in(name, PASSWORD)).status == 303
    await visitor.get(CODE)
    return visitor


def test_it_is_asked_for_unless_the_operator_says_otherwise() -> None:
    assert Settings(_env_file=None).coordinator_totp_required


async def test_without_a_code_app_only_the_choice_of_one_is_open(console: Console) -> None:
    await console.settled_account("Anna Berg")
    visitor = console.visitor()
    await visitor.log_in("Anna Berg", PASSWORD)
    response = await visitor.get("/samordnare")
    assert (response.status, response.headers["Location"]) == (303, ENROL)
    page = await visitor.read(ENROL)
    assert "<svg" in page
    assert page == await visitor.read(ENROL)


async def test_the_picture_comes_from_nowhere_else(console: Console) -> None:
    await console.settled_account("Anna Berg")
    visitor = console.visitor()
    await visitor.log_in("Anna Berg", PASSWORD)
    assert not re.search(r'(?:src|href)="(?:https?:|//)', await visitor.read(ENROL))


async def test_with_the_right_code_the_console_opens_and_recovery_codes_are_shown_once(
    console: Console, tmp_path: Path
) -> None:
    visitor, secret, codes = await enrolled(console)
    assert len(set(codes)) == RECOVERY_CODES
    assert (await visitor.get("/samordnare")).status == 200
    assert (await visitor.get(ENROL)).headers["Location"] == "/samordnare"
    stored = bytes_in_files(tmp_path)
    assert secret.encode() not in stored
    assert not any(code.encode() in stored for code in codes)
    assert ("Anna Berg", "enrol", None) in await console.deeds()


async def test_the_password_alone_opens_nothing_but_the_question_for_the_code(
    console: Console,
) -> None:
    await enrolled(console)
    visitor = await half_way(console)
    for rule in ROUTES:
        if rule.access in {Access.ANYONE, Access.HALF_WAY}:
            continue
        response = await call(visitor, rule, **{"X-CSRF-Token": visitor.csrf})
        is_api = rule.path.startswith("/api/")
        assert response.status == (403 if is_api else 303), rule.path
        assert is_api or response.headers["Location"] == CODE


async def test_a_code_works_once_and_also_when_the_phones_clock_is_half_a_minute_off(
    console: Console,
) -> None:
    _, secret, _ = await enrolled(console)
    code = code_at(console, secret)
    console.clock.go(seconds=30)
    visitor = await half_way(console)
    assert (await visitor.send(CODE, code=f" {code[:3]} {code[3:]} ")).status == 303
    assert (await visitor.get("/samordnare")).status == 200
    again = await half_way(console)
    assert (await again.send(CODE, code=code)).status == 422
    console.clock.go(minutes=5)
    assert (await (await half_way(console)).send(CODE, code=code)).status == 422
    logins = [deed for deed in await console.deeds() if deed[1] == "login"]
    assert logins == [("Anna Berg", "login", "totp")]


async def test_a_recovery_code_works_once_however_it_is_written(console: Console) -> None:
    _, _, codes = await enrolled(console)
    written = codes[0].lower().replace("-", " ")
    assert (await (await half_way(console)).send(CODE, code=written)).status == 303
    assert (await (await half_way(console)).send(CODE, code=written)).status == 422
    assert (await (await half_way(console)).send(CODE, code=codes[1])).status == 303
    assert ("Anna Berg", "login", "recovery") in await console.deeds()


async def test_whoever_knows_the_password_gets_no_more_guesses_at_the_code(
    console: Console,
) -> None:
    _, secret, _ = await enrolled(console)
    visitor = await half_way(console)
    for _ in range(FREE_ATTEMPTS - 1):
        assert (await visitor.send(CODE, code="000000")).status == 422
    assert (await console.visitor().log_in("Anna Berg", PASSWORD)).status == 422
    assert (await visitor.send(CODE, code=code_at(console, secret))).status == 422
    console.clock.go(minutes=5)
    assert (await visitor.send(CODE, code=code_at(console, secret))).status == 303


@pytest.mark.parametrize("code", ["", "12345", "åäöåäö", "0" * 5000, "\x00"])
async def test_what_is_no_code_is_refused(console: Console, code: str) -> None:
    await enrolled(console)
    assert (await (await half_way(console)).send(CODE, code=code)).status == 422


async def test_a_reset_forgets_the_code_app_and_the_recovery_codes(console: Console) -> None:
    await enrolled(console)
    async with console.core.database.begin() as session:
        one_time = await reset_coordinator(session, "Anna Berg")
    visitor = console.visitor()
    await visitor.log_in("Anna Berg", one_time)
    assert (await visitor.get("/samordnare")).headers["Location"] == "/samordnare/losenord"
    assert "<svg" in await visitor.read(ENROL)
