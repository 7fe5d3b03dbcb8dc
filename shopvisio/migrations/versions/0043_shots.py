"""Which of the list of what to show a still is, and of what product."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("still") as still:
        still.add_column(sa.Column("shot", sa.String(), nullable=False, server_default=""))
        still.add_column(sa.Column("product_id", sa.Integer(), nullable=True))
        still.create_foreign_key(op.f("fk_still_product_id_product"), "product", ["product_id"], ["id"])
