"""The basket of a case: what was chosen, by either side, in its calls; it lasts seven days after the last of them.

Each line is a copy of what was said in the call: name, price, VAT. What the shop changes later changes no line.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import booking, calls, catalogue, settings, webshops
from shopvisio.accounts import Actor
from shopvisio.calls import Call, Message
from shopvisio.cases import Case, record
from shopvisio.catalogue import Product, Variant
from shopvisio.db import Base, db
from shopvisio.errors import Conflict, Forbidden, Invalid, NotFound
from shopvisio.i18n import _

LASTS = timedelta(days=7)
MOST_LINES, MOST_PIECES = 30, 99  # of a basket, of a line


class Goods:
    """So many of one variant, in a basket or an order. ``name``, ``option`` (its variant's label), ``price`` (cents
    with tax), ``rate`` (basis points) are as they were when it was put in."""

    name: Mapped[str]
    option: Mapped[str] = mapped_column(default="")
    sku: Mapped[str] = mapped_column(default="")
    price: Mapped[int]
    rate: Mapped[int]
    quantity: Mapped[int] = mapped_column(default=1)

    @property
    def gross(self) -> int:
        """Cents with tax for all of them."""
        return self.price * self.quantity

    @property
    def whole_name(self) -> str:
        """``Chemise Lin, 38 / Noir``."""
        return f"{self.name}, {self.option}" if self.option else self.name


class BasketLine(Goods, Base):
    """A line of a case's basket, put in ``by`` staff or customer."""

    __tablename__ = "basket_line"
    __table_args__ = (UniqueConstraint("case_id", "variant_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    at: Mapped[datetime]
    by: Mapped[str]

    variant: Mapped[Variant] = relationship()


def of(case: Case) -> list[BasketLine]:
    """What is in it, in the order of putting in."""
    return list(db.session.scalars(select(BasketLine).where(BasketLine.case_id == case.id).order_by(BasketLine.id)))


def total(lines: Sequence[BasketLine]) -> int:
    """Cents with tax."""
    return sum(line.gross for line in lines)


def until(case: Case) -> datetime:
    """To when the prices hold and the customer may buy: seven days after the last call's end."""
    visits = booking.appointments(case)
    if not visits:
        return case.created + LASTS
    call = calls.find(visits[-1])
    return (call.ended if call and call.ended else visits[-1].end) + LASTS


def is_open(case: Case, now: datetime) -> bool:
    """Whether something may still be put in, and bought."""
    return now < until(case)


def pick(case: Case, variant_id: int, actor: Actor, now: datetime) -> BasketLine:
    """One more of this variant. Raises NotFound for what is not sold any more, Conflict for more than there are."""
    _must_be_ours(case, actor, now)
    variant = catalogue.find_variant(variant_id)
    lines = of(case)
    line = next((line for line in lines if line.variant_id == variant.id), None)
    if line is not None:
        _set(line, line.quantity + 1)
        return line
    if len(lines) >= MOST_LINES:
        raise Conflict(_("Le panier a déjà {n} lignes, c’est le maximum.", n=MOST_LINES))
    catalogue.must_have(variant, 1)  # looked at, not taken: nobody chooses in vain
    line = BasketLine(
        case_id=case.id,
        variant=variant,
        name=variant.product.name,
        option=variant.label,
        sku=variant.sku,
        price=variant.price,
        rate=variant.vat,
        quantity=1,
        at=now,
        by=actor.kind,
    )
    db.session.add(line)
    db.session.flush()
    return line


def change(case: Case, line_id: int, quantity: int, actor: Actor, now: datetime) -> None:
    """So many of this line from now on; none takes it out. Raises NotFound, or Conflict for more than there are."""
    _must_be_ours(case, actor, now)
    line = next((line for line in of(case) if line.id == line_id), None)
    if line is None:
        if quantity == 0:
            return  # the other side was quicker
        raise NotFound(_("Cet article n’est plus dans le panier."))
    if quantity == 0:
        db.session.delete(line)
        db.session.flush()
    else:
        _set(line, quantity)


def _set(line: BasketLine, quantity: int) -> None:
    if not 0 < quantity <= MOST_PIECES:
        raise Invalid(_("De 1 à {n} pièces.", n=MOST_PIECES))
    if quantity > line.quantity:
        catalogue.must_have(line.variant, quantity)
    line.quantity = quantity
    db.session.flush()


def _must_be_ours(case: Case, actor: Actor, now: datetime) -> None:
    if actor.kind not in ("staff", "customer"):
        raise Forbidden(_("Le panier se remplit entre la boutique et son client."))
    if not is_open(case, now):
        raise Conflict(_("Ces prix ont valu sept jours : appelez-nous, nous refaisons le panier avec vous."))


def empty(case: Case) -> None:
    """It became an order."""
    for line in of(case):
        db.session.delete(line)
    db.session.flush()


# -- what was shown


def shown(case: Case) -> list[Product]:
    """The products put on the customer's screen in the calls of this case, each once, in order."""
    visits = [visit.id for visit in booking.appointments(case)]
    pushed = select(Message.product_id).join(Call, Call.id == Message.call_id).where(Call.appointment_id.in_(visits))
    ids = dict.fromkeys(db.session.scalars(pushed.where(Message.product_id.is_not(None)).order_by(Message.id)))
    found = {one.id: one for one in db.session.scalars(select(Product).where(Product.id.in_(ids)))}
    return [found[product_id] for product_id in ids if product_id in found]


# -- into the shop's own web shop


def has_web_shop() -> bool:
    """Whether the shop sells in a web shop of its own: else its customers order here."""
    kind = settings.get("web_shop")
    return bool(settings.get("web_shop_pattern") if kind == "own" else kind and settings.get("web_shop_url"))


def way(items: Sequence[webshops.Item]) -> webshops.Way:
    """The links that fill the web shop's basket with these."""
    kind, base, own = (settings.get(name) for name in ("web_shop", "web_shop_url", "web_shop_pattern"))
    return webshops.way(kind, base, own, items, settings.get("web_shop_marker"))


def item(variant: Variant, quantity: int, name: str = "") -> webshops.Item:
    """This variant as the web shop knows it."""
    product = variant.product
    is_only = len(product.variants) == 1
    url, known = product.url, product.outside
    return webshops.Item(name or variant.name, quantity, known, variant.outside, is_only, variant.sku, url)


def handed_over(case: Case) -> datetime | None:
    """When the customer last went on to the web shop, by their own tap."""
    return next((entry.at for entry in reversed(case.journal) if entry.kind == "handed_to_web_shop"), None)


def hand_over(case: Case, actor: Actor, now: datetime) -> webshops.Way:
    """The customer goes to buy it in the web shop: the links, and a line in the story. The basket stays, for as long as
    its prices hold. Raises Conflict when it is empty or too old."""
    if not is_open(case, now):
        raise Conflict(_("Ces prix ont valu sept jours : appelez-nous, nous refaisons le panier avec vous."))
    lines = of(case)
    if not lines or not has_web_shop():
        raise Conflict(_("Le panier est vide."))
    found = way([item(line.variant, line.quantity, line.whole_name) for line in lines])
    record(case, "handed_to_web_shop", actor, now, n=sum(line.quantity for line in lines), cents=total(lines))
    return found
