"""PrestaShop's export of its catalogue, and any other table with names and prices: a row for each product, or for each
combination where it names an attribute and its value."""

import re

from shopvisio.catalogue.goods import BETWEEN
from shopvisio.catalogue.sheets import found as read_as
from shopvisio.catalogue.sheets.found import Choices, FoundProduct, FoundVariant, Sheet, Unreadable
from shopvisio.catalogue.sheets.table import Row, Table
from shopvisio.i18n import _

NUMBER = ("product id", "id produit", "id", "id_product")
NAME = ("name", "nom", "product name", "nom du produit", "produit", "designation")
GROSS = ("price (tax incl.)", "prix (ttc)", "price tax included", "prix ttc", "final price (tax incl.)", "prix final")
NET = ("price (tax excl.)", "prix (ht)", "price tax excluded", "prix ht", "base price", "prix de base")
PRICE = ("price", "prix", "tarif")
SKU = ("reference", "reference #", "reference n°", "sku", "ref")
BARCODE = ("ean-13 barcode", "ean13", "code-barres ean-13", "ean", "code-barres", "barcode")
STOCK = ("quantity", "quantite", "stock", "qty")
ACTIVE = ("status", "etat", "active", "active (0/1)", "actif (0/1)", "displayed", "affiche")
ABOUT = ("summary", "resume", "short description", "description courte", "description")
URL = ("url", "product url", "lien", "adresse")
PICTURES = ("image urls (x,y,z...)", "urls d'image (x,y,z...)", "image", "images", "image url")
ATTRIBUTE = ("attribute (name:type:position)", "attribut (nom:type:position)", "attribute", "attribut")
VALUE = ("value (value:position)", "valeur (valeur:position)", "value", "valeur")
COMBINATION = ("combination id", "id combinaison", "id_product_attribute")


def is_one(table: Table) -> bool:
    """Whether there is a name and a price."""
    return table.has(NAME) and any(table.has(names) for names in (GROSS, NET, PRICE))


def read(table: Table, choices: Choices) -> Sheet:
    """Its products. PrestaShop's prices say themselves whether tax is in them, and with both the rate."""
    is_presta = table.has(NUMBER) and (table.has(GROSS) or table.has(NET))
    sheet = Sheet("prestashop" if is_presta else "table", len(table.rows))
    known: dict[str, FoundProduct] = {}
    for row in table.rows:
        name = read_as.words(row[NAME], read_as.LONGEST_NAME)
        number = row[NUMBER] if is_presta else ""
        if not name:
            sheet.blame(row.line, row[SKU] or number, _("il n’y a pas de nom."))
        elif number in known and not row[VALUE]:
            sheet.blame(row.line, name, _("ce produit est déjà plus haut dans le fichier."))
        else:
            product = known.get(number) or _product(sheet, row, name, number)
            known |= {number: product} if number else {}
            _add(sheet, product, row, choices)
    sheet.products = [product for product in sheet.products if product.variants]
    return sheet


def _product(sheet: Sheet, row: Row, name: str, number: str) -> FoundProduct:
    product = FoundProduct(
        row.line,
        name,
        read_as.words(row[ABOUT]),
        row[URL] if row[URL].startswith("http") else "",
        outside=number,
        active=read_as.yes(row[ACTIVE], True),
        pictures=read_as.addresses(row[PICTURES]),
    )
    sheet.products.append(product)
    return product


def _add(sheet: Sheet, product: FoundProduct, row: Row, choices: Choices) -> None:
    options, label = _chosen(row)
    try:
        price, vat = _price(row, choices)
        stock = read_as.pieces(row[STOCK])
    except Unreadable as fault:
        product.has_faults = True
        return sheet.blame(row.line, f"{product.name}, {label}" if label else product.name, str(fault))
    product.options, product.vat = product.options or options, product.vat if product.vat is not None else vat
    codes = (read_as.code(row[SKU]), read_as.code(row[BARCODE]))
    product.variants.append(FoundVariant(row.line, price, label, *codes, stock, row[COMBINATION]))
    return None


def _price(row: Row, choices: Choices) -> tuple[int, int | None]:
    """With tax, and the rate where both prices tell it."""
    if row[GROSS]:
        gross = read_as.cents(row[GROSS])
        return gross, read_as.rate_between(read_as.cents(row[NET]), gross) if row[NET] else None
    if row[NET]:
        return read_as.cents(row[NET], choices.vat), None
    return read_as.cents(row[PRICE], choices.vat if choices.net else 0), None


def _chosen(row: Row) -> tuple[str, str]:
    """``Taille / Couleur`` and ``38 / Noir``, from ``Taille:select:0, Couleur:color:1`` and ``38:0, Noir:1``."""
    titles, values = ([part.partition(":")[0].strip() for part in _parts(row[names])] for names in (ATTRIBUTE, VALUE))
    return BETWEEN.join(titles), BETWEEN.join(values)[: read_as.LONGEST_LABEL]


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"\s*,\s*", text) if part]
