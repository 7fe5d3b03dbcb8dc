"""What was found in a file or on a page becomes a product, or the one that is here already follows it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopvisio.catalogue.goods import Picture, Product, Variant
from shopvisio.catalogue.sheets.found import FoundProduct, FoundVariant


def merge(session: Session, found: FoundProduct, origin: str, vat: int, now: datetime) -> tuple[Product, str]:
    """The product, and whether it was ``added``, ``changed`` or is the ``same``. Inside a write of the session's.

    It is known again by what it is called where it comes from, else by a reference of its variants, else by its name
    where neither has any. Its stock and its prices become those found; what this desk hid stays hidden. A variant that
    is found no more is not sold any more, unless one of them could not be read.
    """
    product = _known(session, found, origin)
    if product is None:
        product = Product(created=now, name=found.name, active=found.active)
        session.add(product)
        word = "added"
    else:
        word = "same"
    with session.no_autoflush:  # what differs is asked before it is written
        _describe(product, found, origin, vat if found.vat is None else found.vat)
        _picture(product, found)
        _vary(product, found)
        rows = (product, *product.every_variant, *product.pictures)
        if word == "same" and any(session.is_modified(row) or row in session.new for row in rows):
            word = "changed"
    session.flush()
    return product, word


def _known(session: Session, found: FoundProduct, origin: str) -> Product | None:
    if found.outside:
        named = select(Product).where(Product.origin == origin, Product.outside == found.outside)
        if product := session.scalar(named):
            return product
    free = select(Product).where(Product.outside == "")  # one that has another name there is another product
    codes = [variant.sku for variant in found.variants if variant.sku]
    if codes:
        return session.scalar(free.join(Variant).where(Variant.active, Variant.sku.in_(codes)).order_by(Product.id))
    return session.scalar(free.where(Product.name == found.name).order_by(Product.id))


def _describe(product: Product, found: FoundProduct, origin: str, vat: int) -> None:
    product.name, product.vat = found.name, vat
    product.summary = found.summary or product.summary or ""
    product.url = found.url or product.url or ""
    product.options = found.options
    if found.outside:
        product.origin, product.outside = origin, found.outside
    if not found.active:
        product.active = False


def _picture(product: Product, found: FoundProduct) -> None:
    """Those that came from outside before and are there no more go; those put in by hand stay, after them."""
    wanted = list(dict.fromkeys([*found.pictures, *(one.picture for one in found.variants if one.picture)]))
    if not wanted:
        return
    here = {picture.source: picture for picture in product.pictures if picture.source}
    for source, picture in here.items():
        if source not in wanted:
            product.pictures.remove(picture)
    for place, source in enumerate(wanted):
        if source in here:
            here[source].place = place
        else:
            product.pictures.append(Picture(source=source, place=place))


def _vary(product: Product, found: FoundProduct) -> None:
    left = list(product.every_variant)
    by_source = {picture.source: picture for picture in product.pictures if picture.source}
    for place, one in enumerate(found.variants):
        variant = next((known for known in left if _is_same(known, one)), None)
        if variant is None:
            variant = Variant(price=one.price)
            product.every_variant.append(variant)
        else:
            left.remove(variant)
        variant.place, variant.label, variant.price, variant.stock = place, one.label, one.price, one.stock
        variant.sku, variant.active = one.sku, True
        variant.barcode, variant.outside = one.barcode or variant.barcode or "", one.outside or variant.outside or ""
        if one.picture:
            variant.picture = by_source[one.picture]
    if not found.has_faults:
        for variant in left:
            variant.active = False


def _is_same(known: Variant, found: FoundVariant) -> bool:
    if found.outside and known.outside:
        return found.outside == known.outside
    if found.sku and known.sku:
        return found.sku == known.sku
    return found.label == known.label
