"""A new master key is taken into use while the service runs, and nobody notices."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from services.audit.log import record
from services.audit.record import OPERATOR, Deed
from services.audit.verification import AuditBrokenError, verify_audit
from services.backup.errors import WrongKeyError
from services.backup.key_file import read_key_file
from services.backup.restoring import restore_backup
from services.backup.taking import take_backup
from services.console.accounts import create_coordinator
from services.conversations.core import Core
from services.conversations.inbox import Inbox, IncomingMessage, Telephone
from services.conversations.sealing import conversation_key
from services.conversations.timeline import read_timeline
from services.privacy.key_store import KeyStore
from services.privacy.keyring import Keyring, load_or_create_keyring
from services.rotation import rotating
from services.rotation.rotating import LONGEST_CALL, Rotated, rotate_keys
from services.store.coordinators import key_owner
from services.store.database import Database
from services.store.tables import Conversation, Coordinator
from services.store.wrapped_keys import count_keys_by_beginning
from services.vocabulary import Channel, MunicipalityId
from tests.databases import Databases
from tests.twilio.conftest import until

NOW = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
GOTEBORG = MunicipalityId("goteborg")
NUMBER = "+46701740605"
"""From the series that PTS keeps for fiction."""
QUESTION = "Vad är Toleransprojektet?"


@dataclass
class House:
    """A service with a key file, and an operator who rotates it."""

    core: Core
    folder: Path

    @property
    def store(self) -> KeyStore:
        return KeyStore(self.folder / "master.key")

    def another_process(self) -> Core:
        return replace(self.core, keyring=load_or_create_keyring(self.store.path))

    async def rotate(self, *, key_file: Path | None = None, at: datetime = NOW) -> Rotated:
        """As the command does, with a keyring of its own process."""
        keyring = load_or_create_keyring(self.store.path)
        return await rotate_keys(
            self.core.database, self.store, keyring, key_file, clock=lambda: at, grace=0.01
        )

    async def text(self, core: Core, words: str, sid: str, number: str = NUMBER) -> UUID:
        """A text message comes in."""
        inbox = Inbox(core)
        caller = Telephone(key=number, number=number)
        found = await inbox.conversation_of(Channel.SMS, GOTEBORG, caller)
        await inbox.receive(found, None, IncomingMessage(sid, words), channel=Channel.SMS)
        return found

    async def said(self, conversation_id: UUID) -> list[str | None]:
        async with self.core.database.read() as session:
            conversation = await session.get(Conversation, conversation_id)
            assert conversation is not None
            key = conversation_key(self.core.keyring, conversation)
            events = await read_timeline(session, key, conversation, after=0)
        return [event.text for event in events if event.author == "caller"]

    async def beginnings(self) -> set[bytes]:
        async with self.core.database.read() as session:
            return set(await count_keys_by_beginning(session, 4))


@pytest.fixture
def house(core: Core, tmp_path: Path) -> House:
    folder = tmp_path / "keys"
    folder.mkdir()
    keyring = load_or_create_keyring(folder / "master.key")
    return House(replace(core, keyring=keyring), folder)


async def test_after_a_rotation_the_old_key_opens_nothing_and_all_is_read(house: House) -> None:
    old = Keyring(bytes.fromhex(house.store.path.read_text()))
    conversation = await house.text(house.core, QUESTION, "SM1")
    rotated = await house.rotate()
    assert rotated == Rotated(wrapped=1, calls=0, unreadable=0)
    assert await house.said(conversation) == [QUESTION]
    assert await house.beginnings() == {house.core.keyring.current_id}
    assert old.current_id != house.core.keyring.current_id


async def test_a_caller_who_texts_in_after_it_is_found(house: House) -> None:
    before = await house.text(house.core, QUESTION, "SM1")
    await house.rotate()
    assert await house.text(house.core, "Tack", "SM2") == before
    assert await house.said(before) == [QUESTION, "Tack"]


async def test_a_caller_who_texts_in_during_it_is_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await house.text(house.core, QUESTION, "SM1")
    house.store.add_key(NOW)  # and nothing is wrapped anew yet
    other = house.another_process()
    assert await house.text(other, "Tack", "SM2") == before
    assert await house.text(house.core, "Hej", "SM3") == before
    await house.rotate()
    assert await house.text(other, "Igen", "SM4") == before


async def test_two_services_answer_all_the_time_while_keys_are_wrapped_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating, "_AT_A_TIME", 3)
    numbers = [f"+467017406{last:02}" for last in range(5, 30)]
    conversations = {
        number: await house.text(house.core, QUESTION, f"SM0{number}", number) for number in numbers
    }
    services = (house.core, house.another_process())
    running = asyncio.create_task(house.rotate())
    texts = 0
    while not running.done() or texts < 2 * len(numbers):
        number = numbers[texts % len(numbers)]
        found = await house.text(services[texts % 2], f"Text {texts}", f"SM{texts}x", number)
        assert found == conversations[number]
        texts += 1
    assert (await running).is_done
    for number, conversation in conversations.items():
        assert (await house.said(conversation))[0] == QUESTION, number
    assert await house.beginnings() == {house.core.keyring.current_id}


async def test_a_rotation_killed_half_way_goes_on_where_it_was(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating, "_AT_A_TIME", 2)
    for last in range(5, 12):
        await house.text(house.core, QUESTION, f"SM{last}", f"+467017406{last:02}")

    class KilledError(Exception):
        pass

    def die(wrapped: int) -> None:
        if wrapped >= 4:
            raise KilledError

    keyring = load_or_create_keyring(house.store.path)
    with pytest.raises(KilledError):
        await rotate_keys(
            house.core.database, house.store, keyring, None, clock=lambda: NOW, grace=0.01, tell=die
        )
    assert len(house.store.read().keys) == 2
    assert len(await house.beginnings()) == 2
    half = house.store.read().current.id
    assert (await house.rotate()).wrapped == 3
    assert house.store.read().current.id == half, "no third key was made"
    assert await house.beginnings() == {half}


async def test_what_was_stored_by_who_had_not_seen_the_new_key_is_wrapped_too(
    house: House,
) -> None:
    late = Keyring(bytes.fromhex(house.store.path.read_text()))
    rotation = asyncio.create_task(
        rotate_keys(
            house.core.database,
            house.store,
            load_or_create_keyring(house.store.path),
            None,
            clock=lambda: NOW,
            grace=0.5,
        )
    )
    await until(lambda: len(house.store.read().keys) == 2)
    conversation = await house.text(replace(house.core, keyring=late), QUESTION, "SM1")
    assert (await rotation).is_done
    assert await house.said(conversation) == [QUESTION]
    assert await house.text(house.core, "Tack", "SM2") == conversation


async def test_a_call_under_way_keeps_the_old_key_readable_until_it_must_have_ended(
    house: House,
) -> None:
    inbox, caller = Inbox(house.core), Telephone(key="CA" + "1" * 32, number=NUMBER)
    call = await inbox.conversation_of(Channel.VOICE, GOTEBORG, caller)
    assert not (await house.rotate()).is_done
    assert await inbox.conversation_of(Channel.VOICE, GOTEBORG, caller) == call
    assert (await house.rotate(at=NOW + LONGEST_CALL + timedelta(minutes=1))).is_done
    assert await house.beginnings() == {house.core.keyring.current_id}


async def test_an_account_s_code_app_survives(house: House) -> None:
    async with house.core.database.begin() as session:
        await create_coordinator(session, "Anna", NOW)
        account = await session.scalar(select(Coordinator))
        assert account is not None
        owner = key_owner(account.id)
        key, account.wrapped_key = house.core.keyring.new_key(conversation=owner)
        account.totp_sealed = key.seal("HEMLIGT", row="totp")
    await house.rotate()
    async with house.core.database.read() as session:
        account = await session.scalar(select(Coordinator))
    assert account is not None
    assert account.wrapped_key is not None
    again = house.core.keyring.unwrap(account.wrapped_key, conversation=owner)
    assert again.open(account.totp_sealed or b"", row="totp") == "HEMLIGT"
    assert again.hash("kod") == key.hash("kod")


async def test_the_audit_log_is_whole_across_rotations_and_tells_of_them(house: House) -> None:
    async def note() -> None:
        async with house.core.database.begin() as session:
            await record(session, house.core.keyring, at=NOW, actor=OPERATOR, deed=Deed.ACCOUNT_ADD)

    await note()
    async with house.core.database.read() as session:
        mark = await verify_audit(session, house.core.keyring)
    for _ in range(2):
        await house.rotate()
        await note()
    async with house.core.database.read() as session:
        assert (await verify_audit(session, house.core.keyring, known=mark)).number == 7


async def test_who_has_an_old_key_can_forge_nothing_in_the_log(house: House) -> None:
    stolen = Keyring(bytes.fromhex(house.store.path.read_text()))
    await house.rotate()
    async with house.core.database.begin() as session:
        await record(session, stolen, at=NOW, actor=OPERATOR, deed=Deed.ACCOUNT_ADD)
    async with house.core.database.read() as session:
        with pytest.raises(AuditBrokenError):
            await verify_audit(session, house.core.keyring)


async def test_backups_and_their_key_file_go_along(house: House, databases: Databases) -> None:
    await house.text(house.core, QUESTION, "SM1")
    backup, key_file = house.folder / "old.backup", house.folder / "backup.keys"
    old = house.store.path.read_bytes()
    await take_backup(house.core.database, house.core.keyring, backup, key_file, now=NOW)
    await house.rotate(key_file=key_file)
    assert len(read_key_file(key_file, house.core.keyring).secrets) == 1
    with databases.new() as url:
        empty = Database.open(url)
        with pytest.raises(WrongKeyError):
            await restore_backup(
                empty, house.core.keyring, backup, key_file, replace=False, now=NOW
            )
        # The operator's copy of the old key, as a line of its own, opens it.
        with house.store.path.open("ab") as file:
            file.write(old)
        restored = await restore_backup(
            empty, house.core.keyring, backup, key_file, replace=False, now=NOW
        )
        assert (restored.conversations, restored.forgotten) == (1, 0)
        async with empty.read() as session:
            await verify_audit(session, house.core.keyring)
        await empty.close()
