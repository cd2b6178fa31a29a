"""what services tell each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sibling", schema=None) as batch_op:
        batch_op.add_column(sa.Column("word", sa.JSON(), server_default="{}", nullable=False))
