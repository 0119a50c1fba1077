"""What a caller wrote is in no file, table, log or temporary file in the clear.

With the disk stolen, all is dark. Made-up words go through the three real processes on every
channel: the questions, a handover, a coordinator's work, a backup. Then everything that the
processes made is searched for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientSession, CookieJar
from sqlalchemy import select, text
from yarl import URL

from services.console.accounts import create_coordinator
from services.conversations.sealing import conversation_key
from services.conversations.timeline import read_timeline
from services.settings import ROOT
from services.store.dump import TABLES
from services.store.tables import Conversation, TicketRow
from tests.console.conftest import PASSWORD, Visitor
from tests.conversations.callers import SmsCaller, VoiceCaller, WebCaller
from tests.conversations.stack import Stack, running_stack
from tests.databases import Databases
from tests.privacy.marker_search import Found, MarkerSearch
from tests.servers import Postgres

pytestmark = pytest.mark.timeout(420)
NOON = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
WORDS = {
    name: f"{start}flimrakvast"
    for name, start in zip(
        ("web", "form", "sms", "voice", "reply", "edit", "note", "reason", "close"),
        ("aba", "beb", "cic", "dod", "fuf", "gyg", "hah", "jej", "kik"),
        strict=True,
    )
}
# From the series that PTS keeps for fiction; the personnummer is one of Skatteverket's for tests.
OWN, OTHERS, SMS, VOICE = "701740677", "701740678", "701740679", "701740699"
PERSONNUMMER, EMAIL = "8112289874", "zorblaxkvast"
MARKERS = (*WORDS.values(), OWN, OTHERS, SMS, VOICE, PERSONNUMMER, EMAIL)
_IGNORED = {".git", ".venv", ".uv", "models", "node_modules", "__pycache__", ".pytest_cache",
            ".hypothesis", ".mypy_cache", ".ruff_cache", ".import_linter_cache"}  # fmt: skip


@dataclass
class House:
    """The running processes, and all the places where they may have left something."""

    stack: Stack
    folder: Path
    environment: dict[str, str]
    began: float

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "services", *arguments], env=self.environment, cwd=ROOT,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout + done.stderr


@pytest.fixture
async def house(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("COORDINATOR_TOTP_REQUIRED", "false")
    with databases.new() as url:
        server = {} if url.startswith("sqlite") else {"DATABASE_URL": url}
        for name, value in server.items():
            monkeypatch.setenv(name, value)
        began = time.time()
        async with running_stack(tmp_path, NOON) as stack:
            told = {"STATE_DIR": str(tmp_path / "state"), "TMPDIR": str(temporary), **server}
            yield House(stack, tmp_path, os.environ | told, began)


async def test_nothing_that_was_said_is_anywhere_in_the_clear(
    house: House, request: pytest.FixtureRequest
) -> None:
    tickets = await _callers_tell(house)
    await _coordinators_work(house, tickets)
    told = await asyncio.to_thread(
        house.command, "backup", str(house.folder / "state" / "all.backup")
    )
    said = await _all_that_was_said(house.stack)
    _check_that_it_arrived(said)
    found = [*MarkerSearch(MARKERS).in_bytes("what a command printed", told.encode())]
    found += await _in_tables(house)
    found += await asyncio.to_thread(lambda: list(_in_files(house)))
    if "DATABASE_URL" in house.environment:
        found += await _in_server(house, request.getfixturevalue("postgres"))
    assert not found, {f"{one.marker} in {one.where}" for one in found}


async def _callers_tell(house: House) -> list[UUID]:
    web = WebCaller(house.stack)
    await web.begin()
    await web.send(
        f"Jag är orolig för min son, han säger {WORDS['web']} hela tiden. Han har 81 12 28-9874, "
        f"hans kompis har 070-174 06 78 och {EMAIL}@example.org",
        None,
    )
    await _through_the_form(web)
    sms = SmsCaller(house.stack)
    await sms.begin()
    sms._number = f"+46{SMS}"
    await sms.send(f"Min bror pratar om {WORDS['sms']} och vill åka till Syrien", None)
    voice = VoiceCaller(house.stack)
    await voice.begin()
    await voice.find()
    await voice.send(f"jag är orolig för min dotter, hon säger {WORDS['voice']}", None)
    async with house.stack.database.read() as session:
        rows = await session.scalars(
            select(TicketRow.id).where(TicketRow.conversation_id == web.conversation)
        )
        return list(rows)


async def _through_the_form(caller: WebCaller) -> None:
    said = await caller.send("jag vill prata med en människa", None)
    for turn in range(9):
        if "Så här skriver jag" in said:
            break
        if re.search(r"nå dig|Vilket nummer", said):
            said = await caller.send(f"Ring mig på +46{OWN} efter fem", None)
        elif turn == 0:
            said = await caller.send(f"Han har ritat {WORDS['form']} på väggen", None)
        else:
            said = await caller.send("hoppa över", None)
    assert WORDS["form"] in said
    said = await caller.send("ja", None)
    assert re.search(r"[A-Z0-9]{3}-[A-Z0-9]{3}", said)


async def _coordinators_work(house: House, tickets: list[UUID]) -> None:
    (ticket,) = tickets
    async with house.stack.database.begin() as session:
        anna, _ = [await create_coordinator(session, name, NOON) for name in ("anna", "bo")]
    # The service says that its cookies are for https; here nothing stands in front of it.
    jar = CookieJar(unsafe=True, treat_as_secure_origin=URL(house.stack.twilio.service))
    async with ClientSession(house.stack.twilio.service, cookie_jar=jar) as browser:
        visitor = Visitor(browser)
        assert (await visitor.log_in("anna", anna)).status == 303
        await visitor.get("/samordnare/losenord")
        changed = await visitor.send(
            "/samordnare/losenord", current=anna, new=PASSWORD, repeated=PASSWORD
        )
        assert changed.status in {200, 303}
        page = f"/samordnare/arende/{ticket}"
        await visitor.get("/samordnare")
        assert (await visitor.take(ticket)).status == 303
        assert (await visitor.say(ticket, f"Hej, {WORDS['reply']}")).status == 201
        for deed, fields in (
            ("andra", {"field": "why_now", "value": WORDS["edit"]}),
            ("visa-nummer", {"reason": WORDS["reason"]}),
        ):
            assert (await visitor.send(f"{page}/{deed}", **fields)).status == 303
        for path in ("", "/utskrift", "/export"):
            assert (await visitor.get(f"{page}{path}")).status == 200
        shown = await visitor.read(page)
        colleague = re.search(r'<option value="([0-9a-f-]{36})">bo', shown)
        assert colleague
        given = await visitor.send(f"{page}/overlamna", to=colleague[1], note=WORDS["note"])
        assert given.status == 303


async def _all_that_was_said(stack: Stack) -> str:
    """What the keys open: so that the search looks for something that is there."""
    parts: list[str] = []
    async with stack.database.read() as session:
        for conversation in await session.scalars(select(Conversation)):
            key = conversation_key(stack.keyring, conversation)
            events = await read_timeline(session, key, conversation, after=0)
            parts += [event.text or str(event.reply) for event in events]
    return "\n".join(parts)


def _check_that_it_arrived(said: str) -> None:
    assert all(WORDS[name] in said for name in ("web", "form", "sms", "voice", "reply"))
    assert OWN in said, "the number to call back is kept"
    assert OTHERS not in said.replace(" ", "").replace("-", ""), "another's number is not"
    assert PERSONNUMMER not in re.sub(r"[ -]", "", said)
    assert EMAIL not in said


async def _in_tables(house: House) -> list[Found]:
    search, found = MarkerSearch(MARKERS), []
    async with house.stack.database.read() as session:
        for table in TABLES:
            for number, row in enumerate((await session.execute(select(table))).all()):
                for name, value in row._asdict().items():
                    where = f"{table.name} row {number} {name}"
                    found += search.in_bytes(where, _bytes_of(value))
    return found


def _bytes_of(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def _in_files(house: House) -> Iterator[Found]:
    search = MarkerSearch(MARKERS)
    yield from search.in_folder(house.folder)
    yield from search.in_folder(house.folder, large=True)
    for path in _made_in_the_tree(house.began):
        yield from search.in_bytes(str(path), path.read_bytes())
    for name, data in _open_files():
        yield from search.in_large(name, data)


def _made_in_the_tree(began: float) -> Iterator[Path]:
    """Files that appeared in the processes' working folder meanwhile."""
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if name not in _IGNORED]
        for path in (Path(folder) / name for name in files):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime >= began and path.suffix != ".py":
                    yield path


def _open_files() -> Iterator[tuple[str, bytes]]:
    """What our processes have open that has no name any more."""
    for process in _children():
        for number in Path(f"/proc/{process}/fd").glob("*"):
            with contextlib.suppress(OSError):
                name = str(number.readlink())
                if name.endswith("(deleted)") and name.startswith("/"):
                    yield f"{process} {name}", number.read_bytes()


def _children() -> Iterator[int]:
    """The processes that this one started, and theirs."""
    parents = {os.getpid()}
    for status in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda one: int(one.parent.name)):
        with contextlib.suppress(OSError):
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            if parent in parents:
                parents.add(int(status.parent.name))
                yield int(status.parent.name)


async def _in_server(house: House, server: Postgres) -> list[Found]:
    """PostgreSQL's own files: tables, write-ahead log, its log."""
    async with house.stack.database.begin() as session:
        await session.execute(text("CHECKPOINT"))
    return await asyncio.to_thread(
        lambda: list(MarkerSearch(MARKERS).in_folder(server.folder, large=True))
    )
