"""Who is away from talks at once, and the messages left when nobody is free."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("staff") as table:
        table.add_column(sa.Column("away", sa.DateTime(), nullable=True))
    op.create_table(
        "inquiry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("answered", sa.DateTime(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry")),
        sa.UniqueConstraint("key", name=op.f("uq_inquiry_key")),
    )
    for column in ("network", "answered"):
        op.create_index(op.f(f"ix_inquiry_{column}"), "inquiry", [column])
    op.create_table(
        "inquiry_photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inquiry_id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["inquiry_id"], ["inquiry.id"], name=op.f("fk_inquiry_photo_inquiry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry_photo")),
    )
    op.create_index(op.f("ix_inquiry_photo_inquiry_id"), "inquiry_photo", ["inquiry_id"])
