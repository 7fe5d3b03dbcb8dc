"""WooCommerce's own export: a row for each product, and one for each variation that names its parent."""

import re

from shopvisio.catalogue.goods import BETWEEN
from shopvisio.catalogue.sheets import found as read_as
from shopvisio.catalogue.sheets.found import Choices, FoundProduct, FoundVariant, Sheet, Unreadable
from shopvisio.catalogue.sheets.table import Row, Table
from shopvisio.i18n import _

TYPE = ("type",)
SKU, NAME = ("sku", "ugs"), ("name", "nom")
PRICE, SALE = ("regular price", "tarif regulier"), ("sale price", "tarif promo")
SALE_BEGINS = ("date sale price starts", "date de debut de promo")
SALE_ENDS = ("date sale price ends", "date de fin de promo")
PUBLISHED = ("published", "publie")
SHORT, LONG = ("short description", "description courte"), ("description",)
IN_STOCK, STOCK = ("in stock", "en stock"), ("stock",)
BACKORDERS = ("backorders allowed", "autoriser les commandes de produits en rupture")
BARCODE = ("gtin, upc, ean, or isbn", "gtin, upc, ean ou isbn")
URL = ("external url", "url externe")
PICTURES, PARENT = ("images",), ("parent",)
_ATTRIBUTE = re.compile(r"(?:attribute (\d+) name|nom de l'attribut (\d+))")


def is_one(table: Table) -> bool:
    """Whether WooCommerce wrote this table."""
    return table.has(TYPE, SKU, NAME, PRICE)


def read(table: Table, choices: Choices) -> Sheet:
    """Its products; prices are as the web shop shows them, or without tax where ``choices`` say so."""
    return _Reading(table, choices).sheet


class _Reading:
    def __init__(self, table: Table, choices: Choices) -> None:
        self.choices = choices
        self.sheet = Sheet("woocommerce", len(table.rows))
        self.attributes = _attributes(table)
        self.parents: dict[str, tuple[FoundProduct, Row]] = {}  # by what variations call them
        self.variable: list[tuple[FoundProduct, Row]] = []
        for row in table.rows:
            if not _is_variation(row):
                self._product(row)
        for row in table.rows:
            if _is_variation(row):
                self._variation(row)
        for product, row in self.variable:
            self._whole(product, row)

    def _product(self, row: Row) -> None:
        kinds = {kind.strip().lower() for kind in row[TYPE].split(",")}
        name = read_as.words(row[NAME], read_as.LONGEST_NAME)
        if not name:
            return self.sheet.blame(row.line, row[SKU], _("il n’y a pas de nom."))
        if "grouped" in kinds:
            return self.sheet.blame(row.line, name, _("c’est un groupe : ses produits sont repris un à un."))
        product = FoundProduct(
            row.line,
            name,
            read_as.words(row[SHORT] or row[LONG]),
            row[URL] if row[URL].startswith("http") else "",
            outside=row["id"],
            active=row[PUBLISHED] in ("1", ""),
            pictures=read_as.addresses(row[PICTURES]),
        )
        for name_of in {f"id:{row['id']}", row[SKU]} - {"", "id:"}:
            self.parents.setdefault(name_of, (product, row))
        if "variable" in kinds:
            return self.variable.append((product, row))
        self._add(product, row, row)
        if product.variants:
            self.sheet.products.append(product)

    def _variation(self, row: Row) -> None:
        known = self.parents.get(row[PARENT])
        if known is None:
            why = _("le produit « {parent} » dont c’est une variante n’est pas dans ce fichier.", parent=row[PARENT])
            return self.sheet.blame(row.line, row[NAME] or row[SKU], why)
        self._add(known[0], row, known[1])

    def _add(self, product: FoundProduct, row: Row, parent: Row) -> None:
        try:
            product.variants.append(self._variant(product, row, parent))
        except Unreadable as fault:
            product.has_faults = True
            self.sheet.blame(row.line, row[NAME] or product.name, str(fault))

    def _variant(self, product: FoundProduct, row: Row, parent: Row) -> FoundVariant:
        parts = [(row[title], row[value]) for title, value in self.attributes] if row is not parent else []
        chosen = [(title, value) for title, value in parts if value]
        if chosen:
            product.options = product.options or BETWEEN.join(title for title, _value in chosen)
        pictures = read_as.addresses(row[PICTURES])
        return FoundVariant(
            row.line,
            self._price(row),
            _label(chosen, row, parent),
            read_as.code(row[SKU]),
            read_as.code(row[BARCODE]),
            _stock(row, parent),
            row["id"],
            pictures[0] if pictures else "",
        )

    def _price(self, row: Row) -> int:
        typed = (row[SALE] if self._is_on_sale(row) else "") or row[PRICE]
        return read_as.cents(typed, self.choices.vat if self.choices.net else 0)

    def _is_on_sale(self, row: Row) -> bool:
        today = self.choices.today.isoformat()
        return row[SALE_BEGINS][:10] <= today <= (row[SALE_ENDS][:10] or today)

    def _whole(self, product: FoundProduct, row: Row) -> None:
        """A product with variations, once all of them are read."""
        if product.variants:
            self.sheet.products.append(product)
        elif not product.has_faults:
            self.sheet.blame(row.line, product.name, _("aucune de ses variantes n’est dans ce fichier."))


def _attributes(table: Table) -> list[tuple[str, str]]:
    """The columns of names and of values, in pairs."""
    pairs: list[tuple[str, str]] = []
    for name in table.columns:
        if found := _ATTRIBUTE.fullmatch(name):
            number = found[1] or found[2]
            values = (f"attribute {number} value(s)", f"valeur(s) de l'attribut {number}")
            pairs.extend((name, value) for value in values if value in table.columns)
    return pairs


def _label(chosen: list[tuple[str, str]], row: Row, parent: Row) -> str:
    """What distinguishes a variation: the values of its attributes, else what its name has more than its parent's."""
    named = "" if row is parent else row[NAME].removeprefix(parent[NAME]).strip(" -–,")
    label = BETWEEN.join(value.replace("\\,", ",") for _title, value in chosen) or named
    return label[: read_as.LONGEST_LABEL]


def _is_variation(row: Row) -> bool:
    return "variation" in row[TYPE].lower()


def _stock(row: Row, parent: Row) -> int | None:
    """``parent``: the variations share the number of their product. What may be ordered when it is gone is not
    counted."""
    counted = parent[STOCK] if row[STOCK].lower() == "parent" else row[STOCK]
    number = read_as.pieces(counted)
    if number is None:
        return 0 if row[IN_STOCK] == "0" else None
    return None if number == 0 and row[BACKORDERS] in ("1", "notify") else number
