"""wishes about notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("contact_address", schema=None) as batch_op:
        batch_op.add_column(sa.Column("notices", sa.Boolean(), server_default=sa.true(), nullable=False))
