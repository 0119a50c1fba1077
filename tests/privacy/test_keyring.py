"""What is stored can be read with the conversation's key alone."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.privacy.keyring import Keyring, MasterKeyError, load_or_create_keyring

MASTER = bytes(range(32))


@given(text=st.text(), row=st.text(min_size=1))
def test_what_is_sealed_opens_again_in_its_row(text: str, row: str) -> None:
    key, _ = Keyring(MASTER).new_key(conversation="c")
    assert key.open(key.seal(text, row=row), row=row) == text


def test_a_ciphertext_moved_to_another_row_does_not_open() -> None:
    key, _ = Keyring(MASTER).new_key(conversation="c")
    with pytest.raises(MasterKeyError):
        key.open(key.seal("ord", row="inbound:1"), row="inbound:2")


def test_a_conversation_s_key_survives_wrapping() -> None:
    keyring = Keyring(MASTER)
    key, wrapped = keyring.new_key(conversation="c")
    again = Keyring(MASTER).unwrap(wrapped, conversation="c")
    assert again.open(key.seal("ord", row="r"), row="r") == "ord"


@pytest.mark.parametrize("master", [bytes(32), bytes(reversed(MASTER))])
def test_another_master_key_opens_nothing(master: bytes) -> None:
    _, wrapped = Keyring(MASTER).new_key(conversation="c")
    with pytest.raises(MasterKeyError):
        Keyring(master).unwrap(wrapped, conversation="c")


def test_a_wrapped_key_does_not_open_as_another_conversation_s() -> None:
    keyring = Keyring(MASTER)
    _, wrapped = keyring.new_key(conversation="c")
    with pytest.raises(MasterKeyError):
        keyring.unwrap(wrapped, conversation="d")


def test_a_flipped_bit_is_noticed() -> None:
    key, _ = Keyring(MASTER).new_key(conversation="c")
    sealed = bytearray(key.seal("ord", row="r"))
    sealed[-1] ^= 1
    with pytest.raises(MasterKeyError):
        key.open(bytes(sealed), row="r")


def test_the_first_start_makes_a_master_key_that_only_its_owner_can_read(tmp_path) -> None:
    path = tmp_path / "master.key"
    first = load_or_create_keyring(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    _, wrapped = first.new_key(conversation="c")
    load_or_create_keyring(path).unwrap(wrapped, conversation="c")


def test_processes_that_start_together_get_one_master_key(tmp_path) -> None:
    path = tmp_path / "master.key"
    with ThreadPoolExecutor(8) as threads:
        keyrings = list(threads.map(load_or_create_keyring, [path] * 8))
    assert len({keyring.lookup_hash("1") for keyring in keyrings}) == 1
    assert [found.name for found in tmp_path.iterdir()] == ["master.key"]


def test_a_master_key_that_others_can_read_is_refused(tmp_path) -> None:
    path = tmp_path / "master.key"
    load_or_create_keyring(path)
    path.chmod(0o644)
    with pytest.raises(MasterKeyError, match="chmod 600"):
        load_or_create_keyring(path)


@pytest.mark.parametrize("content", ["", "inte en nyckel", "00" * 31])
def test_a_broken_master_key_file_is_refused_with_what_to_do(tmp_path, content: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(MasterKeyError):
        load_or_create_keyring(path)


def test_a_number_s_lookup_hash_is_keyed_and_stable() -> None:
    number = "+46700000000"
    assert Keyring(MASTER).lookup_hash(number) == Keyring(MASTER).lookup_hash(number)
    assert Keyring(MASTER).lookup_hash(number) != Keyring(bytes(32)).lookup_hash(number)
