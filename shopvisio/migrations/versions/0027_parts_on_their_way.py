"""Parts: proposed in versions, of a supplier, accepted and ordered at their times."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("case") as table:
        table.add_column(sa.Column("offer", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("offered_at", sa.DateTime(), nullable=True))
    with op.batch_alter_table("part") as table:
        table.add_column(sa.Column("supplier", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("offer", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("accepted", sa.DateTime(), nullable=True))
        table.add_column(sa.Column("ordered", sa.DateTime(), nullable=True))
        table.create_index("ix_part_state", ["state"])
