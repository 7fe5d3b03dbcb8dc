"""What lies on the customer's screen in a sale."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "showing",
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("products", sa.String(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_showing_call_id"),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name="fk_showing_variant_id"),
        sa.PrimaryKeyConstraint("call_id", name="pk_showing"),
    )
