"""Dated legal sentences; how a case is billed."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sentence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sentence")),
    )
    with op.batch_alter_table("sentence", schema=None) as batch_op:
        batch_op.create_index("ix_sentence_newest", ["name", "valid_from", "id"], unique=False)
    words = ("company", "siren", "vat_id", "street", "postcode", "city", "to_street", "to_postcode", "to_city", "why")
    op.create_table(
        "billing",
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in words),
        sa.Column("discount", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_billing_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_billing")),
    )
    base = op.get_bind()
    text = base.exec_driver_sql("SELECT value FROM setting WHERE name = 'franchise_text'").scalar()
    if text is not None:
        base.exec_driver_sql(
            "INSERT INTO sentence (name, valid_from, text, at, \"by\") VALUES "
            "('franchise', '2000-01-01', ?, '2000-01-01 00:00:00.000000', '')",
            (json.loads(text),),
        )
        base.exec_driver_sql("DELETE FROM setting WHERE name = 'franchise_text'")
