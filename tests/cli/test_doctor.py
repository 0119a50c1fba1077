"""``oroslotsen doctor`` finds what is broken, says it in a sentence, and says what to do."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from services.cli.doctor.content import look_at_content
from services.cli.doctor.finding import Finding, Look, Patient, State
from services.cli.doctor.machine import (
    look_at_clock,
    look_at_environments,
    look_at_room,
    look_at_settings,
)
from services.cli.doctor.processes import look_at_models, look_at_ports
from services.cli.doctor.reach import (
    look_at_address,
    look_at_notices,
    look_at_sign_in,
    look_at_telephone,
    look_outside,
)
from services.cli.doctor.stored import look_at_database, look_at_key, look_at_redis
from services.cli.running import free_port
from services.cli.state import prepare_database
from services.privacy.keyring import Keyring, load_or_create_keyring
from services.settings import ROOT, Settings
from services.store.database import Database
from services.store.tables import Conversation
from services.vocabulary import Channel, MunicipalityId, Owner, Variant
from tests.databases import Databases

GIGABYTES = 50 * 1024**3
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

type Make = Callable[..., Patient]


@pytest.fixture
def patient(tmp_path: Path) -> Make:
    """Settings of a healthy machine, with what a test changes."""

    def make(*, free: int = GIGABYTES, root: Path = ROOT, **changed: object) -> Patient:
        (tmp_path / "state").mkdir(mode=0o700, exist_ok=True)
        ports = {"port": free_port(), "rasa_port": free_port(), "actions_port": free_port()}
        settings = Settings(_env_file=None, state_dir=tmp_path / "state", **(ports | changed))
        return Patient(settings, NOW, free_bytes=lambda _folder: free, root=root)

    return make


async def found_by(look: Look, patient: Patient) -> list[Finding]:
    return [one async for one in look(patient)]


async def worst(look: Look, patient: Patient) -> Finding:
    """The most serious finding; each that is not fine says what to do."""
    found = await found_by(look, patient)
    for one in found:
        assert bool(one.remedy) is (one.state is not State.OK), one
        assert one.says.endswith((".", "?")), one
    return max(found, key=lambda one: list(State).index(one.state))


@pytest.fixture
def listener() -> Iterator[int]:
    """A port that somebody else has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


@pytest.mark.parametrize("setting", ["port", "rasa_port", "actions_port"])
async def test_a_port_that_something_else_has(patient: Make, listener: int, setting: str) -> None:
    found = await worst(look_at_ports, patient(**{setting: listener}))
    assert found.state is State.FAULT
    assert str(listener) in found.says
    assert setting.upper() in found.remedy


async def test_free_ports_are_fine(patient: Make) -> None:
    assert (await worst(look_at_ports, patient())).state is State.OK


async def test_a_master_key_that_can_t_be_read(patient: Make) -> None:
    sick = patient()
    sick.settings.effective_master_key_file.mkdir(mode=0o700)
    found = await worst(look_at_key, sick)
    assert found.state is State.FAULT
    assert "går inte att läsa" in found.says


async def test_a_master_key_that_others_can_read(patient: Make) -> None:
    sick = patient()
    load_or_create_keyring(sick.settings.effective_master_key_file)
    sick.settings.effective_master_key_file.chmod(0o644)
    found = await worst(look_at_key, sick)
    assert found.state is State.FAULT
    assert found.remedy.startswith("chmod 600")


async def test_a_master_key_that_is_none(patient: Make) -> None:
    sick = patient()
    sick.settings.effective_master_key_file.touch(mode=0o600)
    assert (await worst(look_at_key, sick)).state is State.FAULT


async def test_a_master_key_that_is_lost(patient: Make) -> None:
    sick = patient()
    await prepare_database(sick.settings)
    found = await worst(look_at_key, sick)
    assert found.state is State.FAULT
    assert "kopia" in found.remedy
    assert not sick.settings.effective_master_key_file.exists(), "the doctor makes none"


async def test_a_master_key_that_is_another(patient: Make) -> None:
    sick = patient()
    await prepare_database(sick.settings)
    database = Database.open(sick.settings.effective_database_url)
    async with database.begin() as session:
        session.add(a_conversation(Keyring(bytes(range(32)))))
    await database.close()
    load_or_create_keyring(sick.settings.effective_master_key_file)
    found = await worst(look_at_database, sick)
    assert found.state is State.FAULT
    assert "annan huvudnyckel" in found.says


async def test_a_database_that_somebody_has_locked(patient: Make) -> None:
    sick = patient()
    await prepare_database(sick.settings)
    holder = sqlite3.connect(sick.settings.state_dir / "oroslotsen.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    found = await worst(look_at_database, sick)
    holder.close()
    assert found.state is State.FAULT
    assert "låst" in found.says


async def test_a_database_file_that_is_none(patient: Make) -> None:
    sick = patient()
    (sick.settings.state_dir / "oroslotsen.db").write_bytes(b"not a database " * 100)
    found = await worst(look_at_database, sick)
    assert found.state is State.FAULT
    assert "restore" in found.remedy


@pytest.mark.parametrize(
    ("revision", "state", "remedy"),
    [("0001", State.WARNING, "backup"), ("ffff", State.FAULT, "Installera den versionen")],
    ids=["older", "newer"],
)
async def test_a_database_of_another_version(
    patient: Make, revision: str, state: State, remedy: str
) -> None:
    sick = patient()
    await prepare_database(sick.settings)
    with sqlite3.connect(sick.settings.state_dir / "oroslotsen.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    found = await worst(look_at_database, sick)
    assert found.state is state
    assert remedy in found.remedy


async def test_a_database_that_is_well_lacks_only_accounts(
    patient: Make, databases: Databases
) -> None:
    with databases.new() as url:
        found = await worst(look_at_database, patient(database_url=SecretStr(url)))
    assert found.state is State.WARNING
    assert found.remedy == "make coordinator NAME=anna"


async def test_a_database_server_that_is_away(patient: Make) -> None:
    url = f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/none"
    found = await worst(look_at_database, patient(database_url=SecretStr(url)))
    assert found.state is State.FAULT
    assert "DATABASE_URL" in found.remedy


async def test_redis_that_is_away(patient: Make) -> None:
    found = await worst(look_at_redis, patient(redis_url=f"redis://127.0.0.1:{free_port()}"))
    assert found.state is State.FAULT


@pytest.mark.parametrize("look", [look_at_redis, look_at_database])
async def test_no_other_machine_is_asked_unless_told(patient: Make, look: Look) -> None:
    told = patient(
        redis_url="redis://redis.example:6379",
        database_url="postgresql+asyncpg://a@db.example/b",
    )
    found = await worst(look, told)
    assert "--outside" in found.says
    assert await found_by(look_outside, told) == []


async def test_an_address_outside_that_does_not_answer(patient: Make) -> None:
    dead = patient(ticket_webhook_url=f"http://127.0.0.1:{free_port()}/")
    found = await worst(look_outside, replace(dead, outside=True))
    assert found.state is State.FAULT
    assert "TICKET_WEBHOOK_URL" in found.remedy


async def test_models_that_are_missing_or_of_other_data(patient: Make, tmp_path: Path) -> None:
    sick = patient(models_dir=tmp_path / "models")
    found = await found_by(look_at_models, sick)
    assert [one.state for one in found] == [State.FAULT, State.FAULT]
    assert {one.remedy for one in found} == {"oroslotsen train"}
    sick.settings.models_dir.mkdir()
    (sick.settings.models_dir / "rasa-0123456789ab.tar.gz").touch()
    assert (await found_by(look_at_models, sick))[0].state is State.WARNING


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with a Rasa environment that says what a test writes in ``versions``."""
    folder = tmp_path / "project" / "bot"
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    shutil.copy(ROOT / "bot" / "pyproject.toml", folder)
    python.write_text(f"#!/bin/sh\ncat {tmp_path}/versions\n", encoding="utf-8")
    python.chmod(0o755)
    return folder.parent


async def test_a_rasa_environment_that_is_missing_or_wrong(
    patient: Make, project: Path, tmp_path: Path
) -> None:
    sick = patient(root=project)
    (tmp_path / "versions").write_text("3 10 3.6.21\n")
    assert (await worst(look_at_environments, sick)).state is State.OK
    (tmp_path / "versions").write_text("3 13 3.6.2\n")
    found = await worst(look_at_environments, sick)
    assert found.state is State.FAULT
    assert "Python 3.13" in found.says
    assert "make setup" in found.remedy
    (project / "bot" / ".venv" / "bin" / "python").unlink()
    assert (await worst(look_at_environments, sick)).state is State.FAULT


async def test_libraries_that_are_older_than_the_locked_file(
    patient: Make, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "versions").write_text("3 10 3.6.21\n")
    (project / "bot" / "uv.lock").touch()
    (mark := project / "bot" / ".venv" / ".synced").touch()
    os.utime(mark, (0, 0))
    found = await worst(look_at_environments, patient(root=project))
    assert found.state is State.WARNING
    assert found.remedy == "make setup"


async def test_a_misspelt_setting(patient: Make, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=8080\nTWILLIO_NUMBER=1\n", encoding="utf-8")
    found = await worst(look_at_settings, patient(root=tmp_path))
    assert found.state is State.WARNING
    assert "TWILLIO_NUMBER" in found.says
    assert "TWILIO_NUMBER" in found.remedy


@pytest.mark.parametrize(
    ("free", "state"),
    [(GIGABYTES, State.OK), (500 * 1024**2, State.WARNING), (1024, State.FAULT)],
)
async def test_a_disk_that_gets_full(patient: Make, free: int, state: State) -> None:
    assert (await worst(look_at_room, patient(free=free))).state is state


async def test_a_clock_that_is_years_behind(patient: Make) -> None:
    sick = replace(patient(), now=datetime(2001, 1, 1, tzinfo=UTC))
    assert (await worst(look_at_clock, sick)).state is State.FAULT


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge")


async def test_a_knowledge_file_with_a_fault(patient: Make, content: Path) -> None:
    file = content / "answers" / "info" / "toleransprojektet.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("källor:", "kallor:"))
    found = await worst(look_at_content, patient(knowledge_dir=content))
    assert found.state is State.FAULT
    assert "toleransprojektet.yml" in found.says


async def test_contacts_and_answers_that_are_old(patient: Make) -> None:
    late = replace(patient(), now=datetime(2036, 1, 1, tzinfo=UTC))
    found = {one.part: one for one in await found_by(look_at_content, late)}
    assert found["Kontakter"].state is State.WARNING
    assert "knowledge check" in found["Kontakter"].remedy
    assert found["Granskning"].state is State.WARNING


async def test_a_municipality_that_is_not_in_the_knowledge(patient: Make) -> None:
    found = await worst(look_at_content, patient(municipality="exempelby"))
    assert found.state is State.FAULT
    assert "goteborg" in found.remedy


@pytest.mark.parametrize(
    ("changed", "look", "state", "said"),
    [
        ({"public_url": "http://chatt.example"}, look_at_address, State.FAULT, "https://"),
        ({"public_url": "chatt.example"}, look_at_address, State.FAULT, "PUBLIC_URL"),
        ({"host": "0.0.0.0"}, look_at_address, State.WARNING, "PUBLIC_URL"),
        ({"public_url": "https://chatt.example"}, look_at_address, State.WARNING, "TRUSTED"),
        ({"embed_origins": "https://a.example"}, look_at_address, State.WARNING, "PUBLIC_URL"),
        (
            {
                "public_url": "https://chatt.example",
                "trusted_proxies": "127.0.0.1",
                "coordinator_totp_required": False,
            },
            look_at_address,
            State.WARNING,
            "TOTP",
        ),
        ({"twilio_account_sid": "AC1"}, look_at_telephone, State.FAULT, "TWILIO_AUTH_TOKEN"),
        ({"duty_number": "+46701740605"}, look_at_telephone, State.WARNING, "TWILIO"),
        ({"ticket_webhook_url": "https://a.example"}, look_at_notices, State.FAULT, "SECRET"),
        ({"smtp_url": "smtp://a.example"}, look_at_notices, State.FAULT, "NOTICE_EMAIL"),
        ({"alarm_email_to": "a@example.org"}, look_at_notices, State.FAULT, "SMTP_URL"),
        (
            {"alarm_webhook_url": "http://a.example", "alarm_webhook_secret": "s"},
            look_at_notices,
            State.WARNING,
            "https://a.example",
        ),
        ({"oidc_issuer": "https://id.example"}, look_at_sign_in, State.FAULT, "OIDC_CLIENT_ID"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)
async def test_settings_that_are_half_or_unsafe(
    patient: Make, changed: dict[str, object], look: Look, state: State, said: str
) -> None:
    found = await worst(look, patient(**changed))
    assert found.state is state
    assert said in found.says + found.remedy
    assert (await worst(look, patient())).state is State.OK


async def test_twilio_that_must_call_an_open_address(patient: Make) -> None:
    account = {"twilio_account_sid": "AC1", "twilio_auth_token": "t", "twilio_number": "+4670174"}
    found = await worst(look_at_telephone, patient(public_url="http://c.example", **account))
    assert found.state is State.FAULT
    assert "https://c.example" in found.remedy


def test_the_command_ends_with_1_on_a_fault_and_asks_nobody(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "services", "doctor"],
        cwd=ROOT,
        env=os.environ
        | {"STATE_DIR": str(tmp_path), "PUBLIC_URL": "http://chatt.example", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1, told.stderr
    assert "fel     PUBLIC_URL" in told.stdout
    assert "→ Sätt en proxy med TLS framför" in told.stdout
    assert list(tmp_path.iterdir()) == [], "an examination changes nothing"


def a_conversation(keyring: Keyring) -> Conversation:
    id_ = uuid4()
    _, wrapped = keyring.new_key(conversation=str(id_))
    return Conversation(
        id=id_, channel=Channel.WEB, municipality=MunicipalityId("goteborg"), variant=Variant.WEB,
        created_at=NOW, last_activity_at=NOW, owner=Owner.BOT, fence=0, greeted=False,
        danger_asked=False, in_form=False, wrapped_key=wrapped, secret_hash=b"x",
    )  # fmt: skip
