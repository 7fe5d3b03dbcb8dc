"""What is owed, and how it was paid: a journal that is only ever added to, each line chained to the one before.

Money received for an invoice is positive. Money given back is negative and stands on the credit note that calls for it.
A line noted by mistake is taken back by a line of its own.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, case, event, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio.accounts import APPLIANCE, Actor
from shopvisio.cases import Case, record
from shopvisio.db import Base, db
from shopvisio.errors import Invalid, WrongState
from shopvisio.i18n import _, lazy, money
from shopvisio.invoices import Fault, Kind, Paper, broken_seals, chain

BY_HAND = {"cash": lazy("Espèces"), "card": lazy("Carte"), "transfer": lazy("Virement"), "cheque": lazy("Chèque")}
ONLINE = "online"  # what the customer pays by card over the network: nobody types it
BONUS = "bonus"  # what an eco-organisation pays in the customer's place, from the invoice on
METHODS = {**BY_HAND, ONLINE: lazy("Carte en ligne"), BONUS: lazy("Bonus Réparation")}


class Payment(Base):
    """A line of the journal: ``cents`` is positive for money received, negative for money given back; ``method`` a
    word of METHODS; ``corrects_id`` the line that it takes back."""

    __tablename__ = "payment"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # its place in the chain, from 1
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"), index=True)
    at: Mapped[datetime]
    cents: Mapped[int]
    method: Mapped[str]
    by: Mapped[str]
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), unique=True)
    previous: Mapped[str]
    hash: Mapped[str]


JOURNAL_TRIGGERS = [
    """CREATE TRIGGER payment_follow BEFORE INSERT ON payment BEGIN
  SELECT RAISE(ABORT, 'sealed: a gap in the payments')
    WHERE NEW.id IS NOT (SELECT coalesce(max(id), 0) + 1 FROM payment);
  SELECT RAISE(ABORT, 'sealed: a backward date')
    WHERE NEW.at < (SELECT at FROM payment ORDER BY id DESC LIMIT 1);
  SELECT RAISE(ABORT, 'sealed: a broken chain')
    WHERE NEW.previous IS NOT coalesce((SELECT hash FROM payment ORDER BY id DESC LIMIT 1), printf('%064d', 0));
END""",
    "CREATE TRIGGER payment_keep BEFORE UPDATE ON payment BEGIN\n"
    "  SELECT RAISE(ABORT, 'sealed: a payment is never changed');\nEND",
    "CREATE TRIGGER payment_stay BEFORE DELETE ON payment BEGIN\n"
    "  SELECT RAISE(ABORT, 'sealed: a payment is never deleted');\nEND",
]


@event.listens_for(Payment.__table__, "after_create")
def _seal(table: Any, connection: Connection, **_more: Any) -> None:
    for trigger in JOURNAL_TRIGGERS:
        connection.exec_driver_sql(trigger)


# -- what is owed


def balance(invoice: Paper) -> int:
    """Cents still to be paid for this invoice, credit notes and refunds counted; negative: to be given back."""
    return db.session.scalar(_balances(invoice.id)) or 0


def _balances(invoice_id: int | None = None) -> Select[tuple[int]]:
    """One figure an invoice: what it and its credit notes come to, less what was received for all of them."""
    root = func.coalesce(Paper.corrects_id, Paper.id)
    moved = select(Payment.paper_id, func.sum(Payment.cents).label("cents")).group_by(Payment.paper_id).subquery()
    signed = case((Paper.kind == Kind.INVOICE, Paper.gross), else_=-Paper.gross)
    found = select((func.sum(signed) - func.sum(func.coalesce(moved.c.cents, 0))).label("cents"))
    found = found.select_from(Paper).outerjoin(moved, moved.c.paper_id == Paper.id).group_by(root)
    found = found.where(Paper.kind != Kind.NO_CHARGE_NOTE)
    if invoice_id is not None:
        found = found.where((Paper.id == invoice_id) | (Paper.corrects_id == invoice_id))
    return found


def owed(paper: Paper) -> int:
    """Cents still due on this paper; nothing on a note or a credit note."""
    return max(0, balance(paper)) if paper.kind == Kind.INVOICE else 0


def to_give_back(note: Paper) -> int:
    """Cents of this credit note that the customer has paid and not had back."""
    invoice = db.session.get(Paper, note.corrects_id) if note.corrects_id else None
    if invoice is None:
        return 0
    return max(0, min(-balance(invoice), note.gross + _moved(note), _their_own(invoice)))


def _moved(paper: Paper) -> int:
    return db.session.scalar(select(func.coalesce(func.sum(Payment.cents), 0)).where(Payment.paper_id == paper.id)) or 0


def _their_own(invoice: Paper) -> int:
    """What the customer themselves paid for this invoice and has not had back."""
    family = (Paper.id == invoice.id) | (Paper.corrects_id == invoice.id)
    moved = select(func.coalesce(func.sum(Payment.cents), 0)).join(Paper, Paper.id == Payment.paper_id)
    return db.session.scalar(moved.where(family, Payment.method != BONUS)) or 0


def owed_in_all() -> int:
    """Cents still due to the shop, over every invoice."""
    each = _balances().subquery()
    return db.session.scalar(select(func.coalesce(func.sum(each.c.cents), 0)).where(each.c.cents > 0)) or 0


# -- what is written


def note(case: Case, paper: Paper, cents: int, method: str, actor: Actor, now: datetime) -> Payment:
    """Staff note what they received, or the till what came by card. Raises Invalid for more than is owed."""
    due = owed(paper)
    if not 0 < cents <= due:
        raise Invalid(fields={"amount": _("Il reste {amount} à payer.", amount=money(due))})
    payment = _append(paper, cents, _known(method, actor), actor, now)
    kind = "paid_online" if method == ONLINE else "paid"
    record(case, kind, actor, now, paper=paper.number, cents=cents, method=method)
    return payment


def refund(case: Case, credit_note: Paper, cents: int, method: str, actor: Actor, now: datetime) -> Payment:
    """Staff note what they gave back for a credit note. Raises Invalid for more than was paid and taken back."""
    most = to_give_back(credit_note)
    if not 0 < cents <= most:
        raise Invalid(fields={"amount": _("Il reste {amount} à rembourser.", amount=money(most))})
    payment = _append(credit_note, -cents, _known(method, actor), actor, now)
    record(case, "refunded", actor, now, paper=credit_note.number, cents=cents, method=method)
    return payment


def cover(case: Case, paper: Paper, cents: int, now: datetime) -> None:
    """An eco-organisation owes this part of a new invoice, not the customer."""
    _append(paper, cents, BONUS, APPLIANCE, now)
    record(case, "covered", APPLIANCE, now, paper=paper.number, cents=cents, method=BONUS)


def uncover(case: Case, paper: Paper, now: datetime) -> None:
    """The invoice is taken back: nobody owes that part any more."""
    for line in standing(paper):
        if line.method == BONUS:
            _append(paper, -line.cents, BONUS, APPLIANCE, now, line.id)
            record(case, "uncovered", APPLIANCE, now, paper=paper.number, cents=line.cents, method=BONUS)


def undo(case: Case, payment: Payment, actor: Actor, now: datetime) -> Payment:
    """Take back a line noted by mistake. Raises WrongState when it was taken back already, or takes one back."""
    if payment.corrects_id is not None or undone(payment):
        raise WrongState(_("Ce paiement est déjà annulé."), "undone", "undone")
    paper = db.session.get_one(Paper, payment.paper_id)
    line = _append(paper, -payment.cents, payment.method, actor, now, payment.id)
    record(case, "payment_undone", actor, now, paper=paper.number, cents=abs(payment.cents), method=payment.method)
    return line


def undone(payment: Payment) -> bool:
    """Whether this line was taken back."""
    return db.session.scalar(select(Payment.id).where(Payment.corrects_id == payment.id)) is not None


def _known(method: str, actor: Actor) -> str:
    if method not in (BY_HAND if actor.kind == "staff" else METHODS):
        raise Invalid(fields={"method": _("Choisissez dans la liste.")})
    return method


def _append(
    paper: Paper, cents: int, method: str, actor: Actor, now: datetime, corrects_id: int | None = None
) -> Payment:
    last = db.session.scalar(select(Payment).order_by(Payment.id.desc()).limit(1))
    at = max(now.astimezone(UTC), last.at) if last else now.astimezone(UTC)
    payment = Payment(
        id=last.id + 1 if last else 1,
        paper_id=paper.id,
        at=at,
        cents=cents,
        method=method,
        by=actor.name,
        corrects_id=corrects_id,
        previous=last.hash if last else chain.FIRST,
    )
    payment.hash = link(payment)
    db.session.add(payment)
    db.session.flush()
    return payment


# -- what is read


def of_paper(paper: Paper) -> list[Payment]:
    """What was received or given back for this paper, in order."""
    return list(db.session.scalars(select(Payment).where(Payment.paper_id == paper.id).order_by(Payment.id)))


def standing(paper: Paper) -> list[Payment]:
    """The same without the lines that were taken back."""
    lines = of_paper(paper)
    gone = {line.corrects_id for line in lines}
    return [line for line in lines if line.corrects_id is None and line.id not in gone]


def link(payment: Payment) -> str:
    """The hash that seals this line to the one before."""
    return chain.link(
        payment.previous,
        {
            "id": payment.id,
            "paper_id": payment.paper_id,
            "at": payment.at.isoformat(),
            "cents": payment.cents,
            "method": payment.method,
            "by": payment.by,
            "corrects_id": payment.corrects_id,
        },
    )


def verify() -> list[Fault]:
    """Every fault of the journal's seal and chain; [] when sound."""
    return [*_faults()]


def _faults() -> Iterator[Fault]:
    yield from broken_seals(JOURNAL_TRIGGERS)
    previous = chain.FIRST
    for place, line in enumerate(db.session.scalars(select(Payment).order_by(Payment.id)), 1):
        where = _("paiement {n}", n=line.id)
        if line.id != place or line.previous != previous:
            yield Fault(where, _("La chaîne est rompue avant cette ligne."))
        if line.hash != link(line):
            yield Fault(where, _("Cette ligne a été changée après coup."))
        previous = line.hash
