"""shared limits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sibling",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sibling")),
    )
    with op.batch_alter_table("lane", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paced_until", sa.DateTime(timezone=True), nullable=True))
