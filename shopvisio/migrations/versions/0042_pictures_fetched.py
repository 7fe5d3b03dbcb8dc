"""How often a product's picture was asked for in vain."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("product_picture", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
