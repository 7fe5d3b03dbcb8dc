"""Passkeys of colleagues."""

import sqlalchemy as sa
from alembic import op

from shopvisio.db import UtcDateTime

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("staff_id", sa.Integer(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("credential", sa.String(), nullable=False, unique=True),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("made", UtcDateTime(), nullable=False),
        sa.Column("used", UtcDateTime(), nullable=True),
    )
    op.create_index(op.f("ix_passkey_staff_id"), "passkey", ["staff_id"])
