"""A third person in a call."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("call") as table:
        table.add_column(sa.Column("guest", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("guest_name", sa.String(), nullable=False, server_default=""))
