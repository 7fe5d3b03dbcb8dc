"""Payment by card over the network, by way of Stripe, where the owner has a key: never before the invoice is delivered.

A checkout is one offer to pay what is owed on one invoice. What became of it is always read from Stripe itself: a
webhook only says when to look, so that none, two, or a late one come to the same. ``teller`` speaks with Stripe in a
child process, ``till`` is its edge.
"""

import hmac
import importlib.util
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import invoices, payments, settings
from shopvisio.accounts import APPLIANCE
from shopvisio.cases import Case, record
from shopvisio.config import EXTRAS
from shopvisio.db import Base, db, public_id
from shopvisio.errors import Conflict, Forbidden
from shopvisio.i18n import _
from shopvisio.invoices import Kind, Paper
from shopvisio.jobs import enqueue

LASTS = timedelta(hours=23)  # Stripe ends a checkout after a day at most
TOLERANCE = 300  # seconds between a webhook's own time and ours


class Checkout(Base):
    """One offer to pay one invoice; ``state`` is making (Stripe was not reached yet), open, paid or ended.

    ``key`` makes what we ask of Stripe happen once, however often it is asked. ``excess`` is what was paid beyond what
    was owed by then, in cents; ``given_back`` whether it was sent back.
    """

    __tablename__ = "checkout"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"), index=True)
    cents: Mapped[int]
    made: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="making")
    session: Mapped[str | None] = mapped_column(unique=True)
    url: Mapped[str] = mapped_column(default="")
    intent: Mapped[str] = mapped_column(default="")
    excess: Mapped[int] = mapped_column(default=0)
    given_back: Mapped[bool] = mapped_column(default=False)

    paper: Mapped[Paper] = relationship()

    @property
    def ends(self) -> datetime:
        """When Stripe ends it."""
        return self.made + LASTS


@dataclass(frozen=True)
class Told:
    """What Stripe says of a checkout: ``status`` is open, complete or expired; ``cents`` what was paid, 0 if nothing;
    ``intent`` names the payment."""

    session: str
    status: str
    url: str = ""
    cents: int = 0
    intent: str = ""


def is_on() -> bool:
    """Whether the shop takes cards over the network."""
    return bool(settings.get("stripe_key")) and is_installed()


def is_installed() -> bool:
    """Whether Stripe's library is there: it is an extra of the product."""
    return importlib.util.find_spec(EXTRAS["stripe"]) is not None


def may_pay(paper: Paper) -> bool:
    """Whether this paper may be paid by card now: an invoice with something owed, and delivered before."""
    delivered = paper.kind == Kind.INVOICE and invoices.pdf_of(paper) is not None
    return is_on() and delivered and payments.owed(paper) > 0


def begin(paper: Paper, now: datetime) -> Checkout:
    """The checkout for what is owed on this invoice: the one that stands, else a new one. Raises Conflict where
    nothing may be paid."""
    if not may_pay(paper):
        raise Conflict(_("Il n’y a rien à payer par carte sur ce papier."))
    due = payments.owed(paper)
    for old in unsettled(paper):
        if old.cents == due and now < old.ends - timedelta(hours=1):
            return old
    made = Checkout(key=public_id(24), paper_id=paper.id, cents=due, made=now.replace(microsecond=0))
    db.session.add(made)
    db.session.flush()
    enqueue("checkout", now + timedelta(minutes=1), checkout=made.id)
    return made


def unsettled(paper: Paper) -> list[Checkout]:
    """The checkouts of this paper of which Stripe may still tell something new, the newest first."""
    still = select(Checkout).where(Checkout.paper_id == paper.id, Checkout.state.in_(("making", "open")))
    return list(db.session.scalars(still.order_by(Checkout.id.desc())))


def of_session(session: str) -> Checkout | None:
    """The checkout that Stripe calls so."""
    return db.session.scalar(select(Checkout).where(Checkout.session == session))


def is_outdated(checkout: Checkout) -> bool:
    """Whether something else is owed by now: nobody should pay this one any more."""
    return checkout.cents != payments.owed(checkout.paper)


def settle(checkout: Checkout, told: Told, now: datetime) -> None:
    """Keep what Stripe says. Money beyond what is owed by now is on its way back; said twice is kept once."""
    if checkout.state in ("paid", "ended"):
        return
    checkout.session, checkout.url = told.session, told.url or checkout.url
    checkout.state = {"expired": "ended"}.get(told.status, "open")
    if told.cents:
        _receive(checkout, told, now)


def _receive(checkout: Checkout, told: Told, now: datetime) -> None:
    case = db.session.get_one(Case, checkout.paper.case_id)
    kept = min(told.cents, payments.owed(checkout.paper))
    if kept:
        payments.note(case, checkout.paper, kept, payments.ONLINE, case.customer.actor, now)
    checkout.state, checkout.intent, checkout.excess = "paid", told.intent, told.cents - kept
    if checkout.excess:
        enqueue("give-back", now, checkout=checkout.id)


def gave_back(checkout: Checkout, now: datetime) -> None:
    """What was paid beyond what was owed is on its way to the customer."""
    if not checkout.given_back:
        checkout.given_back = True
        case = db.session.get_one(Case, checkout.paper.case_id)
        record(case, "card_given_back", APPLIANCE, now, paper=checkout.paper.number, cents=checkout.excess)


def look_again(checkout: Checkout, now: datetime) -> datetime | None:
    """When to ask Stripe again, webhooks or not; None once there is nothing more to learn."""
    if checkout.state in ("paid", "ended"):
        return None
    age = now - checkout.made
    for young, pause in ((timedelta(minutes=10), timedelta(minutes=1)), (timedelta(hours=2), timedelta(minutes=10))):
        if age < young:
            return now + pause
    return now + timedelta(hours=2)


def read_webhook(body: bytes, signature: str, now: datetime) -> tuple[str, str]:
    """What a webhook speaks of: ``checkout`` or ``refund``, and Stripe's name for it; both empty where it is something
    else.

    ``signature`` is the header ``Stripe-Signature``: ``t=<seconds>,v1=<HMAC-SHA256 of t.body>``. Raises Forbidden for
    one that is not Stripe's, or not of these minutes.
    """
    given = [part.partition("=") for part in signature.split(",")]
    at = next((value for name, _equals, value in given if name.strip() == "t"), "")
    secret = settings.get("stripe_webhook")
    wanted = hmac.digest(secret.encode(), at.encode() + b"." + body, "sha256").hex()
    signed = any(
        hmac.compare_digest(value.encode(), wanted.encode()) for name, _equals, value in given if name.strip() == "v1"
    )
    if not (secret and signed and at.isascii() and at.isdigit() and abs(now.timestamp() - int(at)) <= TOLERANCE):
        raise Forbidden
    try:
        event = json.loads(body)
        kind, about = event["type"], event["data"]["object"]["id"]
    except (ValueError, KeyError, TypeError):
        return "", ""
    about_refund = str(kind).startswith("refund.") or kind == "charge.refund.updated"
    what = "checkout" if str(kind).startswith("checkout.session.") else "refund" if about_refund else ""
    return what, str(about) if what else ""
