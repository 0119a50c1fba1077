"""How rows are locked on PostgreSQL. SQLite has one writer at a time, and needs no locks on rows.

See https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS.
"""

from __future__ import annotations

from typing import Any, Final

CHANGE: Final[dict[str, Any]] = {"key_share": True}
"""Wait for whoever else changes the row, but not for who adds a row that points to it."""
CLAIM: Final[dict[str, Any]] = {"key_share": True, "skip_locked": True}
"""Wait for nobody: what another process has in its hands is left to it."""
