"""The mark of a test conversation: only who has the processes' shared secret can set it."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from pydantic import SecretStr

PROBE_HEADER: Final = "X-Oroslotsen-Probe"


def probe_mark(secret: SecretStr) -> str:
    """The header's value.

    Args:
        secret: What the processes share (``RASA_TOKEN``). The mark does not give it away.
    """
    return hmac.new(secret.get_secret_value().encode(), b"probe", hashlib.sha256).hexdigest()


def is_probe_mark(given: str, secret: SecretStr | None) -> bool:
    """Whether a header's value is the mark. Without a secret nothing is."""
    if secret is None:
        return False
    return hmac.compare_digest(given.encode(errors="replace"), probe_mark(secret).encode())
