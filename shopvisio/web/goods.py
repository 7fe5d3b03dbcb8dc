"""A product as the pages of a call know it: its card."""

from typing import Any

from flask import url_for

from shopvisio import showing
from shopvisio.booking import Appointment
from shopvisio.calls import find
from shopvisio.catalogue import Product, Variant
from shopvisio.catalogue.goods import BETWEEN
from shopvisio.catalogue.stock import in_words


def card(product: Product) -> dict[str, Any]:
    """``price`` (cents) is of the cheapest variant; ``options`` names the parts of each variant's ``parts``; ``left``
    is how many there are, null where nobody counts, and ``stock`` says it. Pictures are addresses; a variant's is one
    of them, or null."""
    kept = [picture for picture in product.pictures if picture.file]
    here = {picture.id: url_for("products.picture", picture_id=picture.id) for picture in kept}
    return {
        "id": product.id,
        "name": product.name,
        "summary": product.summary,
        "price": product.price,
        "url": product.url,
        "options": _parts(product.options),
        "pictures": list(here.values()),
        "variants": [_variant(variant, here) for variant in product.variants],
    }


def _variant(variant: Variant, pictures: dict[int, str]) -> dict[str, Any]:
    return {
        "id": variant.id,
        "label": variant.label,
        "parts": _parts(variant.label),
        "price": variant.price,
        "left": variant.stock,
        "stock": in_words(variant),
        "picture": pictures.get(variant.picture_id or 0),
    }


def _parts(text: str) -> list[str]:
    return text.split(BETWEEN) if text else []


def on_screen(appointment: Appointment) -> dict[str, Any]:
    """What lies on the customer's screen now."""
    products, chosen = showing.of(find(appointment))
    return {"cards": [card(product) for product in products], "chosen": chosen}
