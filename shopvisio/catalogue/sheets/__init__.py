"""Catalogues as other programs write them: bytes of a CSV file in, products and faults out. PURE.

WooCommerce, Shopify and PrestaShop are known by the names of their columns, in English or French; any other table
with a name and a price is read as well.
"""

from collections.abc import Callable

from shopvisio.catalogue.sheets import plain_table, shopify, woocommerce
from shopvisio.catalogue.sheets.found import Choices, Fault, FoundProduct, FoundVariant, Sheet
from shopvisio.catalogue.sheets.table import Table, open_table
from shopvisio.errors import Invalid
from shopvisio.i18n import _

__all__ = ["Choices", "Fault", "FoundProduct", "FoundVariant", "Sheet", "read"]


READERS: tuple[tuple[Callable[[Table], bool], Callable[[Table, Choices], Sheet]], ...] = (
    (woocommerce.is_one, woocommerce.read),
    (shopify.is_one, shopify.read),
    (plain_table.is_one, plain_table.read),
)


def read(data: bytes, choices: Choices) -> Sheet:
    """Every product of the file that can be used, and for every line that cannot why. Raises Invalid, with a sentence,
    for a file that is no such catalogue."""
    table = open_table(data)
    for is_one, reading in READERS:
        if is_one(table):
            return reading(table, choices)
    raise Invalid(_what_is_missing(table))


def _what_is_missing(table: Table) -> str:
    return _(
        "Ce fichier n’a ni colonne de nom ni colonne de prix que nous reconnaissions. Ses colonnes : {names}.",
        names=", ".join(table.titles[:12]),
    )
