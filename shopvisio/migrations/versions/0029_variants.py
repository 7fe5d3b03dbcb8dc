"""Products have variants, pictures, a rate of VAT and a full-text index."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

CODES = "SELECT group_concat(sku || ' ' || barcode || ' ' || label, ' ') FROM variant WHERE active AND product_id = {}"


def upgrade() -> None:
    for column in (
        sa.Column("vat", sa.Integer(), nullable=False, server_default="2000"),
        sa.Column("options", sa.String(), nullable=False, server_default=""),
        sa.Column("origin", sa.String(), nullable=False, server_default=""),
        sa.Column("outside", sa.String(), nullable=False, server_default=""),
    ):
        op.add_column("product", column)
    op.create_index(
        "ix_product_outside", "product", ["origin", "outside"], unique=True, sqlite_where=sa.text("outside != ''")
    )
    op.create_table(
        "product_picture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_product_picture_product_id"),
        sa.PrimaryKeyConstraint("id", name="pk_product_picture"),
    )
    op.create_index("ix_product_picture_product_id", "product_picture", ["product_id"])
    op.create_table(
        "variant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("barcode", sa.String(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("picture_id", sa.Integer(), nullable=True),
        sa.Column("outside", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("stock >= 0", name="ck_variant_stock"),
        sa.CheckConstraint("price >= 0", name="ck_variant_price"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_variant_product_id"),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["product_picture.id"], name="fk_variant_picture_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_variant"),
    )
    for name in ("product_id", "sku", "barcode"):
        op.create_index(f"ix_variant_{name}", "variant", [name])
    op.execute(
        "INSERT INTO variant (product_id, place, label, sku, barcode, price, outside, active)"
        " SELECT id, 0, '', '', '', price, '', 1 FROM product"
    )
    op.execute("ALTER TABLE product DROP COLUMN price")
    _index()


def _index() -> None:
    """A row of words for each product, kept up to date by the base itself."""
    op.execute(
        "CREATE VIRTUAL TABLE product_words USING fts5("
        "name, about, codes, link, tokenize=\"unicode61 remove_diacritics 2\", prefix='2 3')"
    )
    op.execute(
        "CREATE TRIGGER product_words_added AFTER INSERT ON product BEGIN"
        " INSERT INTO product_words (rowid, name, about, codes, link)"
        " VALUES (new.id, new.name, new.summary, '', new.url); END"
    )
    op.execute(
        "CREATE TRIGGER product_words_changed AFTER UPDATE OF name, summary, url ON product BEGIN"
        " UPDATE product_words SET name = new.name, about = new.summary, link = new.url WHERE rowid = new.id; END"
    )
    op.execute(
        "CREATE TRIGGER product_words_gone AFTER DELETE ON product BEGIN"
        " DELETE FROM product_words WHERE rowid = old.id; END"
    )
    for word, when, row in (
        ("added", "INSERT", "new"),
        ("changed", "UPDATE OF label, sku, barcode, active", "new"),
        ("gone", "DELETE", "old"),
    ):
        codes = CODES.format(f"{row}.product_id")
        op.execute(  # the words are our own
            f"CREATE TRIGGER variant_words_{word} AFTER {when} ON variant BEGIN "  # noqa: S608
            f"UPDATE product_words SET codes = ({codes}) WHERE rowid = {row}.product_id; END"
        )
    op.execute(
        "INSERT INTO product_words (rowid, name, about, codes, link) SELECT id, name, summary, '', url FROM product"
    )
    op.execute("UPDATE variant SET label = label")  # the trigger fills in the rest
