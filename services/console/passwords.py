"""Passwords: argon2id hashes, the rule for a new one, and one-time passwords."""

from __future__ import annotations

import asyncio
import functools
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from services.tickets.reference import ALPHABET

MIN_CHARACTERS: Final = 12
MAX_CHARACTERS: Final = 256

_GROUPS: Final = 4
_GROUP_LENGTH: Final = 4

# argon2-cffi's defaults are RFC 9106's second recommended option: argon2id, 64 MiB, 3 passes.
_HASHER: Final = PasswordHasher()
# Each hash takes 64 MiB and a core: a flood of logins waits in line instead of taking both.
_HASHING: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


class PasswordRuleError(Exception):
    """A new password breaks the rule; says in Swedish how."""


def one_time_password() -> str:
    """A password to be used once, easy to read aloud: about 71 random bits."""
    groups = (
        "".join(secrets.choice(ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


def check_new_password(new: str, *, current: str, login: str) -> None:
    """Hold a new password against the rule.

    Args:
        new: The wanted password.
        current: The one that it replaces.
        login: The account's name.

    Raises:
        PasswordRuleError: with the reason.
    """
    if len(new) < MIN_CHARACTERS:
        raise PasswordRuleError(f"Lösenordet ska ha minst {MIN_CHARACTERS} tecken.")
    if len(new) > MAX_CHARACTERS:
        raise PasswordRuleError(f"Lösenordet får ha högst {MAX_CHARACTERS} tecken.")
    if _bare(login) in _bare(new):
        raise PasswordRuleError("Lösenordet får inte innehålla ditt kontonamn.")
    if _bare(new) == _bare(current):
        raise PasswordRuleError("Välj ett annat lösenord än det du har nu.")


async def hash_password(password: str) -> str:
    """The argon2id hash to store, with its parameters."""
    return await asyncio.get_running_loop().run_in_executor(_HASHING, _HASHER.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether a password is the stored one.

    Args:
        stored: The hash, or nothing for an unknown account: then as much work is done in vain, so
            that the time taken does not tell which accounts exist.
        password: What was given; too long a one is never right.
    """
    if len(password) > MAX_CHARACTERS:
        return False
    return await asyncio.get_running_loop().run_in_executor(_HASHING, _verify, stored, password)


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _verify(stored: str | None, password: str) -> bool:
    try:
        _HASHER.verify(stored or _hash_of_nobody(), password)
    except VerifyMismatchError:
        return False
    return stored is not None


@functools.cache
def _hash_of_nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe())


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
