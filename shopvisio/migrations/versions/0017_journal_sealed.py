"""The story of a case is only ever added to: the base itself refuses anything else."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TRIGGERS = (
    """CREATE TRIGGER entry_keep BEFORE UPDATE ON entry BEGIN
        SELECT RAISE(ABORT, 'the story of a case is only added to');
    END""",
    # retention deletes the case first, in one transaction with its story (PRAGMA defer_foreign_keys)
    """CREATE TRIGGER entry_stay BEFORE DELETE ON entry WHEN EXISTS (SELECT 1 FROM "case" WHERE id = OLD.case_id) BEGIN
        SELECT RAISE(ABORT, 'the story of a case leaves with its case');
    END""",
)


def upgrade() -> None:
    for trigger in TRIGGERS:
        op.execute(trigger)
