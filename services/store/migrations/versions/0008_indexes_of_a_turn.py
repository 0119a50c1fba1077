"""indexes for what each turn looks up: what waits, what was urgent, a conversation's tickets.

Revision: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index_waiting("conversation_id", "position")
    op.create_index("ix_inbound_urgency", "inbound", ["conversation_id", "urgency", "position"])
    op.create_index("ix_tickets_conversation_id", "tickets", ["conversation_id"])


def downgrade() -> None:
    op.drop_index("ix_tickets_conversation_id", table_name="tickets")
    op.drop_index("ix_inbound_urgency", table_name="inbound")
    _index_waiting("received_at")


def _index_waiting(*columns: str) -> None:
    op.drop_index("ix_inbound_waiting", table_name="inbound")
    op.create_index(
        "ix_inbound_waiting",
        "inbound",
        list(columns),
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
