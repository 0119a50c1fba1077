"""Alembic's environment: migrations run on the connection that ``services.store.migrate`` gives."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Enum

from services.store.tables import Base, UtcDateTime


def _render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    # A migration must not change when our own types do: write the column type beneath.
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, Enum):
        return f"sa.String(length={thing.length})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=_render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
