"""The outbox holds short messages too."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("way", sa.String(), server_default="mail", nullable=False))
