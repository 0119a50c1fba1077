"""The file with the master keys: read by every process, changed by ``oroslotsen keys rotate``.

A line is ``key <when it was made> <64 hex digits>`` or, for what is left of a key that is gone,
``audit <when that key was made> <64 hex digits>``; newest first. The first key is used, the others
are read. 64 hex digits alone are a key too: that is what a first start makes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import structlog

from services.privacy.master_key import KEY_BYTES, MasterKey, MasterKeyError, MasterKeys

_log = structlog.get_logger(__name__)


class Kind(StrEnum):
    """What a line holds."""

    KEY = "key"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A line of the file. ``made_at`` is nothing when the file does not say."""

    kind: Kind
    made_at: datetime | None
    value: bytes

    def written(self) -> str:
        """The line."""
        made_at = self.made_at.isoformat() if self.made_at else "-"
        return f"{self.kind} {made_at} {self.value.hex()}\n"


class KeyStore:
    """Reads the file when it has changed, and keeps what it said as long as it can't be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, ...] | None = None
        self._keys: MasterKeys | None = None
        self._fault: str | None = None

    def read(self) -> MasterKeys:
        """The master keys of this moment. Raises ``MasterKeyError`` if there never were any."""
        try:
            stamp = self._look()
            if stamp != self._stamp:
                self._keys, self._stamp, self._fault = as_master_keys(self.lines()), stamp, None
        except (OSError, MasterKeyError) as error:
            if self._keys is None:
                raise
            # Whoever writes in the middle of a night must still be answered.
            if self._fault != (fault := type(error).__name__):
                _log.error("master_keys_not_read", cause=fault)
                self._fault = fault
        if self._keys is None:
            raise MasterKeyError(f"{self.path} holds no key.")
        return self._keys

    def lines(self) -> tuple[StoredKey, ...]:
        """What the file says.

        Raises:
            MasterKeyError: it does not hold keys, or others than its owner may read it.
        """
        if self.path.stat().st_mode & 0o077:
            raise MasterKeyError(f"{self.path} can be read by others. Run: chmod 600 {self.path}")
        try:
            text = self.path.read_text(encoding="ascii")
            lines = tuple(_parsed(line) for line in text.splitlines() if line.strip())
        except ValueError:
            raise MasterKeyError(f"{self.path} must hold {KEY_BYTES * 2} hex digits.") from None
        if not any(line.kind is Kind.KEY for line in lines):
            raise MasterKeyError(f"{self.path} must hold {KEY_BYTES * 2} hex digits.")
        return lines

    def make_first(self) -> None:
        """Make a key, if there is no file."""
        if self.path.exists():
            return
        # The file is there whole or not at all; of several processes that start together one's is.
        text = secrets.token_hex(KEY_BYTES) + "\n"
        with _written(self.path.parent, text) as written, contextlib.suppress(FileExistsError):
            self.path.hardlink_to(written)

    def add_key(self, now: datetime) -> None:
        """Make a new key, to be used from now on; the others are read as before."""
        new = StoredKey(Kind.KEY, now, secrets.token_bytes(KEY_BYTES))
        self._replace((new, *self.lines()))

    def retire_keys(self) -> None:
        """Let go of every key but the one that is used; what proves the audit log stays."""
        keys = [line for line in self.lines() if line.kind is Kind.KEY]
        audits = [line for line in self.lines() if line.kind is Kind.AUDIT]
        retired = [
            StoredKey(Kind.AUDIT, one.made_at, MasterKey(one.value).audit) for one in keys[1:]
        ]
        self._replace((keys[0], *retired, *audits))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from changing the file meanwhile. Raises ``MasterKeyError`` if one does."""
        folder = os.open(self.path.parent, os.O_RDONLY)  # the file itself is replaced
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise MasterKeyError("Nycklarna byts redan, av någon annan.") from None
        finally:
            os.close(folder)

    def _look(self) -> tuple[int, ...]:
        found = self.path.stat()
        return (found.st_ino, found.st_size, found.st_mtime_ns)

    def _replace(self, lines: Sequence[StoredKey]) -> None:
        text = "".join(line.written() for line in lines)
        owner = self.path.stat()
        with _written(self.path.parent, text) as written:
            # Whoever changes it as root must not lock the service out.
            os.chown(written, owner.st_uid, owner.st_gid)
            written.replace(self.path)
        _keep_name(self.path.parent)


def as_master_keys(lines: Sequence[StoredKey]) -> MasterKeys:
    """The keys of a file's lines. Raises ``MasterKeyError``."""
    return MasterKeys(
        keys=tuple(MasterKey(line.value) for line in lines if line.kind is Kind.KEY),
        old_audit=tuple(line.value for line in lines if line.kind is Kind.AUDIT),
    )


def _parsed(line: str) -> StoredKey:
    *kind_and_time, value = line.split()
    if not kind_and_time:
        return StoredKey(Kind.KEY, None, _value(value))
    kind, made_at = kind_and_time
    at = None if made_at == "-" else datetime.fromisoformat(made_at)
    return StoredKey(Kind(kind), at, _value(value))


def _value(text: str) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != KEY_BYTES:
        raise ValueError
    return value


@contextlib.contextmanager
def _written(folder: Path, text: str) -> Iterator[Path]:
    number, name = tempfile.mkstemp(dir=folder, prefix=".master-")  # only its owner may read it
    try:
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _keep_name(folder: Path) -> None:
    # A new name in a folder survives a power cut only when the folder is on the disk too.
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
