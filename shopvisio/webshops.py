"""Links into a shop's own web shop: what was chosen in the call fills its basket there. Pure.

A pattern is an address with places in braces: ``{id}`` is what the web shop numbers, the variant, or a product that has
but one; ``{variant}`` and ``{product}`` are these two by themselves; ``{sku}``, ``{quantity}``. A part in square
brackets is written once for each line, with commas between: one link fills the whole basket. Without brackets each line
has a link of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from babel.support import LazyProxy

from shopvisio.errors import Invalid
from shopvisio.i18n import _, lazy

PLACES = ("id", "variant", "product", "sku", "quantity")
PLACE, EACH = re.compile(r"\{(\w*)\}"), re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True)
class Kind:
    """A web shop that we know: its pattern after the shop's own address; ``is_shy``: it fills no basket for a browser
    that never opened it before."""

    label: LazyProxy | str
    pattern: str
    help: LazyProxy | str
    is_shy: bool = False


KINDS = {
    "woocommerce": Kind(
        lazy("WooCommerce 10 et suivants, tout d’un coup"),
        "/checkout-link/?products=[{id}:{quantity}]",
        lazy("Le panier entier s’ouvre à la caisse, chaque déclinaison par son numéro."),
    ),
    "woocommerce_each": Kind(
        lazy("WooCommerce, un article après l’autre"),
        "/?add-to-cart={id}&quantity={quantity}",
        lazy("Pour les versions plus anciennes : un lien par article, chacun l’ajoute au panier."),
    ),
    "shopify": Kind(
        "Shopify",
        "/cart/[{variant}:{quantity}]?storefront=true",
        lazy("Le panier entier s’ouvre, chaque déclinaison (variant) par son numéro."),
    ),
    "prestashop": Kind(
        "PrestaShop",
        "/index.php?controller=cart&add=1&id_product={product}&id_product_attribute={attribute}&qty={quantity}"
        "&action=update",
        lazy("Un lien par article ; PrestaShop n’ouvre un panier qu’à un navigateur qui a déjà vu la boutique."),
        is_shy=True,
    ),
}


@dataclass(frozen=True)
class Item:
    """One line of a basket as a web shop knows it: ``product`` and ``variant`` are its own numbers, empty when unknown;
    ``is_only``: the product has no other variant. ``url`` is its page there."""

    name: str
    quantity: int
    product: str = ""
    variant: str = ""
    is_only: bool = False
    sku: str = ""
    url: str = ""

    @property
    def values(self) -> dict[str, str]:
        """What stands in each place; a place whose value is empty cannot be filled."""
        return {
            "id": self.variant or (self.product if self.is_only else ""),
            "variant": self.variant,
            "product": self.product,
            "attribute": self.variant or ("0" if self.is_only else ""),  # what PrestaShop calls one without others
            "sku": self.sku,
            "quantity": str(self.quantity),
        }


@dataclass(frozen=True)
class Way:
    """How a basket reaches the web shop: ``links``, each with the names of what it adds; ``pages`` of products that can
    only be looked up; ``unknown`` are the names of what the web shop is not known to have. ``first`` is to be opened
    before the links, where it is not empty."""

    links: tuple[tuple[str, str], ...]
    pages: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    first: str = ""

    @property
    def whole(self) -> str:
        """The one link that is the whole way; empty where it takes more than one."""
        is_one = len(self.links) == 1 and not (self.pages or self.unknown or self.first)
        return self.links[0][1] if is_one else ""


def check_base(typed: str) -> str:
    """The address of a web shop, without a slash at its end. Raises ValueError with the sentence to show."""
    base = typed.strip().rstrip("/")
    if not base:
        return ""
    parts = urlsplit(base)
    plain = not (parts.query or parts.fragment or parts.username) and not re.search(r"[\s{}\[\]]", base)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain or len(base) > 200:
        raise ValueError(_("Une adresse comme https://boutique.example."))
    return base


def check_pattern(typed: str) -> str:
    """A pattern of the owner's own. Raises ValueError with the sentence to show."""
    pattern = typed.strip()
    if not pattern:
        return ""
    outside = EACH.sub("", pattern)
    if len(pattern) > 500 or re.search(r"\s", pattern) or "[" in outside or "]" in outside or pattern.count("[") > 1:
        raise ValueError(_("Une adresse sans espace, avec au plus une partie entre crochets."))
    unknown = [place for place in PLACE.findall(pattern) if place not in PLACES]
    if unknown:
        raise ValueError(_("Rien ne s’appelle {place} : vérifiez ce mot.", place=f"{{{unknown[0]}}}"))
    if not set(PLACES[:-1]) & set(PLACE.findall(pattern)):
        raise ValueError(_("Il manque {id} ou {sku} : c’est ce qui nomme l’article.", id="{id}", sku="{sku}"))
    parts = urlsplit(PLACE.sub("1", pattern).replace("[", "").replace("]", ""))
    if parts.scheme not in ("http", "https") or not parts.hostname or "{" in pattern.split("/")[2]:
        raise ValueError(_("Une adresse entière, comme https://boutique.example/panier?ref={sku}", sku="{sku}"))
    return pattern


def check_marker(typed: str) -> str:
    """What the web shop reads of where a visit came from. Raises ValueError with the sentence to show."""
    marker = typed.strip().lstrip("?&")
    one = r"[\w.~-]+=[\w.~%+-]*"
    if (marker and not re.fullmatch(f"{one}(&{one})*", marker, re.ASCII)) or len(marker) > 120:
        raise ValueError(_("Des mots comme utm_source=visio, joints par &."))
    return marker


def marked(url: str, marker: str) -> str:
    """The address with the marker at the end of its query."""
    if not marker or not url:
        return url
    parts = urlsplit(url)
    return parts._replace(query=f"{parts.query}&{marker}" if parts.query else marker).geturl()


def way(kind: str, base: str, own: str, items: Sequence[Item], marker: str = "") -> Way:
    """The links that put these items into the basket of the web shop at ``base``; ``own`` is the pattern where the kind
    is none of KINDS. Each carries the marker. Raises Invalid without items."""
    if not items:
        raise Invalid(_("Le panier est vide."))
    known = KINDS.get(kind)
    pattern = base + known.pattern if known else own
    fitting = [item for item in items if _fits(pattern, item)]
    rest = [item for item in items if item not in fitting]
    return Way(
        links=tuple((name, marked(url, marker)) for name, url in _links(pattern, fitting)),
        pages=tuple((item.name, marked(item.url, marker)) for item in rest if item.url),
        unknown=tuple(item.name for item in rest if not item.url),
        first=base if known and known.is_shy and fitting else "",
    )


def _fits(pattern: str, item: Item) -> bool:
    return all(item.values.get(place) for place in PLACE.findall(pattern))


def _links(pattern: str, items: Sequence[Item]) -> list[tuple[str, str]]:
    each = EACH.search(pattern)
    if each is None:
        return [(item.name, _filled(pattern, item)) for item in items]
    if not items:
        return []
    whole = ",".join(_filled(each[1], item) for item in items)
    return [(", ".join(item.name for item in items), EACH.sub(lambda _part: whole, pattern))]


def _filled(pattern: str, item: Item) -> str:
    return PLACE.sub(lambda place: quote(item.values[place[1]], safe=""), pattern)
