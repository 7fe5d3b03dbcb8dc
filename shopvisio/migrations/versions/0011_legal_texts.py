"""Legal texts in versions, and which one a customer agreed to."""

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "legal_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("checked", sa.DateTime(), nullable=True),
        sa.Column("checked_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_legal_version"),
    )
    op.create_index("ix_legal_version_newest", "legal_version", ["name", "language", "id"])
    with op.batch_alter_table("consent") as table:
        table.add_column(sa.Column("version_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_consent_version_id", "legal_version", ["version_id"], ["id"])
    _keep_own_request()


def _keep_own_request() -> None:
    """The text of the request for immediate execution was a setting; where the shop had changed it, it is its own."""
    base = op.get_bind()
    row = base.execute(sa.text("SELECT value FROM setting WHERE name = 'immediate_text'")).first()
    if row is None:
        return
    text = str(json.loads(row[0])).strip()
    if text:
        now = datetime.now(UTC).replace(tzinfo=None)
        base.execute(
            sa.text(
                "INSERT INTO legal_version (name, language, wording, text, digest, own, at, by, checked, checked_by) "
                "VALUES ('immediate', 'fr', :text, :text, :digest, 1, :now, '', :now, '')"
            ),
            {"text": text, "digest": hashlib.sha256(text.encode()).hexdigest(), "now": str(now)},
        )
    base.execute(sa.text("DELETE FROM setting WHERE name = 'immediate_text'"))
