"""Each service has its own terms, and asks its own questions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_staff",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_service_staff_service_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_service_staff_staff_id")),
        sa.PrimaryKeyConstraint("service_id", "staff_id", name=op.f("pk_service_staff")),
    )
    with op.batch_alter_table("service") as table:
        table.add_column(sa.Column("before", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("notice", sa.Integer(), nullable=True))
        table.add_column(sa.Column("horizon", sa.Integer(), nullable=True))
        table.add_column(sa.Column("price", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("questions", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("case") as table:
        table.add_column(sa.Column("answers", sa.String(), nullable=False, server_default="[]"))
    with op.batch_alter_table("appointment") as table:
        table.add_column(sa.Column("since", sa.DateTime(), nullable=False, server_default="1970-01-01 00:00:00"))
    op.execute("UPDATE appointment SET since = start")
