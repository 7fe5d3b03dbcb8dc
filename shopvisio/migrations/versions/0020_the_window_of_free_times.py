"""Free times are reckoned from one index alone, which no longer hides that of a case's visits."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_appointment_window", "appointment")
    op.create_index("ix_appointment_window", "appointment", ["start", "until", "since", "staff_id", "cancelled"])
