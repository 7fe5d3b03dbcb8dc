"""Stills of a case."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "still",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_still_appointment_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_still_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_still")),
        sa.UniqueConstraint("appointment_id", "once", name=op.f("uq_still_appointment_id_once")),
        sa.UniqueConstraint("file", name=op.f("uq_still_file")),
    )
    op.create_index(op.f("ix_still_appointment_id"), "still", ["appointment_id"])
    op.create_index(op.f("ix_still_case_id"), "still", ["case_id"])
