"""No secret is compared in a way that takes longer the more of it is right."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from services.settings import ROOT

SECRETIVE = ("secret", "token", "signature", "password", "csrf", "digest", "hmac")
HARMLESS = {
    # What was stored a moment before, compared with itself: has somebody else changed it since?
    "account.password_hash != stored",
    # By the database, of hashes that nobody can choose.
    "ConsoleSession.token_hash == token_hash",
}


def compared(source: str) -> Iterator[str]:
    """Comparisons by == or != of what sounds like a secret with something that is not constant."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare):
            continue
        if not any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) for side in sides):
            continue
        text = ast.unparse(node)
        if any(word in text.lower() for word in SECRETIVE):
            yield text


def sources() -> list[Path]:
    found = [path for room in ("services", "actions") for path in (ROOT / room).rglob("*.py")]
    return found + sorted((ROOT / "bot").glob("*.py"))


def test_secrets_are_compared_in_constant_time() -> None:
    found = {line for path in sources() for line in compared(path.read_text(encoding="utf-8"))}
    assert found - HARMLESS == set()


def test_the_search_finds_what_it_is_for() -> None:
    assert list(compared("def f(given, token):\n    return given == token"))
    assert not list(compared("if kind == 'token':\n    pass"))
