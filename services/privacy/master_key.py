"""A master key, and what is made of it: wrapped keys, hashes, keys of files and of the log."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.errors import OperatorError

KEY_BYTES: Final = 32
ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12


class MasterKeyError(OperatorError):
    """The master key is missing, malformed or not the one that the data were written under."""


def seal(key: AESGCM, plain: bytes, context: bytes) -> bytes:
    """Encrypt for a context, with a random nonce in front."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, context)


def unseal(key: AESGCM, sealed: bytes, context: bytes) -> bytes:
    """Give back what ``seal`` took. Raises ``MasterKeyError`` if key or context differ."""
    try:
        return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
    except (InvalidTag, ValueError):  # too short to be one at all
        raise MasterKeyError(
            "Data could not be decrypted: wrong master key, or a row was moved or altered."
        ) from None


class MasterKey:
    """One master key and what is made of it."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise MasterKeyError(f"The master key must be {KEY_BYTES} bytes, not {len(key)}.")
        self.key = key
        self._cipher = AESGCM(key)
        self.id = hmac.digest(key, b"oroslotsen key id v1", hashlib.sha256)[:ID_BYTES]
        """Tells which key it is, and nothing about it."""
        self.audit = hmac.digest(key, b"oroslotsen audit v1", hashlib.sha256)
        """Proves records of the audit log, and opens nothing."""
        self._lookup = hmac.digest(key, b"oroslotsen lookup v1", hashlib.sha256)
        self._files = hmac.digest(key, b"oroslotsen files v1", hashlib.sha256)

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """A conversation's key for storage."""
        return self.id + seal(self._cipher, key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Give back what ``wrap`` took. Raises ``MasterKeyError``."""
        return unseal(self._cipher, wrapped[ID_BYTES:], context)

    def lookup_hash(self, value: str) -> bytes:
        """A keyed hash by which a phone number is found again without being stored."""
        return hmac.digest(self._lookup, value.encode(), hashlib.sha256)

    def file_key(self, salt: bytes) -> bytes:
        """The key of a file outside the database, one for each random salt of 32 bytes."""
        return hmac.digest(self._files, salt, hashlib.sha256)


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The master keys at one moment: the first is used, the rest are read.

    ``old_audit`` are the audit keys of those that are gone, the newest first.
    """

    keys: tuple[MasterKey, ...]
    old_audit: tuple[bytes, ...] = ()

    @property
    def current(self) -> MasterKey:
        """The one that is used."""
        return self.keys[0]
