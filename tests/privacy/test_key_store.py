"""The file with the master keys is followed while it changes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.privacy.key_store import KeyStore
from services.privacy.keyring import MasterKeyError, load_or_create_keyring

NOW = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)


def test_another_process_s_new_key_is_used_at_once(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    ours, theirs = load_or_create_keyring(path), load_or_create_keyring(path)
    _, before = theirs.new_key(conversation="c")
    KeyStore(path).add_key(NOW)
    _, wrapped = ours.new_key(conversation="c")
    assert theirs.is_current(wrapped)
    assert not theirs.is_current(before)
    for keyring in (ours, theirs):
        keyring.unwrap(wrapped, conversation="c")
        keyring.unwrap(before, conversation="c")


def test_a_key_wrapped_anew_opens_what_it_sealed(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    keyring = load_or_create_keyring(path)
    key, wrapped = keyring.new_key(conversation="c")
    sealed = key.seal("ord", row="r")
    KeyStore(path).add_key(NOW)
    again = keyring.rewrap(wrapped, conversation="c")
    KeyStore(path).retire_keys()
    assert keyring.unwrap(again, conversation="c").open(sealed, row="r") == "ord"
    with pytest.raises(MasterKeyError):
        keyring.unwrap(wrapped, conversation="c")


def test_a_retired_key_leaves_what_proves_the_log_and_nothing_that_opens(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    keyring = load_or_create_keyring(path)
    old = path.read_text().strip()
    link = keyring.chain(bytes(32), b"record")
    KeyStore(path).add_key(NOW)
    KeyStore(path).retire_keys()
    assert old not in path.read_text()
    assert next(iter(keyring.chains(bytes(32), b"record"))) == link
    assert keyring.newest_chain == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["master.key"]


@pytest.mark.parametrize("after", ["", "nonsense", "key - 00\n", None])
def test_a_file_that_breaks_or_goes_away_stops_no_running_service(
    tmp_path: Path, after: str | None
) -> None:
    path = tmp_path / "master.key"
    keyring = load_or_create_keyring(path)
    _, wrapped = keyring.new_key(conversation="c")
    path.unlink()
    if after is not None:
        path.write_text(after)
        path.chmod(0o600)
    keyring.unwrap(wrapped, conversation="c")
    if after is not None:
        with pytest.raises(MasterKeyError):
            load_or_create_keyring(path)


def test_two_who_change_keys_at_once_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    load_or_create_keyring(path)
    with (
        KeyStore(path).locked(),
        pytest.raises(MasterKeyError, match="redan"),
        KeyStore(path).locked(),
    ):
        pass
