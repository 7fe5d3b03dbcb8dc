"""When a backup reached the bucket."""

import sqlalchemy as sa
from alembic import op

from shopvisio.db import UtcDateTime

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("backup", sa.Column("sent", UtcDateTime(), nullable=True))
