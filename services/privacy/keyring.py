"""Envelope encryption: each conversation has its own key, wrapped by the master key.

Deleting the wrapped key makes everything under it unreadable, also in backups.
AES-256-GCM with a random 96-bit nonce in front (NIST SP 800-38D), from ``cryptography``.

There are several master keys while they are rotated (``docs/decisions/0005-rotation-of-keys.md``):
the first is used, the others are still read. A wrapped key begins with its master key's id.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.privacy.key_store import KeyStore
from services.privacy.master_key import (
    ID_BYTES,
    KEY_BYTES,
    MasterKey,
    MasterKeyError,
    MasterKeys,
    seal,
    unseal,
)

__all__ = ["ConversationKey", "Keyring", "MasterKeyError", "load_or_create_keyring"]


class ConversationKey:
    """The key of one conversation, or of one account, in memory only."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._hash = hmac.digest(key, b"oroslotsen hash v1", hashlib.sha256)

    def seal(self, text: str, *, row: str) -> bytes:
        """Encrypt ``text`` for the row it belongs to.

        Args:
            text: What a person wrote, or JSON made of it.
            row: Where it is stored, such as ``"inbound:<id>"``; a ciphertext moved elsewhere
                does not open.
        """
        return seal(self._cipher, text.encode(), row.encode())

    def open(self, sealed: bytes, *, row: str) -> str:
        """Give back what ``seal`` took. Raises ``MasterKeyError`` if key or row differ."""
        return unseal(self._cipher, sealed, row.encode()).decode()

    def hash(self, value: str) -> bytes:
        """A keyed hash by which a value is known again without being stored."""
        return hmac.digest(self._hash, value.encode(), hashlib.sha256)


class Keyring:
    """Makes, wraps and opens conversation keys under the master keys that there are now.

    Args:
        master_keys: Keys that don't change: the first is used, the rest are read.
        read: Gives the master keys instead, as they are at each use.
    """

    def __init__(self, *master_keys: bytes, read: Callable[[], MasterKeys] | None = None) -> None:
        self._read = read or _unchanging(master_keys)

    def new_key(self, *, conversation: str) -> tuple[ConversationKey, bytes]:
        """Make a key for a conversation; give it and its wrapped form for storage."""
        key = secrets.token_bytes(KEY_BYTES)
        return ConversationKey(key), self._read().current.wrap(key, conversation.encode())

    def unwrap(self, wrapped: bytes, *, conversation: str) -> ConversationKey:
        """Open a stored key. Raises ``MasterKeyError`` if it is not this conversation's."""
        return ConversationKey(self._unwrapped(wrapped, conversation))

    def is_current(self, wrapped: bytes) -> bool:
        """Whether a stored key is wrapped by the master key that is used."""
        return wrapped[:ID_BYTES] == self.current_id

    def rewrap(self, wrapped: bytes, *, conversation: str) -> bytes:
        """A stored key, wrapped by the master key that is used. Raises ``MasterKeyError``."""
        key = self._unwrapped(wrapped, conversation)
        return self._read().current.wrap(key, conversation.encode())

    @property
    def current_id(self) -> bytes:
        """With what a key begins that is wrapped by the master key that is used."""
        return self._read().current.id

    def lookup_hash(self, value: str) -> bytes:
        """A keyed hash by which a phone number is found again without being stored."""
        return self._read().current.lookup_hash(value)

    def lookup_hashes(self, value: str) -> tuple[bytes, ...]:
        """Every hash that a value may have been stored under; the newest first."""
        return tuple(key.lookup_hash(value) for key in self._read().keys)

    def chain(self, before: bytes, record: bytes) -> bytes:
        """The next link of a chain of records, which nobody without the master key can make."""
        return _link(self._read().current.audit, before, record)

    def chains(self, before: bytes, record: bytes) -> Iterator[bytes]:
        """The next link as each key would make it, those that are gone included; oldest first."""
        keys = self._read()
        for audit in (*reversed(keys.old_audit), *(key.audit for key in reversed(keys.keys))):
            yield _link(audit, before, record)

    @property
    def newest_chain(self) -> int:
        """The place of the key that is used among those of ``chains``."""
        keys = self._read()
        return len(keys.old_audit) + len(keys.keys) - 1

    @property
    def is_rotating(self) -> bool:
        """Whether more than one master key is read."""
        return len(self._read().keys) > 1

    def file_key(self, salt: bytes) -> bytes:
        """The key of a file outside the database, one for each random salt of 32 bytes."""
        return self._read().current.file_key(salt)

    def file_keys(self, salt: bytes) -> tuple[bytes, ...]:
        """Every key that a file with this salt may be sealed under."""
        return tuple(key.file_key(salt) for key in self._read().keys)

    def _unwrapped(self, wrapped: bytes, conversation: str) -> bytes:
        for key in self._read().keys:
            if hmac.compare_digest(wrapped[:ID_BYTES], key.id):
                return key.unwrap(wrapped, conversation.encode())
        raise MasterKeyError("Data could not be decrypted: no master key has the key's id.")


def _unchanging(master_keys: Iterable[bytes]) -> Callable[[], MasterKeys]:
    keys = MasterKeys(tuple(MasterKey(one) for one in master_keys))
    return lambda: keys


def _link(audit: bytes, before: bytes, record: bytes) -> bytes:
    return hmac.digest(audit, before + record, hashlib.sha256)


def load_or_create_keyring(path: Path) -> Keyring:
    """The keyring of the master keys at ``path``, of which one is made at the first start.

    The file is looked at again whenever it has changed.

    Raises:
        MasterKeyError: the file does not hold a key, or others than its owner may read it.
    """
    store = KeyStore(path)
    store.make_first()
    store.read()
    return Keyring(read=store.read)
