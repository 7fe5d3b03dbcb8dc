"""Codes to dictate: how many of a call's are spent."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("call") as table:
        table.add_column(sa.Column("codes", sa.Integer(), nullable=False, server_default="0"))
