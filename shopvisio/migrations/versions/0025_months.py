"""How each connection went in a few numbers, beside its series: the months' figures are reckoned by the base."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

RECKON = """UPDATE figures SET
    rtt = (SELECT CAST(round(sum(json_extract(value, '$[2]') * json_extract(value, '$[1]')) * 1.0
        / sum(json_extract(value, '$[1]'))) AS INTEGER)
        FROM json_each(figures.series) WHERE json_extract(value, '$[2]') IS NOT NULL),
    loss = coalesce((SELECT CAST(round(sum(json_extract(value, '$[3]') * json_extract(value, '$[1]')) * 1.0
        / sum(json_extract(value, '$[1]'))) AS INTEGER) FROM json_each(figures.series)), 0),
    redials = coalesce((SELECT sum(json_extract(value, '$[7]')) FROM json_each(figures.series)), 0)"""


def upgrade() -> None:
    op.add_column("figures", sa.Column("rtt", sa.Integer(), nullable=True))
    for name in ("loss", "redials"):
        op.add_column("figures", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.execute(RECKON)
    op.create_index(op.f("ix_case_returned"), "case", ["returned"])
