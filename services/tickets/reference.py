"""Reference numbers that can be read aloud over a bad line."""

import secrets
from typing import Final

ALPHABET: Final = "ACEFHJKMNPRTUVWXY34679"
"""No letters or digits that look or sound alike in Swedish (B/P/D, I/1, O/0, S/5, Z/2, G/6 ...)."""
_GROUP: Final = 3


def new_reference() -> str:
    """A random reference such as ``"K7M-3XE"``: 22 to the sixth, about 113 million."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(2 * _GROUP))
    return f"{letters[:_GROUP]}-{letters[_GROUP:]}"
