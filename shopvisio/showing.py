"""What lies on the customer's screen in a sale: one product, or some side by side, and the variant looked at."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import calls, catalogue
from shopvisio.accounts import Actor
from shopvisio.calls import Call, Message
from shopvisio.catalogue import Product
from shopvisio.db import Base, db
from shopvisio.errors import Forbidden, Invalid, NotFound
from shopvisio.i18n import _

MOST = 3  # side by side


class Showing(Base):
    """Of a call, once something was shown. ``products`` is JSON: their ids, in order; none once all was put away.
    ``variant_id`` is the one that either side chose last."""

    __tablename__ = "showing"

    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), primary_key=True)
    products: Mapped[str] = mapped_column(default="[]")
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variant.id"))


def of(call: Call | None) -> tuple[list[Product], int | None]:
    """What is shown now, as far as it is still on sale, and the variant chosen of it."""
    row = db.session.get(Showing, call.id) if call else None
    if row is None:
        return [], None
    found = [db.session.get(Product, number) for number in json.loads(row.products)]
    shown = [product for product in found if product is not None and product.active]
    ids = {variant.id for product in shown for variant in product.variants}
    return shown, row.variant_id if row.variant_id in ids else None


def show(call: Call, actor: Actor, product_id: int, now: datetime) -> Message:
    """Staff put a product on the customer's screen. Raises Forbidden, NotFound."""
    (product,) = _on_sale([product_id])
    message = calls.show(call, actor, product, now)
    _lay(call, [product])
    return message


def compare(call: Call, actor: Actor, numbers: Sequence[int], now: datetime) -> list[Message]:
    """Staff lay products side by side; none puts everything away. Those that were not shown yet are said to be.

    Raises Forbidden, NotFound, Invalid for too many.
    """
    if actor.kind != "staff":
        raise Forbidden
    if len(set(numbers)) != len(numbers) or len(numbers) > MOST:
        raise Invalid(_("Trois produits au plus côte à côte."))
    products = _on_sale(numbers)
    shown = set(db.session.scalars(select(Message.product_id).where(Message.call_id == call.id)))
    told = [calls.show(call, actor, product, now) for product in products if product.id not in shown]
    _lay(call, products)
    return told


def choose(call: Call, actor: Actor, variant_id: int) -> None:
    """Either side looks at a variant of what is shown: the other sees which. Raises Forbidden, NotFound."""
    if actor.kind not in ("staff", "customer"):
        raise Forbidden
    shown, _chosen = of(call)
    if variant_id not in {variant.id for product in shown for variant in product.variants}:
        raise NotFound(_("Ce produit n’est plus à l’écran."))
    db.session.get_one(Showing, call.id).variant_id = variant_id
    db.session.flush()


def want(call: Call, actor: Actor, product_id: int, variant_id: int | None, now: datetime) -> Message:
    """The customer asks to be shown this one. Raises Forbidden, NotFound."""
    if actor.kind != "customer":
        raise Forbidden
    (product,) = _on_sale([product_id])
    variant = next((one for one in product.variants if one.id == variant_id), None)
    message = calls.say(call, actor, _("Montrez-moi : {name}", name=variant.name if variant else product.name), now)
    message.product = product
    db.session.flush()
    return message


def _lay(call: Call, products: Sequence[Product]) -> None:
    row = db.session.get(Showing, call.id)
    if row is None:
        row = Showing(call_id=call.id)
        db.session.add(row)
    row.products, row.variant_id = json.dumps([product.id for product in products]), None
    db.session.flush()


def _on_sale(numbers: Sequence[int]) -> list[Product]:
    found = [catalogue.find(number) for number in numbers]
    if not all(product.active for product in found):
        raise NotFound(_("Ce produit n’est plus au catalogue."))
    return found
