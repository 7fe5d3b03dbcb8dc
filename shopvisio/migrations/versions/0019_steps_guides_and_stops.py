"""The checklist of a case, the library of guides with its gate, and the stops for danger."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("lifted", sa.DateTime(), nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_stop_case_id"),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name="fk_stop_appointment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stop"),
    )
    op.create_index("ix_stop_case_id", "stop", ["case_id"])
    op.create_table(
        "step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("danger", sa.String(), nullable=False),
        sa.Column("still_id", sa.Integer(), nullable=True),
        sa.Column("picture", sa.String(), nullable=False),
        sa.Column("done", sa.DateTime(), nullable=True),
        sa.Column("done_by", sa.String(), nullable=False),
        sa.Column("done_name", sa.String(), nullable=False),
        sa.Column("touched", sa.Boolean(), nullable=False),
        sa.Column("left_out", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_step_case_id"),
        sa.ForeignKeyConstraint(["still_id"], ["still.id"], name="fk_step_still_id"),
        sa.PrimaryKeyConstraint("id", name="pk_step"),
    )
    op.create_index("ix_step_case_id", "step", ["case_id"])
    op.create_table(
        "guide",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("starter", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("tools", sa.String(), nullable=False),
        sa.Column("gate", sa.String(), nullable=False),
        sa.Column("stop", sa.String(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("changed", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_guide_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_guide"),
        sa.UniqueConstraint("key", name="uq_guide_key"),
    )
    op.create_table(
        "guide_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guide_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("danger", sa.String(), nullable=False),
        sa.Column("picture", sa.String(), nullable=False),
        sa.Column("still_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["guide_id"], ["guide.id"], name="fk_guide_step_guide_id"),
        sa.ForeignKeyConstraint(["still_id"], ["still.id"], name="fk_guide_step_still_id"),
        sa.PrimaryKeyConstraint("id", name="pk_guide_step"),
    )
    op.create_index("ix_guide_step_guide_id", "guide_step", ["guide_id"])
    op.create_table(
        "gate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("guide_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("checks", sa.String(), nullable=False),
        sa.Column("answers", sa.String(), nullable=False),
        sa.Column("asked", sa.DateTime(), nullable=False),
        sa.Column("opened", sa.DateTime(), nullable=True),
        sa.Column("dropped", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_gate_case_id"),
        sa.ForeignKeyConstraint(["guide_id"], ["guide.id"], name="fk_gate_guide_id"),
        sa.PrimaryKeyConstraint("id", name="pk_gate"),
    )
    op.create_index("ix_gate_case_id", "gate", ["case_id"])
