"""Stock Rasa's project is of our messages, and stored conversations are like the service's own."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import yaml
from sqlalchemy import func, select

from services.benchmark.machine import look_at_machine, memory_of
from services.benchmark.peer import sample, write_project
from services.benchmark.stored import store_conversations
from services.benchmark.texts import read_texts
from services.conversations.sealing import conversation_key
from services.conversations.timeline import read_timeline
from services.privacy.keyring import Keyring
from services.settings import ROOT
from services.store.database import Database
from services.store.tables import Conversation
from services.store.waiting import count_waiting
from services.vocabulary import Author, MunicipalityId


def test_the_peer_learns_so_many_of_each_topic_with_rasa_s_own_defaults(tmp_path: Path) -> None:
    messages = sample(ROOT / "data", 3)
    mark = write_project(tmp_path, messages)
    config, domain, nlu = (
        yaml.safe_load((tmp_path / name).read_text(encoding="utf-8"))
        for name in ("config.yml", "domain.yml", "data/nlu.yml")
    )
    assert not {"pipeline", "policies"} & set(config)
    assert {block["intent"] for block in nlu["nlu"]} == set(domain["intents"])
    assert all(block["examples"].count("\n") <= 3 for block in nlu["nlu"])
    assert write_project(tmp_path, messages) == mark
    assert write_project(tmp_path, sample(ROOT / "data", 2)) != mark


async def test_stored_conversations_open_with_the_service_s_own_key(database: Database) -> None:
    keyring = Keyring(bytes(range(32)))
    told: list[int] = []
    await store_conversations(
        database,
        keyring,
        3,
        now=datetime(2026, 11, 18, tzinfo=UTC),
        municipality=MunicipalityId("goteborg"),
        progress=told.append,
    )
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Conversation)) == 3
        assert await count_waiting(session) == 0
        conversation = (await session.scalars(select(Conversation))).first()
        assert conversation is not None
        key = conversation_key(keyring, conversation)
        events = await read_timeline(session, key, conversation, after=0)
    assert [event.author for event in events] == [Author.CALLER, Author.BOT] * 2
    assert [event.position for event in events] == [1, 2, 3, 4]
    assert told == [3]


def test_the_callers_messages_are_of_the_evaluation_set() -> None:
    texts = read_texts(ROOT / "data" / "evaluation")
    assert len(texts.ordinary) > 100
    assert len(texts.acute) > 20
    assert not set(texts.ordinary) & set(texts.acute)


def test_the_machine_is_looked_at_and_nothing_is_left_behind(tmp_path: Path) -> None:
    machine = look_at_machine(tmp_path)
    assert machine.counting_ms > 0
    assert machine.cores_used <= machine.cores
    assert not list(tmp_path.iterdir())


def test_memory_is_of_the_process_and_all_below_it(tmp_path: Path) -> None:
    before = memory_of(os.getpid())
    code = "held = bytearray(40_000_000); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert memory_of(os.getpid()) > before + 30
        child.communicate(b"\n")
