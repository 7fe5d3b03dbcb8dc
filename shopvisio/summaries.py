"""What a sale came to as a PDF, to keep or to show: a confirmed order, or a basket and to when its prices hold.

Drawn when somebody asks for it, sealed nowhere: the invoice is the paper.
"""

from collections.abc import Iterable
from datetime import datetime

from shopvisio import baskets, child, imprint, orders, settings
from shopvisio.baskets import Goods
from shopvisio.cases import Case
from shopvisio.catalogue import Product
from shopvisio.i18n import _, day_year, use
from shopvisio.invoices.codec import to_json
from shopvisio.orders import Order
from shopvisio.sheet import Chosen, Summary

SECONDS, MEGABYTES = 30, 512  # of a drawing


def of_order(order: Order) -> Summary:
    """What was ordered, as it was confirmed, in the customer's language."""
    customer = order.case.customer
    with use(customer.language, settings.zone()):
        return Summary(
            shop=imprint.seller(order.placed.astimezone(settings.zone()).date()),
            number=order.number,
            case=order.case.number,
            customer=order.name,
            address=(order.street, f"{order.postcode} {order.city}".strip()),
            lines=_chosen(order.lines),
            shown=(),
            delivery=order.delivery if order.way == "deliver" else None,
            total=order.total,
            way=str(orders.WAYS[order.way]),
            pay=str(orders.PAYS[order.pay]),
            made=order.placed,
            until=None,
            texts=_rights(order),
            language=customer.language,
            zone=settings.get("zone"),
        )


def _rights(order: Order) -> tuple[str, ...]:
    number, day = order.number, day_year(order.placed)
    return (
        _(
            "Vous avez 14 jours à partir de la réception pour changer d’avis, sans motif : depuis la page de la "
            "commande, « Renoncer au contrat ici », ou par cette phrase renvoyée par e-mail : « Je vous notifie "
            "ma rétractation de la commande {number} du {day}. Nom, adresse, date. »",
            number=number,
            day=day,
        ),
        _("Garantie légale de conformité de deux ans, et garantie des vices cachés."),
    )


def of_basket(case: Case, now: datetime) -> Summary | None:
    """What was chosen and shown in the calls of a case; None where nothing was."""
    lines = baskets.of(case)
    chosen = {line.variant.product_id for line in lines}
    seen = [product for product in baskets.shown(case) if product.id not in chosen and product.active]
    if not (lines or seen):
        return None
    with use(case.customer.language, settings.zone()):
        return Summary(
            shop=imprint.seller(now.astimezone(settings.zone()).date()),
            number="",
            case=case.number,
            customer=case.customer.name,
            address=(),
            lines=_chosen(lines),
            shown=tuple(_seen(product) for product in seen),
            delivery=None,
            total=baskets.total(lines),
            way="",
            pay="",
            made=now.replace(microsecond=0),
            until=baskets.until(case),
            texts=(),
            language=case.customer.language,
            zone=settings.get("zone"),
        )


def _chosen(lines: Iterable[Goods]) -> tuple[Chosen, ...]:
    return tuple(Chosen(line.name, line.option, line.sku, line.price, line.quantity) for line in lines)


def _seen(product: Product) -> Chosen:
    is_from = len({variant.price for variant in product.variants}) > 1
    return Chosen(product.name, product.summary, "", product.price, is_from=is_from)


def draw(summary: Summary) -> bytes:
    """Its PDF. It blocks for a second or more: call it in a thread. Raises Unavailable."""
    return child.run("shopvisio.sheet.pdf", to_json(summary).encode(), SECONDS, MEGABYTES, ("summary",))
