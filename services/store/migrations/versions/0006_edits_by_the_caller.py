"""edits of a ticket that the caller made: they have no coordinator.

Revision: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ticket_edits", schema=None) as batch_op:
        batch_op.alter_column("coordinator_id", existing_type=sa.Uuid(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM ticket_edits WHERE coordinator_id IS NULL")
    with op.batch_alter_table("ticket_edits", schema=None) as batch_op:
        batch_op.alter_column("coordinator_id", existing_type=sa.Uuid(), nullable=False)
