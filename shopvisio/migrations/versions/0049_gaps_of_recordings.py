"""What a recording could not keep is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("packets", "missed"):
        op.add_column("recording", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
