"""One record of the audit log, and how the chain is reckoned. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import orjson

START: Final = bytes(32)
"""The chain before the first record."""


LOG_REMOVED: Final = "loggen till och med post "
"""What a record says, before a number, that tells of records removed for their age."""


class Deed(StrEnum):
    """What was done. Values are stored."""

    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    LOGOUT = "logout"
    ENROL = "enrol"
    PASSWORD = "password"  # noqa: S105 - the name of a deed
    DUTY = "duty"
    VIEW = "view"
    REVEAL = "reveal"
    EDIT = "edit"
    CORRECT = "correct"
    EXPORT = "export"
    PRINT = "print"
    SEARCH = "search"
    CLAIM = "claim"
    HAND_BACK = "hand_back"
    TRANSFER = "transfer"
    RETURN = "return"
    CLOSE = "close"
    READ_AUDIT = "read_audit"
    EXPORT_CORRECTIONS = "export_corrections"
    ACCOUNT_ADD = "account_add"
    ACCOUNT_RESET = "account_reset"
    ACCOUNT_DISABLE = "account_disable"
    RESTORE = "restore"
    KEYS_ROTATE = "keys_rotate"
    KEYS_RETIRE = "keys_retire"
    RETENTION = "retention"
    DELETE = "delete"
    HOLD = "hold"
    RELEASE = "release"
    EXPORT_PERSON = "export_person"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. No id: the service itself, or an operator on the command line."""

    name: str
    id: UUID | None = None


SERVICE: Final = Actor("tjänsten")
OPERATOR: Final = Actor("kommandoraden")


@dataclass(frozen=True, slots=True)
class Record:
    """A deed as the chain covers it.

    ``about`` is never content: a field's name, an outcome, an account. ``detail_hash`` is of the
    sealed detail, if there is one.
    """

    number: int
    at: datetime
    actor: Actor
    deed: Deed
    ticket_id: UUID | None
    about: str | None
    detail_hash: bytes | None

    def as_bytes(self) -> bytes:
        """The record in one unambiguous form."""
        parts = (
            self.number,
            self.at.astimezone(UTC).isoformat(),
            str(self.actor.id) if self.actor.id else None,
            self.actor.name,
            self.deed.value,
            str(self.ticket_id) if self.ticket_id else None,
            self.about,
            self.detail_hash.hex() if self.detail_hash else None,
        )
        return orjson.dumps(parts)


def hash_detail(sealed: bytes) -> bytes:
    """What the chain covers of a sealed detail."""
    return hashlib.sha256(sealed).digest()
