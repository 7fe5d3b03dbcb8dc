"""Where a customer's clock is, when it differs from the shop's."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("customer") as table:
        table.add_column(sa.Column("zone", sa.String(), nullable=False, server_default=""))
