"""Stills: full-size pictures taken during a visit and sent beside the call. Marks are drawn upon them.

One that a seller takes for the list of what to show (``SHOTS``) says which of it, and of what product.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import calls
from shopvisio.accounts import Actor
from shopvisio.booking import Appointment
from shopvisio.calls import Call
from shopvisio.cases import SETTLES, Case, record
from shopvisio.catalogue import Product
from shopvisio.db import Base, db
from shopvisio.errors import Conflict, Invalid, NotFound
from shopvisio.i18n import _, lazy
from shopvisio.jobs import enqueue

SIDE = 4096  # pixels of the longer side as it is kept
MOST = 60  # of one visit
LATEST = 100  # of a case, shown to who comes into a call
LATE = timedelta(days=1)  # after a call, for what was taken in it: as long as a browser keeps it (outbox.js)
SHOTS = {
    "front": lazy("Face"),
    "back": lazy("Dos"),
    "label": lazy("Étiquette"),
    "defect": lazy("Défaut"),
    "ruler": lazy("À côté d’une règle"),
}
_ONCE = re.compile(r"[0-9A-Za-z-]{8,64}")


class Still(Base):
    """One picture, kept under ``file`` in the uploads folder with a small copy beside it. ``once`` is the sender's own
    word for this sending: sent twice is kept once. ``shot`` is a word of SHOTS, empty for any other picture, and then
    ``product_id`` what was on the customer's screen."""

    __tablename__ = "still"
    __table_args__ = (UniqueConstraint("file"), UniqueConstraint("appointment_id", "once"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str]  # staff or customer
    name: Mapped[str]
    file: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    once: Mapped[str]
    shot: Mapped[str] = mapped_column(default="")
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))

    appointment: Mapped[Appointment] = relationship()
    product: Mapped[Product | None] = relationship()

    @property
    def shows(self) -> str:
        """``Étiquette, Chemise Lin``; empty for a picture that is not of the list."""
        return ", ".join([str(SHOTS[self.shot]), *([self.product.name] if self.product else [])]) if self.shot else ""


@dataclass(frozen=True)
class Shot:
    """What a still is to show: a word of SHOTS, and the product on the screen; neither where it is any picture."""

    name: str = ""
    product_id: int | None = None


def may_add(appointment: Appointment, actor: Actor, once: str, now: datetime) -> Still | None:
    """Whether a still of this visit may come in, asked before it is looked at; the one that this sending made already.
    What was on its way when the call ended may still arrive, whatever has become of the case.

    Raises Invalid for a ``once`` that is no such word, NotFound when nobody ever came to the visit, Conflict when
    there are enough, and what :func:`calls.may_join` raises.
    """
    if not _ONCE.fullmatch(once):
        raise Invalid
    call = calls.find(appointment)
    if call is None:
        raise NotFound
    if not _may_be_late(appointment, call, now):
        calls.may_join(actor, appointment, call, now)
    sent = select(Still).where(Still.appointment_id == appointment.id, Still.once == once)
    already = db.session.scalar(sent)
    if already is None and _number(appointment) >= MOST:
        raise Conflict(_("Ce rendez-vous a déjà {n} photos, c’est le maximum.", n=MOST))
    return already


def add(
    appointment: Appointment,
    actor: Actor,
    once: str,
    file: str,
    width: int,
    height: int,
    now: datetime,
    shot: Shot = Shot(),
) -> tuple[Still, bool]:
    """Keep a cleaned picture with the case; whether it is new (else ``file`` is not needed). Raises as
    :func:`may_add`."""
    already = may_add(appointment, actor, once, now)
    if already is not None:
        return already, False
    still = Still(
        case_id=appointment.case_id,
        appointment=appointment,
        at=now,
        actor=actor.kind,
        name=actor.name,
        file=file,
        width=width,
        height=height,
        once=once,
        shot=shot.name if shot.name in SHOTS and actor.kind == "staff" else "",
    )
    if still.shot and shot.product_id is not None and db.session.get(Product, shot.product_id) is not None:
        still.product_id = shot.product_id
    db.session.add(still)
    db.session.flush()
    record(appointment.case, "still", actor, now, still=still.id)
    call = calls.find(appointment)
    if call is not None and calls.is_over(appointment, call) and appointment.case.is_repair:
        enqueue("report", now + SETTLES, case=appointment.case_id)  # drawn when the call ended, without it
    return still, True


def of_case(case: Case) -> list[Still]:
    """The latest of a case, in order."""
    newest = select(Still).where(Still.case_id == case.id).order_by(Still.id.desc()).limit(LATEST)
    return list(db.session.scalars(newest))[::-1]


def find(case: Case, still_id: int) -> Still:
    """A still of this case. Raises NotFound."""
    still = db.session.get(Still, still_id)
    if still is None or still.case_id != case.id:
        raise NotFound
    return still


def _may_be_late(appointment: Appointment, call: Call, now: datetime) -> bool:
    """Whether the call is over, and what somebody took in it may still arrive."""
    has_been = bool(call.customer_came or call.staff_came)
    return has_been and calls.is_over(appointment, call) and now < (call.ended or appointment.end) + LATE


def _number(appointment: Appointment) -> int:
    return db.session.scalar(select(func.count(Still.id)).where(Still.appointment_id == appointment.id)) or 0
