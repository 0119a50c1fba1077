"""Envelope encryption: each conversation has its own key, wrapped by the master key.

Deleting the wrapped key makes everything under it unreadable, also in backups.
AES-256-GCM with a random 96-bit nonce in front (NIST SP 800-38D), from ``cryptography``.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.errors import OperatorError

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class MasterKeyError(OperatorError):
    """The master key is missing, malformed or not the one that the data were written under."""


def _seal(key: AESGCM, plain: bytes, context: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, context)


def _open(key: AESGCM, sealed: bytes, context: bytes) -> bytes:
    try:
        return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
    except InvalidTag:
        raise MasterKeyError(
            "Data could not be decrypted: wrong master key, or a row was moved or altered."
        ) from None


@dataclass(frozen=True, slots=True)
class ConversationKey:
    """The key of one conversation, in memory only."""

    _cipher: AESGCM

    def seal(self, text: str, *, row: str) -> bytes:
        """Encrypt ``text`` for the row it belongs to.

        Args:
            text: What a person wrote, or JSON made of it.
            row: Where it is stored, such as ``"inbound:<id>"``; a ciphertext moved elsewhere
                does not open.
        """
        return _seal(self._cipher, text.encode(), row.encode())

    def open(self, sealed: bytes, *, row: str) -> str:
        """Give back what ``seal`` took. Raises ``MasterKeyError`` if key or row differ."""
        return _open(self._cipher, sealed, row.encode()).decode()


class Keyring:
    """Makes, wraps and opens conversation keys under the master key."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != _KEY_BYTES:
            raise MasterKeyError(
                f"The master key must be {_KEY_BYTES} bytes, not {len(master_key)}."
            )
        self._master = AESGCM(master_key)
        self._lookup = hmac.digest(master_key, b"oroslotsen lookup v1", hashlib.sha256)
        self._chain = hmac.digest(master_key, b"oroslotsen audit v1", hashlib.sha256)
        self._files = hmac.digest(master_key, b"oroslotsen files v1", hashlib.sha256)

    def new_key(self, *, conversation: str) -> tuple[ConversationKey, bytes]:
        """Make a key for a conversation; give it and its wrapped form for storage."""
        key = AESGCM.generate_key(_KEY_BYTES * 8)
        return ConversationKey(AESGCM(key)), _seal(self._master, key, conversation.encode())

    def unwrap(self, wrapped: bytes, *, conversation: str) -> ConversationKey:
        """Open a stored key. Raises ``MasterKeyError`` if it is not this conversation's."""
        return ConversationKey(AESGCM(_open(self._master, wrapped, conversation.encode())))

    def lookup_hash(self, value: str) -> bytes:
        """A keyed hash by which a phone number is found again without being stored."""
        return hmac.digest(self._lookup, value.encode(), hashlib.sha256)

    def chain(self, before: bytes, record: bytes) -> bytes:
        """The next link of a chain of records, which nobody without the master key can make."""
        return hmac.digest(self._chain, before + record, hashlib.sha256)

    def file_key(self, salt: bytes) -> bytes:
        """The key of a file outside the database, one for each random salt of 32 bytes."""
        return hmac.digest(self._files, salt, hashlib.sha256)


def load_or_create_keyring(path: Path) -> Keyring:
    """Read the master key from ``path`` (64 hex digits), making it at the first start.

    Raises:
        MasterKeyError: the file does not hold a key, or others than its owner may read it.
    """
    if not path.exists():
        _make_master_key(path)
    return Keyring(_read_master_key(path))


def _make_master_key(path: Path) -> None:
    # The file is there whole or not at all, and of several processes that start together one's is.
    with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=path.parent) as file:
        file.write(secrets.token_hex(_KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(file.name)


def _read_master_key(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise MasterKeyError(f"{path} can be read by others. Run: chmod 600 {path}")
    try:
        return bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        raise MasterKeyError(f"{path} must hold {_KEY_BYTES * 2} hex digits.") from None
