"""lanes by rank."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("lane", schema=None) as batch_op:
        batch_op.create_index("lane_ready", ["queue", "priority", "ready_at"], unique=False)
        batch_op.drop_index("lane_due")
