"""The journal of payments is chained, and is only ever added to."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

from shopvisio.payments import JOURNAL_TRIGGERS

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

FIRST = "0" * 64


def upgrade() -> None:
    base = op.get_bind()
    rows = base.exec_driver_sql('SELECT id, paper_id, at, cents, method, "by" FROM payment ORDER BY at, id').all()
    op.drop_table("payment")
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name=op.f("fk_payment_paper_id")),
        sa.ForeignKeyConstraint(["corrects_id"], ["payment.id"], name=op.f("fk_payment_corrects_id")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_payment_corrects_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_paper_id"), ["paper_id"], unique=False)
    previous = FIRST
    for place, (_id, paper_id, at, cents, method, by) in enumerate(rows, 1):
        told = {"id": place, "paper_id": paper_id, "at": _written(at), "cents": cents, "method": method, "by": by,
                "corrects_id": None}
        line = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(f"{previous}\n{line}".encode()).hexdigest()
        base.exec_driver_sql(
            'INSERT INTO payment (id, paper_id, at, cents, method, "by", previous, hash) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (place, paper_id, at, cents, method, by, previous, digest),
        )
        previous = digest
    for trigger in JOURNAL_TRIGGERS:
        base.exec_driver_sql(trigger)


def _written(at: str) -> str:
    """``2026-11-25 09:36:12.000000`` as the journal's hash writes it."""
    day, hour = at.split(" ")
    return f"{day}T{hour.removesuffix('.000000')}+00:00"
