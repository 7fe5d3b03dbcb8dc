"""Whether Stripe's webhooks reach us: without them a payment is seen all the same, later, and nobody notices."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from shopvisio import cards, settings
from shopvisio.cards import Checkout
from shopvisio.db import db

HEARD = "stripe-heard"  # no setting of the table: when the last webhook came that Stripe signed
PATIENCE = timedelta(hours=1)  # Stripe tries again by itself
SETTLED = ("paid", "ended")


@dataclass(frozen=True)
class Hearing:
    """``last`` webhook that came; ``missed`` checkouts were paid or ended since, and none spoke of them."""

    last: datetime | None
    missed: int


def note(now: datetime) -> None:
    """One came, signed by Stripe; in the caller's write."""
    settings.keep(HEARD, now.isoformat())


def hearing(now: datetime) -> Hearing | None:
    """How it stands; None where no webhooks are awaited: no cards are taken, or their secret was never given."""
    if not cards.is_on() or not settings.get("stripe_webhook"):
        return None
    told = settings.kept(HEARD)
    last = datetime.fromisoformat(told) if told else None
    given = settings.last_changes(["stripe_webhook"]).get("stripe_webhook")
    since = max((moment for moment in (last, given.at if given else None) if moment), default=None)
    missed = select(func.count()).select_from(Checkout).where(Checkout.state.in_(SETTLED))
    missed = missed.where(Checkout.session.is_not(None), Checkout.made < now - PATIENCE)
    return Hearing(last, db.session.scalar(missed.where(Checkout.made > since) if since else missed) or 0)
