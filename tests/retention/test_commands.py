"""The commands as an operator runs them: reports, holding, handing out, and keys."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from services.audit.verification import verify_audit
from services.cli.commands import app
from services.cli.screen import CommandError
from services.console.accounts import create_coordinator
from services.conversations.core import utc_now
from services.privacy.keyring import load_or_create_keyring
from services.settings import Settings
from services.store.audit import list_latest_audit_records
from services.store.database import Database
from services.store.migrate import migrate
from services.store.tables import Conversation
from services.tickets.queue import open_ticket
from services.tickets.ticket import make_ticket
from services.triage.judgement import Judgement
from services.vocabulary import Channel, MunicipalityId, Urgency

REFERENCE = "ABC-123"
TOLD = "Han heter Testarn och visar märken."


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A state of its own, with one account, one ticket and one empty chat of last week."""
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    made = Settings(_env_file=None, state_dir=tmp_path)
    asyncio.run(_fill(made))
    return made


async def _fill(settings: Settings) -> None:
    database = Database.open(settings.effective_database_url)
    await migrate(database)
    keyring = load_or_create_keyring(settings.effective_master_key_file)
    now = utc_now()
    async with database.begin() as session:
        await create_coordinator(session, "Anna", now)
        for one, days in (("1" * 32, 0), ("2" * 32, 7)):
            key, wrapped = keyring.new_key(conversation=str(UUID(one)))
            conversation = Conversation(
                id=UUID(one), channel=Channel.WEB, municipality="goteborg", variant="web",
                created_at=now - timedelta(days=days), last_activity_at=now - timedelta(days=days),
                wrapped_key=wrapped,
            )  # fmt: skip
            session.add(conversation)
            await session.flush()
            if days == 0:
                ticket = make_ticket(
                    reference=REFERENCE, conversation=str(UUID(one)), channel=Channel.WEB,
                    municipality=MunicipalityId("goteborg"), urgency=Urgency.ORO,
                    judgement=Judgement(urgency=Urgency.ORO), slots={"iakttagelse": TOLD},
                    at=now, knowledge_version="test",
                )  # fmt: skip
                await open_ticket(session, conversation, key, ticket)
    await database.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def deeds(settings: Settings) -> list[tuple[str, str | None]]:
    """What the audit log tells, verified."""

    async def read() -> list[tuple[str, str | None]]:
        database = Database.open(settings.effective_database_url)
        async with database.read() as session:
            keyring = load_or_create_keyring(settings.effective_master_key_file)
            await verify_audit(session, keyring)
            rows = await list_latest_audit_records(session, limit=20)
        await database.close()
        return [(row.deed, row.about) for row in reversed(rows)]

    return asyncio.run(read())


def test_a_run_shows_what_it_did_and_its_mark_can_be_verified(settings: Settings) -> None:
    foreseen = run("retention", "--dry-run")
    assert "Raderas nu" in foreseen.stdout
    assert deeds(settings) == []
    done = run("retention")
    assert done.exit_code == 0
    mark = re.search(r"\d+:[0-9a-f]{64}", done.output)
    assert mark
    assert deeds(settings) == [
        ("retention", "empty 1, without_ticket 0, with_ticket 0, traces 0, audit 0")
    ]
    assert run("audit", "verify", "--mark", mark[0]).exit_code == 0


def test_a_case_is_held_and_released(settings: Settings) -> None:
    assert run("hold", "--reference", "abc-123").exit_code == 0
    assert run("hold", "--reference", REFERENCE, "--release").exit_code == 0
    assert [deed for deed, _ in deeds(settings)] == ["hold", "release"]
    refused = run("hold", "--reference", "XXX-000")
    assert isinstance(refused.exception, CommandError)


def test_what_we_have_is_written_to_a_file_of_its_owner_s(
    settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "handed-out.txt"
    assert run("export", "--reference", REFERENCE, "--out", str(path)).exit_code == 0
    written = path.read_text()
    assert REFERENCE in written
    assert "visar märken" in written
    assert "Testarn" not in written
    assert path.stat().st_mode & 0o777 == 0o600
    assert deeds(settings) == [("export_person", REFERENCE)]
    again = run("export", "--reference", REFERENCE, "--out", str(path))
    assert isinstance(again.exception, CommandError)


def test_keys_are_shown_by_their_ids_and_changed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.cli.keys.GRACE_SECONDS", 0.01)
    path = settings.effective_master_key_file
    old = path.read_text().strip()
    before = run("keys", "show")
    assert run("keys", "rotate").exit_code == 0
    after = run("keys", "show")
    new = path.read_text().split()[2]
    for shown in (before, after):
        assert shown.exit_code == 0
        assert not re.search(r"[0-9a-f]{16}", shown.output)
        assert old not in shown.output
        assert new not in shown.output
    assert "allt nytt" in after.stdout
    assert [deed for deed, _ in deeds(settings)] == ["keys_rotate", "keys_retire"]
    assert run("export", "--reference", REFERENCE, "--out", str(path.with_name("x"))).exit_code == 0
