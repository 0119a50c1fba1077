"""deletion on request, conversations that must be kept, a log that can be shortened, daily work.

Revision: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_jobs")),
    )
    op.add_column("conversations", sa.Column("delete_after", sa.DateTime(timezone=True)))
    op.add_column("conversations", sa.Column("held_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_conversations_delete_after",
        "conversations",
        ["delete_after"],
        sqlite_where=sa.text("delete_after IS NOT NULL"),
        postgresql_where=sa.text("delete_after IS NOT NULL"),
    )
    op.add_column("tickets", sa.Column("deletion_asked_at", sa.DateTime(timezone=True)))
    op.add_column(
        "audit_head", sa.Column("start_number", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("audit_head", sa.Column("start_chain", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_column("audit_head", "start_chain")
    op.drop_column("audit_head", "start_number")
    op.drop_column("tickets", "deletion_asked_at")
    op.drop_index("ix_conversations_delete_after", table_name="conversations")
    op.drop_column("conversations", "held_at")
    op.drop_column("conversations", "delete_after")
    op.drop_table("jobs")
