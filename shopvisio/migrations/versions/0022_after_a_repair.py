"""Why a device was not repaired, its guarantee, what the customer thought of it, and whether it still works."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("condition", "barrier", "advice"):  # added one by one: a trigger looks at this table
        op.add_column("case", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("case", sa.Column("guaranteed", sa.Date(), nullable=True))
    op.add_column("case", sa.Column("returned", sa.DateTime(), nullable=True))
    op.create_index(op.f("ix_case_closed_at"), "case", ["closed_at"])
    op.create_table(
        "rating",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_rating_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("case_id", name=op.f("uq_rating_case_id")),
    )
    op.create_index(op.f("ix_rating_at"), "rating", ["at"])
    op.create_table(
        "still_working",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("asked", sa.DateTime(), nullable=False),
        sa.Column("answered", sa.DateTime(), nullable=True),
        sa.Column("works", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_still_working_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_still_working")),
    )
    op.create_index(op.f("ix_still_working_case_id"), "still_working", ["case_id"])
    op.create_index(op.f("ix_still_working_asked"), "still_working", ["asked"])
