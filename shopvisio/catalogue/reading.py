"""A product's page as web shops write them for search engines: schema.org JSON-LD, else Open Graph. PURE."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from shopvisio.catalogue.goods import BETWEEN
from shopvisio.catalogue.sheets import found as read_as
from shopvisio.catalogue.sheets.found import FoundProduct, FoundVariant, Unreadable
from shopvisio.errors import Invalid
from shopvisio.i18n import _

OPTIONS = {"size": "Taille", "color": "Couleur", "material": "Matière", "pattern": "Motif"}
GONE = ("OutOfStock", "SoldOut", "Discontinued")
DEEPEST = 30  # of nested data

Facts = Mapping[str, Any]


def read(html: str, url: str) -> FoundProduct:
    """The product of the page at ``url``. Raises Invalid, with a sentence, where it tells none or no price."""
    page = _Page()
    page.feed(html)
    product = next(_products(page.data), None)
    try:
        found = _from_data(product, url) if product else _from_graph(page.meta, url)
    except Unreadable as fault:
        raise Invalid(_("Le prix de cette page n’a pas pu être lu : {why}", why=str(fault))) from None
    if found is None:
        raise Invalid(_("Cette page ne dit pas quel produit elle montre. Écrivez-le à la main."))
    found.pictures = [one for one in found.pictures if one.startswith(("http://", "https://"))][: read_as.MOST_PICTURES]
    return found


class _Page(HTMLParser):
    """What a page says to programs: JSON-LD, and its meta properties."""

    def __init__(self) -> None:
        super().__init__()
        self.data: list[Any] = []
        self.meta: dict[str, list[str]] = {}
        self._script: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and given.get("type", "").lower() == "application/ld+json":
            self._script = []
        if tag == "meta" and (name := given.get("property") or given.get("name")):
            self.meta.setdefault(name.lower(), []).append(given.get("content", "").strip())

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._script.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._script is not None:
            with suppress(ValueError, RecursionError):  # written wrong: the page may have others
                self.data.append(json.loads("".join(self._script), strict=False))
            self._script = None


def _products(data: Any, depth: int = 0) -> Iterator[Facts]:
    """Every product that is told, the outer one first."""
    if isinstance(data, Mapping):
        kinds = _list(data.get("@type"))
        if {"Product", "ProductGroup"} & {str(kind).rpartition("/")[2] for kind in kinds} and data.get("name"):
            yield data
        inner: list[Any] = list(data.values())
    else:
        inner = _list(data) if isinstance(data, list) else []
    if depth < DEEPEST:
        for one in inner:
            yield from _products(one, depth + 1)


def _from_data(product: Facts, url: str) -> FoundProduct:
    found = FoundProduct(
        0,
        read_as.words(str(product["name"]), read_as.LONGEST_NAME),
        read_as.words(str(product.get("description") or "")),
        url,
        pictures=_pictures(product.get("image"), url),
    )
    several = [one for one in _list(product.get("hasVariant")) if isinstance(one, Mapping)]
    names = [name for name in OPTIONS if any(one.get(name) for one in several)]
    found.options = BETWEEN.join(OPTIONS[name] for name in names)
    for one in several or [product]:
        found.variants.append(_variant(one, product, names, url))
    if len({variant.label for variant in found.variants}) != len(found.variants):
        found.options = ""
        for nth, variant in enumerate(found.variants, start=1):
            variant.label = variant.sku or f"{variant.label} {nth}".strip()
    return found


def _variant(one: Facts, product: Facts, names: list[str], url: str) -> FoundVariant:
    offer = next((offer for offer in _list(one.get("offers")) if isinstance(offer, Mapping)), {})
    if inner := [deeper for deeper in _list(offer.get("offers")) if isinstance(deeper, Mapping)]:
        offer = {**offer, **inner[0]}
    priced = next((p for p in _list(offer.get("priceSpecification")) if isinstance(p, Mapping)), {})
    currency = str(offer.get("priceCurrency") or priced.get("priceCurrency") or "EUR")
    price = offer.get("price") or offer.get("lowPrice") or priced.get("price")
    label = BETWEEN.join(str(one.get(name) or "–") for name in names)
    if not label and one is not product:
        label = str(one.get("name") or "").removeprefix(str(product["name"])).strip(" -–,")
    gone = str(offer.get("availability") or "").rpartition("/")[2] in GONE
    pictures = _pictures(one.get("image"), url) if one is not product else []
    return FoundVariant(
        0,
        _euros(price, currency),
        label[: read_as.LONGEST_LABEL],
        read_as.code(str(one.get("sku") or offer.get("sku") or "")),
        read_as.code(str(next((one[name] for name in ("gtin13", "gtin", "gtin8", "gtin12") if one.get(name)), ""))),
        0 if gone else None,
        picture=pictures[0] if pictures else "",
    )


def _from_graph(meta: Mapping[str, list[str]], url: str) -> FoundProduct | None:
    def said(*names: str) -> str:
        return next((meta[name][0] for name in names if meta.get(name) and meta[name][0]), "")

    name = read_as.words(said("og:title"), read_as.LONGEST_NAME)
    price = said("product:price:amount", "og:price:amount", "product:sale_price:amount")
    if not name or not price:
        return None
    currency = said("product:price:currency", "og:price:currency") or "EUR"
    gone = said("product:availability", "og:availability").lower().replace(" ", "") in ("oos", "outofstock")
    variant = FoundVariant(0, _euros(price, currency), sku=read_as.code(said("product:retailer_item_id")))
    variant.stock = 0 if gone else None
    pictures = [urljoin(url, one) for one in meta.get("og:image", []) if one]
    return FoundProduct(0, name, read_as.words(said("og:description")), url, pictures=pictures, variants=[variant])


def _euros(price: Any, currency: str) -> int:
    if currency.upper() not in ("EUR", "€"):
        raise Unreadable(_("il est en {currency}.", currency=currency[:10]))
    return read_as.cents("" if price is None else str(price))


def _pictures(told: Any, url: str) -> list[str]:
    places = [one.get("url") or one.get("contentUrl") if isinstance(one, Mapping) else one for one in _list(told)]
    return [urljoin(url, one) for one in places if isinstance(one, str) and one]


def _list(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [] if told is None else [told]
