"""Money that goes back to the card it came from, for a credit note: asked of Stripe once, journalled when it has taken
it on, and taken back in the journal where the bank refuses it afterwards."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import cards, payments
from shopvisio.accounts import APPLIANCE, Actor
from shopvisio.cards import Checkout
from shopvisio.cases import Case, record
from shopvisio.db import Base, db, public_id
from shopvisio.errors import Conflict, Invalid
from shopvisio.i18n import _, money
from shopvisio.invoices import Kind, Paper
from shopvisio.jobs import enqueue
from shopvisio.payments import Payment

LOOKS = (timedelta(hours=1), timedelta(days=1), timedelta(days=5))  # after it was asked: a bank may take days to refuse
REFUSED = ("failed", "canceled")


class Refund(Base):
    """Part of a credit note that goes back to one card; ``state`` is making (Stripe has not taken it on yet), done or
    failed. ``key`` makes it happen once, however often it is asked; ``payment_id`` is its line of the journal."""

    __tablename__ = "card_refund"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"), index=True)
    checkout_id: Mapped[int] = mapped_column(ForeignKey("checkout.id"), index=True)
    cents: Mapped[int]
    by: Mapped[str]
    made: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="making")
    refund: Mapped[str | None] = mapped_column(unique=True)  # Stripe's name for it
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))

    paper: Mapped[Paper] = relationship()
    checkout: Mapped[Checkout] = relationship()


@dataclass(frozen=True)
class Told:
    """What Stripe says of a refund: ``status`` is pending, succeeded, requires_action, failed or canceled; ``why`` are
    its words where it refuses."""

    refund: str
    status: str
    why: str = ""


def most(note: Paper) -> int:
    """Cents of this credit note that may go back by card now: paid by card, not had back, not on its way."""
    if note.kind != Kind.CREDIT_NOTE or not cards.is_on():
        return 0
    by_card = sum(_left(checkout) for checkout in _paid(note))
    return max(0, min(payments.to_give_back(note) - on_its_way(note), by_card))


def on_its_way(note: Paper) -> int:
    """Cents that were asked for, and that Stripe has not taken on yet."""
    return _sum(Refund.paper_id == note.id, Refund.state == "making")


def begin(note: Paper, cents: int, actor: Actor, now: datetime) -> list[Refund]:
    """Give so much back to the card, or the cards, that paid. Raises Invalid for more than may go back, Conflict where
    the shop takes no cards."""
    if not cards.is_on():
        raise Conflict(_("Le paiement par carte en ligne n’est pas en service."))
    if not 0 < cents <= most(note):
        raise Invalid(fields={"amount": _("{amount} au plus peuvent repartir par carte.", amount=money(most(note)))})
    made = []
    for checkout in _paid(note):
        share = min(cents, _left(checkout))
        if share:
            cents -= share
            made.append(_make(note, checkout, share, actor, now))
    return made


def _make(note: Paper, checkout: Checkout, cents: int, actor: Actor, now: datetime) -> Refund:
    refund = Refund(key=public_id(24), paper_id=note.id, checkout_id=checkout.id, cents=cents, by=actor.name, made=now)
    db.session.add(refund)
    db.session.flush()
    enqueue("card-refund", now, refund=refund.id)
    return refund


def settle(refund: Refund, told: Told, now: datetime) -> None:
    """Keep what Stripe says, said twice is kept once: taken on, it is in the journal; refused, it is not or no more."""
    refund.refund = refund.refund or told.refund or None
    if refund.state == "failed":
        return
    case = db.session.get_one(Case, refund.paper.case_id)
    if told.status in REFUSED:
        _fail(case, refund, told.why, now)
    elif refund.state == "making":
        actor = Actor(APPLIANCE.kind, refund.by)
        refund.payment_id = payments.refund(case, refund.paper, refund.cents, payments.ONLINE, actor, now).id
        refund.state = "done"


def _fail(case: Case, refund: Refund, why: str, now: datetime) -> None:
    line = db.session.get(Payment, refund.payment_id) if refund.payment_id else None
    if line is not None and not payments.undone(line):
        payments.undo(case, line, APPLIANCE, now)
    refund.state = "failed"
    record(case, "card_refund_failed", APPLIANCE, now, paper=refund.paper.number, cents=refund.cents, words=why)
    enqueue("tell-staff", now, case=case.id, what="card_refund_failed")


def of_name(name: str) -> Refund | None:
    """The refund that Stripe calls so."""
    return db.session.scalar(select(Refund).where(Refund.refund == name))


def look_again(refund: Refund, now: datetime) -> datetime | None:
    """When to ask Stripe again, webhooks or not; None once there is nothing more to learn."""
    if refund.state == "failed":
        return None
    return next((refund.made + length for length in LOOKS if refund.made + length > now), None)


def _paid(note: Paper) -> list[Checkout]:
    theirs = select(Checkout).where(Checkout.paper_id == note.corrects_id, Checkout.state == "paid")
    return list(db.session.scalars(theirs.order_by(Checkout.id)))


def _left(checkout: Checkout) -> int:
    """What came by this checkout, was kept, and has not gone back."""
    return checkout.cents - checkout.excess - _sum(Refund.checkout_id == checkout.id, Refund.state != "failed")


def _sum(*which: object) -> int:
    return db.session.scalar(select(func.coalesce(func.sum(Refund.cents), 0)).where(*which)) or 0  # type: ignore[arg-type]
