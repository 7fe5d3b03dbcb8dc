"""A product written by hand: its boxes as they were typed, and one row of boxes for each variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from shopvisio import money, settings
from shopvisio.catalogue.goods import BETWEEN, Picture, Product, Variant, is_link
from shopvisio.catalogue.sheets.found import (
    LONGEST_CODE,
    LONGEST_LABEL,
    LONGEST_LINK,
    LONGEST_NAME,
    LONGEST_SUMMARY,
    MOST_PIECES,
)
from shopvisio.db import db
from shopvisio.errors import Invalid
from shopvisio.i18n import _

LONGEST = {"name": LONGEST_NAME, "summary": LONGEST_SUMMARY, "url": LONGEST_LINK, "options": LONGEST_LABEL}
MOST_VARIANTS = 100


@dataclass(frozen=True)
class Row:
    """The boxes of one variant. ``id`` is empty for one that is new, ``picture`` the number of one of the product's,
    ``gone`` asks that it be sold no more."""

    id: str = ""
    label: str = ""
    sku: str = ""
    barcode: str = ""
    price: str = ""
    stock: str = ""
    outside: str = ""
    picture: str = ""
    gone: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not any((self.id, self.label, self.sku, self.barcode, self.price, self.stock, self.outside))


def rows_of(product: Product) -> list[Row]:
    """The variants as their boxes show them."""
    return [
        Row(
            str(one.id),
            one.label,
            one.sku,
            one.barcode,
            f"{one.price // 100},{one.price % 100:02}",
            "" if one.stock is None else str(one.stock),
            one.outside,
            str(one.picture_id or ""),
        )
        for one in product.variants
    ]


def save(product: Product | None, facts: Mapping[str, str], rows: Sequence[Row], now: datetime) -> Product:
    """Write a product, a new one for None, in the caller's write. Raises Invalid with every box at fault: ``name``, …,
    ``price-0`` for the first row of variants."""
    kept = [row for row in rows if not row.is_empty]
    wrong = _wrong_facts(facts)
    lines = [_line(row, place, product, wrong) for place, row in enumerate(kept)]
    sold = [row for row in kept if not row.gone]
    if not sold:
        wrong.setdefault("price-0", _("Un produit a au moins une variante en vente."))
    if len(sold) > MOST_VARIANTS:
        wrong.setdefault("label-0", _("{n} variantes au plus.", n=MOST_VARIANTS))
    if len(sold) != len({row.label.strip().lower() for row in sold}):
        wrong.setdefault("label-0", _("Deux variantes portent le même nom."))
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    if product is None:
        product = Product(created=now)
        db.session.add(product)
    product.name, product.summary = facts["name"].strip(), facts.get("summary", "").strip()
    product.url, product.vat = facts.get("url", "").strip(), int(facts["vat"])
    product.options = _parts(facts.get("options", ""))
    by_id = {str(one.id): one for one in product.every_variant}
    for place, (row, line) in enumerate(zip(kept, lines, strict=True)):
        variant = by_id.get(row.id)
        if variant is None:
            variant = Variant()
            product.every_variant.append(variant)
        _write(variant, row, line, place)
    db.session.flush()
    return product


def _wrong_facts(facts: Mapping[str, str]) -> dict[str, str]:
    wrong = {}
    if not facts.get("name", "").strip():
        wrong["name"] = _("Indiquez un nom.")
    if not is_link(facts.get("url", "")):
        wrong["url"] = _("Le lien commence par https://.")
    if facts.get("vat") not in settings.VAT_RATES:
        wrong["vat"] = _("Choisissez dans la liste.")
    for name, longest in LONGEST.items():
        if len(facts.get(name, "")) > longest:
            wrong[name] = _("{n} signes au plus.", n=longest)
    return wrong


def _line(row: Row, place: int, product: Product | None, wrong: dict[str, str]) -> tuple[int, int | None]:
    """Price and stock of a row; what is wrong with it is noted."""
    price, stock = 0, None
    try:
        price = money.cents(row.price)
    except ValueError:
        wrong[f"price-{place}"] = _("Un montant comme 29 ou 29,90.")
    if typed := row.stock.strip():
        if typed.isascii() and typed.isdigit() and len(typed) < 8 and int(typed) <= MOST_PIECES:
            stock = int(typed)
        else:
            wrong[f"stock-{place}"] = _("Un nombre de pièces, ou rien si vous ne comptez pas.")
    if len(row.label) > LONGEST_LABEL:
        wrong[f"label-{place}"] = _("{n} signes au plus.", n=LONGEST_LABEL)
    if max(map(len, (row.sku, row.barcode, row.outside))) > LONGEST_CODE:
        wrong[f"sku-{place}"] = _("{n} signes au plus.", n=LONGEST_CODE)
    elif row.sku.strip() and not row.gone and (other := _holder(row.sku.strip(), product)):
        wrong[f"sku-{place}"] = _("Cette référence est déjà celle de « {name} ».", name=other.name)
    return price, stock


def _holder(sku: str, product: Product | None) -> Product | None:
    """Another product that has this reference."""
    others = select(Product).join(Variant).where(Variant.active, Variant.sku == sku)
    if product is not None:
        others = others.where(Product.id != product.id)
    return db.session.scalar(others.limit(1))


def _write(variant: Variant, row: Row, line: tuple[int, int | None], place: int) -> None:
    variant.price, variant.stock = line
    variant.place, variant.active = place, not row.gone
    variant.label, variant.sku, variant.barcode = _parts(row.label), row.sku.strip(), row.barcode.strip()
    variant.outside = row.outside.strip()
    pictures: dict[str, Picture] = {str(one.id): one for one in variant.product.pictures}
    variant.picture = pictures.get(row.picture)


def _parts(text: str) -> str:
    """``38/Noir`` as ``38 / Noir``."""
    return BETWEEN.join(part for part in (" ".join(part.split()) for part in text.split("/")) if part)
