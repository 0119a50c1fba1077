"""turns that failed, and our own test conversations.

Revision: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "conversations", sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "conversations",
        sa.Column("is_probe", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "inbound", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("inbound", "attempts")
    op.drop_column("conversations", "is_probe")
    op.drop_column("conversations", "rests_until")
