"""Shopify's own export: the rows of one product follow each other under its handle, one a variant or a picture more."""

from itertools import groupby

from shopvisio.catalogue.goods import BETWEEN
from shopvisio.catalogue.sheets import found as read_as
from shopvisio.catalogue.sheets.found import Choices, FoundProduct, FoundVariant, Sheet, Unreadable
from shopvisio.catalogue.sheets.table import Row, Table
from shopvisio.i18n import _

HANDLE, TITLE = ("handle", "url handle"), ("title",)
PRICE, SKU, BARCODE = ("variant price", "price"), ("variant sku", "sku"), ("variant barcode", "barcode")
ABOUT, PUBLISHED = ("body (html)", "description"), ("published", "published on online store")
STATUS = ("status",)
TRACKED = ("variant inventory tracker", "inventory tracker")
QUANTITY = ("variant inventory qty", "inventory quantity")
POLICY = ("variant inventory policy", "continue selling when out of stock")
PICTURE, ITS_PICTURE = ("image src", "product image url"), ("variant image", "variant image url")
NO_OPTION = "default title"
OPTIONS = 3


def is_one(table: Table) -> bool:
    """Whether Shopify wrote this table."""
    return table.has(HANDLE, TITLE, PRICE)


def read(table: Table, choices: Choices) -> Sheet:
    """Its products; prices are as the web shop shows them, or without tax where ``choices`` say so."""
    sheet = Sheet("shopify", len(table.rows))
    seen: set[str] = set()
    for handle, rows in groupby(table.rows, key=lambda row: row[HANDLE]):
        own = list(rows)
        if not handle:
            for row in own:
                sheet.blame(row.line, row[TITLE], _("il n’y a pas de « Handle »."))
        elif handle in seen:
            sheet.blame(own[0].line, handle, _("ce « Handle » est déjà plus haut dans le fichier."))
        else:
            _product(sheet, handle, own, choices)
        seen.add(handle)
    return sheet


def _product(sheet: Sheet, handle: str, rows: list[Row], choices: Choices) -> None:
    first = rows[0]
    name = read_as.words(first[TITLE], read_as.LONGEST_NAME)
    if not name:
        return sheet.blame(first.line, handle, _("il n’y a pas de nom."))
    titles = [first[f"option{n} name"] for n in range(1, OPTIONS + 1)]
    product = FoundProduct(
        first.line,
        name,
        read_as.words(first[ABOUT]),
        options=BETWEEN.join(title for title in titles if title and title.lower() != "title"),
        outside=handle,
        active=first[STATUS].lower() in ("", "active") and read_as.yes(first[PUBLISHED], True),
        pictures=[one for row in rows for one in read_as.addresses(row[PICTURE])][: read_as.MOST_PICTURES],
    )
    for row in rows:
        if _has_variant(row):
            _add(sheet, product, row, choices)
    if product.variants:
        sheet.products.append(product)
    elif not product.has_faults:
        sheet.blame(first.line, name, _("il n’y a pas de prix."))


def _has_variant(row: Row) -> bool:
    """Whether it is more than one picture more."""
    return any(row[names] for names in (PRICE, SKU, ("option1 value",)))


def _add(sheet: Sheet, product: FoundProduct, row: Row, choices: Choices) -> None:
    values = [row[f"option{n} value"] for n in range(1, OPTIONS + 1)]
    label = BETWEEN.join(value for value in values if value and value.lower() != NO_OPTION)
    try:
        price = read_as.cents(row[PRICE], choices.vat if choices.net else 0)
        stock = _stock(row)
    except Unreadable as fault:
        product.has_faults = True
        return sheet.blame(row.line, f"{product.name}, {label}" if label else product.name, str(fault))
    product.variants.append(
        FoundVariant(
            row.line,
            price,
            label[: read_as.LONGEST_LABEL],
            read_as.code(row[SKU]),
            read_as.code(row[BARCODE]),
            stock,
            picture=next(iter(read_as.addresses(row[ITS_PICTURE])), ""),
        )
    )
    return None


def _stock(row: Row) -> int | None:
    """What Shopify counts; what may be ordered when it is gone is then not counted."""
    if not row[TRACKED]:
        return None
    number = read_as.pieces(row[QUANTITY])
    return None if number == 0 and row[POLICY].lower() in ("continue", "true") else number
