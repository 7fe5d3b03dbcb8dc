"""The estimate of dear parts as a PDF, to keep or to show: drawn when somebody asks for it, sealed nowhere."""

from datetime import timedelta

from shopvisio import child, imprint, parts, settings
from shopvisio.cases import Case
from shopvisio.i18n import use
from shopvisio.invoices.codec import to_json
from shopvisio.money import split
from shopvisio.sheet import Estimate, Offered

SECONDS, MEGABYTES = 30, 512  # of a drawing


def of(case: Case) -> Estimate | None:
    """What is offered now, or was accepted last, in the customer's language; None where that is no estimate."""
    found = case.parts_in("offered") or [part for part in case.parts if part.accepted and part.offer == case.offer]
    if case.offered_at is None or not parts.is_estimate(found):
        return None
    customer = case.customer
    with use(customer.language, settings.zone()):
        shop = imprint.seller(case.offered_at.astimezone(settings.zone()).date())
    rate = 0 if shop.franchise else settings.get("parts_vat_rate")
    return Estimate(
        shop=shop,
        number=f"{case.number}-{case.offer}",
        customer=customer.name,
        address=(customer.street, f"{customer.postcode} {customer.city}".strip()),
        device=case.thing,
        lines=tuple(Offered(part.name, part.reference, part.price) for part in found),
        price=split(parts.total(found), rate),
        fee=None if case.returned else case.fee,
        made=case.offered_at,
        until=case.offered_at + timedelta(days=settings.get("estimate_days")),
        accepted=next((part.accepted for part in found), None),
        language=customer.language,
        zone=settings.get("zone"),
    )


def draw(estimate: Estimate) -> bytes:
    """Its PDF. It blocks for a second or more: call it in a thread. Raises Unavailable."""
    return child.run("shopvisio.sheet.pdf", to_json(estimate).encode(), SECONDS, MEGABYTES, ("estimate",))
