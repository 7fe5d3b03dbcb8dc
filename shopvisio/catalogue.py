"""Products: what a seller may put on the customer's screen."""

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import money
from shopvisio.db import Base, db
from shopvisio.errors import Invalid
from shopvisio.i18n import _


class Product(Base):
    """Something the shop sells; ``price`` is cents with tax, ``url`` its page in the shop's web shop."""

    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    summary: Mapped[str] = mapped_column(default="")
    price: Mapped[int]
    url: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[datetime]


def add(name: str, price: str, url: str, summary: str, now: datetime) -> Product:
    """A new product, from what was typed. Raises Invalid with the fields at fault."""
    wrong = {}
    cents = 0
    if not name.strip():
        wrong["name"] = _("Indiquez un nom.")
    try:
        cents = money.cents(price)
    except ValueError:
        wrong["price"] = _("Un montant comme 29 ou 29,90.")
    parts = urlsplit(url.strip())
    if url.strip() and (parts.scheme not in ("http", "https") or not parts.hostname):
        wrong["url"] = _("Le lien commence par https://.")
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    product = Product(name=name.strip(), price=cents, url=url.strip(), summary=summary.strip(), created=now)
    db.session.add(product)
    db.session.flush()
    return product


def everything() -> list[Product]:
    """Every product by name, hidden ones last."""
    return list(db.session.scalars(select(Product).order_by(Product.active.desc(), Product.name)))


def search(words: str, limit: int = 20) -> list[Product]:
    """Active products whose name holds every word, by name."""
    found = select(Product).where(Product.active).order_by(Product.name).limit(limit)
    for word in words.split():
        found = found.where(Product.name.icontains(word, autoescape=True))
    return list(db.session.scalars(found))
