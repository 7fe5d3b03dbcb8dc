"""The rating plate of a device, once staff have read it."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plate",
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=True),
        sa.Column("still_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_plate_case_id_case"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_plate_photo_id_photo"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["still_id"], ["still.id"], name=op.f("fk_plate_still_id_still"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_plate")),
    )
