"""The format of our files: lines of bytes in encrypted blocks, of which none can be changed.

    kind (16 bytes) | version (2) | salt (32) | key check (16) | block | block | ...

Each file has a key of its own, made of the master key and the salt; the key check tells a wrong
key from a broken file. A block is AES-256-GCM over at most 64 KiB with the header as context. Its
nonce is its number and whether it is the last, so that blocks can't be left out, moved or cut off
(the STREAM construction, https://eprint.iacr.org/2015/189).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.backup.errors import BrokenFileError, OtherVersionError, WrongKeyError
from services.privacy.keyring import Keyring

VERSION: Final = 1
_VERSION_BYTES: Final = 2
_SALT_BYTES: Final = 32
_CHECK_BYTES: Final = 16
_KIND_BYTES: Final = 16
_HEADER_BYTES: Final = _KIND_BYTES + _VERSION_BYTES + _SALT_BYTES + _CHECK_BYTES
_BLOCK_BYTES: Final = 64 * 1024
_TAG_BYTES: Final = 16


class Kind(Enum):
    """What a file is, in its first bytes."""

    BACKUP = b"oroslotsen data\n"
    KEYS = b"oroslotsen keys\n"


class SealedWriter:
    """Takes lines, and writes them encrypted."""

    def __init__(self, file: BinaryIO, keyring: Keyring, kind: Kind) -> None:
        salt = secrets.token_bytes(_SALT_BYTES)
        key = keyring.file_key(salt)
        self._file, self._cipher = file, AESGCM(key)
        self._header = kind.value + VERSION.to_bytes(_VERSION_BYTES) + salt + _key_check(key)
        self._buffer = bytearray()
        self._number = 0
        file.write(self._header)

    def write(self, line: bytes) -> None:
        """Add a line, which holds no line break."""
        self._buffer += line + b"\n"
        while len(self._buffer) > _BLOCK_BYTES:
            self._write_block(last=False)

    def finish(self) -> None:
        """Write what is left; without it the file is broken."""
        self._write_block(last=True)

    def _write_block(self, *, last: bool) -> None:
        plain = bytes(self._buffer[:_BLOCK_BYTES])
        del self._buffer[:_BLOCK_BYTES]
        nonce = _nonce(self._number, last=last)
        self._file.write(self._cipher.encrypt(nonce, plain, self._header))
        self._number += 1


@contextlib.contextmanager
def writing_sealed(path: Path, keyring: Keyring, kind: Kind) -> Iterator[SealedWriter]:
    """Write a file that only its owner can read; it is at ``path`` whole, or not at all."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(number, "wb") as file:
            writer = SealedWriter(file, keyring, kind)
            yield writer
            writer.finish()
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    _keep_name(path.parent)


def _keep_name(folder: Path) -> None:
    # A new name in a folder survives a power cut only when the folder is on the disk too.
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def read_sealed(path: Path, keyring: Keyring, kind: Kind) -> Iterator[bytes]:
    """The lines of a file, each as soon as its block has proved unchanged.

    Raises:
        BrokenFileError: it is not such a file, or a bit of it is not as it was written.
        OtherVersionError: a program of another version wrote it.
        WrongKeyError: it was written under another master key.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
        cipher = _open_header(path, header, keyring, kind)
        rest = b""
        for block in _open_blocks(path, file, cipher, header):
            *lines, rest = (rest + block).split(b"\n")
            yield from lines


def _open_header(path: Path, header: bytes, keyring: Keyring, kind: Kind) -> AESGCM:
    version_at = _KIND_BYTES + _VERSION_BYTES
    if len(header) < _HEADER_BYTES or header[:_KIND_BYTES] != kind.value:
        what = "säkerhetskopia" if kind is Kind.BACKUP else "nyckelfil"
        raise BrokenFileError(f"{path} är ingen {what} från Oroslotsen, eller är skadad.")
    version = int.from_bytes(header[_KIND_BYTES:version_at])
    if version != VERSION:
        raise OtherVersionError(
            f"{path} har filformat {version}; det här programmet läser {VERSION}. "
            "Återställ med den version av programmet som skrev filen."
        )
    for key in keyring.file_keys(header[version_at : version_at + _SALT_BYTES]):
        if hmac.compare_digest(header[-_CHECK_BYTES:], _key_check(key)):
            return AESGCM(key)
    raise WrongKeyError(
        f"{path} går inte att öppna: huvudnyckeln är en annan än när filen skrevs "
        "(eller så är filens första del skadad). Se MASTER_KEY_FILE."
    )


def _open_blocks(path: Path, file: BinaryIO, cipher: AESGCM, header: bytes) -> Iterator[bytes]:
    number, block = 0, file.read(_BLOCK_BYTES + _TAG_BYTES)
    while True:
        following = file.read(_BLOCK_BYTES + _TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), block, header)
        except InvalidTag:
            raise BrokenFileError(
                f"{path} är skadad eller avkortad. Använd en annan kopia av den."
            ) from None
        if not following:
            return
        number, block = number + 1, following


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes((last,))


def _key_check(key: bytes) -> bytes:
    return hmac.digest(key, b"oroslotsen key check v1", hashlib.sha256)[:_CHECK_BYTES]
