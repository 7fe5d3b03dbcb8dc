"""Products, their variants and their pictures."""

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import money
from shopvisio.db import Base, db
from shopvisio.errors import Invalid, NotFound
from shopvisio.i18n import _

BETWEEN = " / "  # the parts of a label, and the names of these parts


class Product(Base):
    """Something the shop sells, in one variant or several. ``url`` is its page in the shop's web shop, ``vat`` its rate
    in basis points. ``options`` names the parts of its variants' labels (``Taille / Couleur``), empty where it has one.

    ``origin`` is where it came from: ``woocommerce``, ``shopify`` or ``prestashop``, ``page`` for a page of a web shop,
    empty for this desk. ``outside`` is what it is called there: the number of WooCommerce and PrestaShop, Shopify's
    handle; empty where it has no name.
    """

    __tablename__ = "product"
    __table_args__ = (
        Index("ix_product_outside", "origin", "outside", unique=True, sqlite_where=text("outside != ''")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    summary: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    vat: Mapped[int] = mapped_column(default=2000)
    options: Mapped[str] = mapped_column(default="")
    origin: Mapped[str] = mapped_column(default="")
    outside: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[datetime]

    every_variant: Mapped[list["Variant"]] = relationship(
        back_populates="product", order_by="Variant.place, Variant.id"
    )
    pictures: Mapped[list["Picture"]] = relationship(
        back_populates="product", order_by="Picture.place, Picture.id", cascade="all, delete-orphan"
    )

    @property
    def variants(self) -> list["Variant"]:
        """Those that are sold, in order; never none."""
        return [variant for variant in self.every_variant if variant.active]

    @property
    def price(self) -> int:
        """Of its cheapest variant: cents with tax."""
        return min(variant.price for variant in self.variants)


class Variant(Base):
    """One thing to put into a basket: a size, a colour, or the product itself (then ``label`` is empty).

    ``label`` has a part for each of the product's options (``38 / Noir``). ``price`` is cents with tax. ``stock`` is
    how many there are, None where nobody counts. ``outside`` is its number in the web shop. One that is not sold any
    more is never deleted: baskets and orders name it.
    """

    __tablename__ = "variant"
    __table_args__ = (CheckConstraint("stock >= 0", name="stock"), CheckConstraint("price >= 0", name="price"))

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    place: Mapped[int] = mapped_column(default=0)
    label: Mapped[str] = mapped_column(default="")
    sku: Mapped[str] = mapped_column(default="", index=True)
    barcode: Mapped[str] = mapped_column(default="", index=True)
    price: Mapped[int]
    stock: Mapped[int | None]
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("product_picture.id", ondelete="SET NULL"))
    outside: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)

    product: Mapped[Product] = relationship(back_populates="every_variant")
    picture: Mapped["Picture | None"] = relationship()

    @property
    def name(self) -> str:
        """``Chemise Lin, 38 / Noir``."""
        return f"{self.product.name}, {self.label}" if self.label else self.product.name

    @property
    def vat(self) -> int:
        """Its rate in basis points, which is the product's."""
        return self.product.vat

    @property
    def is_sold_out(self) -> bool:
        """Whether it is counted and none is left."""
        return self.stock == 0


class Picture(Base):
    """One of a product's pictures, kept under ``file`` in the uploads folder with a small copy beside it; empty while
    it is still to be fetched from ``source``, which was tried so many times in vain."""

    __tablename__ = "product_picture"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    place: Mapped[int] = mapped_column(default=0)
    file: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    tries: Mapped[int] = mapped_column(default=0)

    product: Mapped[Product] = relationship(back_populates="pictures")


def add(name: str, price: str, url: str, summary: str, now: datetime) -> Product:
    """A new product of one variant, from what was typed. Raises Invalid with the fields at fault."""
    wrong = {}
    cents = 0
    if not name.strip():
        wrong["name"] = _("Indiquez un nom.")
    try:
        cents = money.cents(price)
    except ValueError:
        wrong["price"] = _("Un montant comme 29 ou 29,90.")
    if not is_link(url):
        wrong["url"] = _("Le lien commence par https://.")
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    product = Product(name=name.strip(), url=url.strip(), summary=summary.strip(), created=now)
    product.every_variant.append(Variant(price=cents))
    db.session.add(product)
    db.session.flush()
    return product


def is_link(url: str) -> bool:
    """Whether this may be a product's page; nothing may."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    return not url.strip() or (parts.scheme in ("http", "https") and bool(parts.hostname))


def find(product_id: int) -> Product:
    """Raises NotFound, with a sentence for who looked for it."""
    product = db.session.get(Product, product_id)
    if product is None:
        raise NotFound(_("Ce produit n’est plus au catalogue."))
    return product


def find_variant(variant_id: int) -> Variant:
    """One that is sold. Raises NotFound, with a sentence, when it is not any more."""
    variant = db.session.get(Variant, variant_id)
    if variant is None or not variant.active or not variant.product.active:
        raise NotFound(_("Ce produit n’est plus au catalogue."))
    return variant


def set_aside(product: Product, aside: bool) -> None:
    """Hide a product from sellers and customers, or put it back."""
    product.active = not aside
    db.session.flush()
