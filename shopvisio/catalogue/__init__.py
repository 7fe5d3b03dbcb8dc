"""The catalogue: what the shop sells, in which variants, at what price, and how many there are."""

from shopvisio.catalogue.goods import Picture, Product, Variant, add, find, find_variant, set_aside
from shopvisio.catalogue.seeking import count, listed, search
from shopvisio.catalogue.stock import give_back, must_have, take

__all__ = [
    "Picture",
    "Product",
    "Variant",
    "add",
    "count",
    "find",
    "find_variant",
    "give_back",
    "listed",
    "must_have",
    "search",
    "set_aside",
    "take",
]
