"""Of a sealed file no bit can be changed, and nothing left out, moved or cut off."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.backup.errors import BackupError, BrokenFileError, OtherVersionError, WrongKeyError
from services.backup.sealed_file import Kind, read_sealed, writing_sealed
from services.privacy.keyring import Keyring

KEYRING = Keyring(bytes(range(32)))
LINES = [f"{number} ".encode() * 8000 for number in range(12)]
HEADER, BLOCK = 66, 64 * 1024 + 16


def write(path: Path, lines: list[bytes], kind: Kind = Kind.BACKUP) -> bytes:
    with writing_sealed(path, KEYRING, kind) as file:
        for line in lines:
            file.write(line)
    return path.read_bytes()


def read(path: Path, content: bytes, keyring: Keyring = KEYRING) -> list[bytes]:
    path.write_bytes(content)
    return list(read_sealed(path, keyring, Kind.BACKUP))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sealed")


@pytest.fixture(scope="session")
def written(folder: Path) -> bytes:
    content = write(folder / "whole", LINES)
    assert len(content) > HEADER + 2 * BLOCK, "blocks to cut and to move"
    return content


@given(lines=st.lists(st.binary(max_size=200).filter(lambda line: b"\n" not in line)))
def test_what_was_written_is_read(folder: Path, lines: list[bytes]) -> None:
    write(folder / "some", lines)
    assert list(read_sealed(folder / "some", KEYRING, Kind.BACKUP)) == lines


@pytest.mark.parametrize("size", [0, 1, 2 * 64 * 1024 - 1])
def test_a_file_that_ends_with_its_block_is_read(folder: Path, size: int) -> None:
    assert read(folder / "even", write(folder / "made", [b"x" * size])) == [b"x" * size]


@given(data=st.data())
def test_a_file_with_any_bit_flipped_is_refused(
    folder: Path, written: bytes, data: st.DataObject
) -> None:
    # The header, where each byte has a meaning of its own, as often as all the rest.
    places = st.integers(0, HEADER - 1) | st.integers(0, len(written) - 1)
    place, bit = data.draw(places), data.draw(st.integers(0, 7))
    broken = bytearray(written)
    broken[place] ^= 1 << bit
    with pytest.raises(BackupError):
        read(folder / "flipped", bytes(broken))


@given(data=st.data())
def test_a_file_cut_off_anywhere_is_refused(
    folder: Path, written: bytes, data: st.DataObject
) -> None:
    ends = st.integers(0, len(written) - 1) | st.sampled_from(
        [0, HEADER, HEADER + BLOCK, HEADER + 2 * BLOCK]
    )
    with pytest.raises(BrokenFileError):
        read(folder / "cut", written[: data.draw(ends)])


@given(more=st.binary(min_size=1))
def test_a_file_that_goes_on_after_its_end_is_refused(
    folder: Path, written: bytes, more: bytes
) -> None:
    with pytest.raises(BrokenFileError):
        read(folder / "long", written + more)


def test_a_file_with_blocks_exchanged_or_of_another_file_is_refused(
    folder: Path, written: bytes
) -> None:
    first, second = HEADER + BLOCK, HEADER + 2 * BLOCK
    head, one, two, rest = (
        written[:HEADER], written[HEADER:first], written[first:second], written[second:],
    )  # fmt: skip
    other = write(folder / "other", LINES)[HEADER:first]
    for broken in (head + two + one + rest, head + two + rest, head + other + two + rest):
        with pytest.raises(BrokenFileError):
            read(folder / "moved", broken)


def test_another_master_key_is_told_from_a_broken_file(folder: Path, written: bytes) -> None:
    with pytest.raises(WrongKeyError, match="huvudnyckeln är en annan"):
        read(folder / "foreign", written, Keyring(bytes(32)))


def test_a_key_file_is_no_backup(folder: Path) -> None:
    with pytest.raises(BrokenFileError, match="ingen säkerhetskopia"):
        read(folder / "mixed", write(folder / "keys", LINES, Kind.KEYS))


def test_a_format_of_another_version_is_told(folder: Path, written: bytes) -> None:
    with pytest.raises(OtherVersionError, match="filformat 2"):
        read(folder / "newer", written[:16] + b"\x00\x02" + written[18:])


def test_only_its_owner_can_read_a_file_and_nothing_shows_of_what_is_in_it(tmp_path: Path) -> None:
    content = write(tmp_path / "backup", [b"some telling words"])
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o600
    assert b"telling" not in content
    assert [found.name for found in tmp_path.iterdir()] == ["backup"]


def test_a_file_that_was_not_finished_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with writing_sealed(tmp_path / "backup", KEYRING, Kind.BACKUP) as file:
            file.write(b"x" * 200_000)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []
