"""What is owed, and how it was paid. A payment is noted, never changed."""

from datetime import datetime

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import invoices
from shopvisio.accounts import Actor
from shopvisio.cases import Case, record
from shopvisio.db import Base, db
from shopvisio.errors import Invalid
from shopvisio.i18n import _, lazy, money
from shopvisio.invoices import Paper

METHODS = {"cash": lazy("Espèces"), "card": lazy("Carte"), "transfer": lazy("Virement"), "cheque": lazy("Chèque")}


class Payment(Base):
    """Money received for an invoice; ``cents`` is positive, ``method`` a word of METHODS."""

    __tablename__ = "payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"), index=True)
    at: Mapped[datetime]
    cents: Mapped[int]
    method: Mapped[str]
    by: Mapped[str]


def paid(paper: Paper) -> int:
    """Cents received for this invoice."""
    return db.session.scalar(select(func.coalesce(func.sum(Payment.cents), 0)).where(Payment.paper_id == paper.id)) or 0


def owed(paper: Paper) -> int:
    """Cents still due on this paper; nothing on a note, a credit note, or an invoice taken back."""
    if paper.kind != invoices.Kind.INVOICE or invoices.credit_of(paper):
        return 0
    return paper.gross - paid(paper)


def owed_in_all() -> int:
    """Cents still due to the shop, over every invoice that stands."""
    taken_back = select(Paper.corrects_id).where(Paper.corrects_id.is_not(None))
    standing = select(Paper.id).where(Paper.kind == invoices.Kind.INVOICE, Paper.id.not_in(taken_back))
    billed = db.session.scalar(select(func.coalesce(func.sum(Paper.gross), 0)).where(Paper.id.in_(standing)))
    received = db.session.scalar(
        select(func.coalesce(func.sum(Payment.cents), 0)).where(Payment.paper_id.in_(standing))
    )
    return (billed or 0) - (received or 0)


def note(case: Case, paper: Paper, cents: int, method: str, actor: Actor, now: datetime) -> Payment:
    """Staff note what they received. Raises Invalid for more than is owed."""
    if method not in METHODS:
        raise Invalid(fields={"method": _("Choisissez dans la liste.")})
    due = owed(paper)
    if not 0 < cents <= due:
        raise Invalid(fields={"amount": _("Il reste {amount} à payer.", amount=money(due))})
    payment = Payment(paper_id=paper.id, at=now, cents=cents, method=method, by=actor.name)
    db.session.add(payment)
    record(case, "paid", actor, now, paper=paper.number, cents=cents, method=method)
    return payment


def of_paper(paper: Paper) -> list[Payment]:
    """What was received for this invoice, in order."""
    return list(db.session.scalars(select(Payment).where(Payment.paper_id == paper.id).order_by(Payment.id)))
