"""text messages and calls.

Revision: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("provider_id", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("failure", sa.String(length=24), nullable=True))
        batch_op.create_index(
            "ix_outbound_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index("uq_outbound_provider_id", ["provider_id"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("outbound", schema=None) as batch_op:
        batch_op.drop_index("uq_outbound_provider_id")
        batch_op.drop_index(
            "ix_outbound_due",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.drop_column("failure")
        batch_op.drop_column("provider_id")
        batch_op.drop_column("attempts")
        batch_op.drop_column("due_at")

    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_column("stopped_at")
        batch_op.drop_column("number_sealed")
