"""What the command line says on the terminal."""

from __future__ import annotations

from typing import Final

from rich.console import Console

from services.errors import OperatorError

console: Final = Console(stderr=True, highlight=False)


class CommandError(OperatorError):
    """A fault that the person at the keyboard can mend; its message says how, in Swedish."""
