"""codes that open several accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("code_challenge", schema=None) as batch_op:
        batch_op.add_column(sa.Column("opens", sa.JSON(), server_default="[]", nullable=False))
