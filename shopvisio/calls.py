"""The live session of an appointment: planned, waiting, live, ended; who may come in; what was said."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import settings
from shopvisio.accounts import APPLIANCE, Actor
from shopvisio.booking import Appointment
from shopvisio.cases import Case, is_early, is_turned, quiet, record
from shopvisio.catalogue import Product
from shopvisio.db import Base, db, public_id
from shopvisio.errors import Conflict, Forbidden, Invalid, WrongState
from shopvisio.i18n import _, time
from shopvisio.jobs import enqueue

LONGEST_MESSAGE = 2000
LONGEST_NAME = 40  # of a guest
MOST_MESSAGES = 2000  # of a call
LATEST = 200  # messages that somebody who comes in is shown
LATE = (5, 10, 15)  # minutes that are one tap away
NEAR = timedelta(hours=2)


class Call(Base):
    """One per appointment, made when somebody first comes. ``…_came`` is their first arrival; ``late`` is how many
    minutes after its time staff said they will be there. ``guest`` is the key in the link of a third person (a
    relative, a colleague), empty while nobody is invited; ``guest_name`` who came by it last."""

    __tablename__ = "call"

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), unique=True)
    state: Mapped[str] = mapped_column(default="planned")
    customer_came: Mapped[datetime | None]
    staff_came: Mapped[datetime | None]
    started: Mapped[datetime | None]
    ended: Mapped[datetime | None]
    late: Mapped[int] = mapped_column(default=0)
    guest: Mapped[str] = mapped_column(default="")
    guest_name: Mapped[str] = mapped_column(default="")
    codes: Mapped[int] = mapped_column(default=0)  # to dictate: how many are spent

    appointment: Mapped[Appointment] = relationship()
    messages: Mapped[list["Message"]] = relationship(order_by="Message.id")


class Message(Base):
    """Something said in writing, or a product shown (then ``product_id`` is set)."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str]  # staff, customer or guest
    name: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))

    product: Mapped[Product | None] = relationship()


def of(appointment: Appointment) -> Call:
    """The appointment's call, made if it is not there yet (inside a write)."""
    call = find(appointment)
    if call is None:
        call = Call(appointment=appointment, state="planned")
        db.session.add(call)
        db.session.flush()
    return call


def find(appointment: Appointment) -> Call | None:
    """The appointment's call, if anybody ever came."""
    return db.session.scalar(select(Call).where(Call.appointment_id == appointment.id))


def of_all(found: Collection[Appointment]) -> dict[int, Call]:
    """The calls of these appointments that anybody ever came to, by the appointment's id."""
    theirs = select(Call).where(Call.appointment_id.in_([appointment.id for appointment in found]))
    return {call.appointment_id: call for call in db.session.scalars(theirs)}


def opens(appointment: Appointment) -> datetime:
    """From when the customer may wait inside."""
    return appointment.start - timedelta(minutes=settings.get("early_minutes"))


def may_join(actor: Actor, appointment: Appointment, call: Call | None, now: datetime) -> None:
    """Whoever may come in passes; others get Forbidden, or WrongState with the reason.

    The customer's right is their case's link, the staff's their role: both are checked at the edge. A guest's is the
    invitation, as long as it stands.
    """
    if actor.kind not in ("staff", "customer", "guest"):
        raise Forbidden
    if actor.kind == "guest" and not (call and call.guest):
        raise Forbidden(_("Cette invitation n’est plus valable."))
    if is_over(appointment, call):
        raise WrongState(_("Cet appel est terminé."))
    if actor.kind == "customer" and now < opens(appointment):
        raise WrongState(_("La salle d’attente ouvre à {time}.", time=time(opens(appointment))))
    if actor.kind == "customer" and must_ask(appointment.case, now):
        raise WrongState(_("Avant l’appel, votre accord : il vous est demandé sur la page de votre dossier."))


def must_ask(case: Case, now: datetime) -> bool:
    """Whether the customer is to ask first that the repair begin. Of a sale that became one they are asked during its
    call."""
    return is_early(case, now) and not is_turned(case)


def is_over(appointment: Appointment, call: Call | None) -> bool:
    """Whether nobody may come in any more: it has ended, or will not take place."""
    is_off = bool(appointment.cancelled) or appointment.case.state != "booked"
    return is_off or (call is not None and call.state == "ended")


def arrive(appointment: Appointment, actor: Actor, now: datetime) -> Call:
    """Somebody comes in, or comes back. Raises as :func:`may_join`."""
    call = of(appointment)
    may_join(actor, appointment, call, now)
    if actor.kind == "customer" and call.customer_came is None:
        call.customer_came = now
        record(appointment.case, "customer_came", actor, now)
    if actor.kind == "staff" and call.staff_came is None:
        call.staff_came = now
    if actor.kind == "guest" and call.guest_name != actor.name:
        call.guest_name = actor.name
        record(appointment.case, "guest_came", actor, now, visit=appointment.visit)
    if call.customer_came and call.staff_came and call.started is None:
        call.started = now
        record(appointment.case, "call_started", actor, now, visit=appointment.visit)
    call.state = "live" if call.started else "waiting" if call.customer_came else "planned"
    db.session.flush()
    return call


def invite(appointment: Appointment, actor: Actor, now: datetime) -> Call:
    """Staff ask a third person in; the call then holds the key of their link, the same until it is withdrawn."""
    if actor.kind != "staff":
        raise Forbidden
    call = of(appointment)
    may_join(actor, appointment, call, now)
    call.guest = call.guest or public_id(16)
    db.session.flush()
    return call


def uninvite(call: Call, actor: Actor) -> None:
    """Staff withdraw the invitation: its link opens nothing any more."""
    if actor.kind != "staff":
        raise Forbidden
    call.guest = call.guest_name = ""
    db.session.flush()


def invited(key: str) -> Call | None:
    """The call that the key of a third person's link is for, while the invitation stands."""
    return db.session.scalar(select(Call).where(Call.guest == key)) if key else None


def guest(name: str) -> Actor:
    """A third person who says their first name. Raises Invalid without one."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise Invalid(_("Indiquez votre prénom."), {"name": _("Indiquez votre prénom.")})
    return Actor("guest", name)


def start_over(appointment: Appointment) -> None:
    """The appointment moves: who had come early has not come to its new time. Raises WrongState once it is live."""
    call = find(appointment)
    if call is None:
        return
    if call.started is not None:
        raise WrongState(_("L’appel a déjà commencé."))
    call.state, call.customer_came, call.staff_came, call.late = "planned", None, None, 0
    db.session.flush()


def note_missed(appointment: Appointment, now: datetime) -> str:
    """Who never came to a visit that is over, by who actually joined: ``customer``, ``staff``, ``both``, or nobody
    (then empty). Told in the case's story, once for each time it was to begin."""
    call = find(appointment)
    customer, staff = (call.customer_came, call.staff_came) if call else (None, None)
    who = {(True, True): "both", (True, False): "customer", (False, True): "staff"}.get((not customer, not staff), "")
    facts = {"visit": appointment.visit, "start": appointment.start.isoformat()}
    told = (entry.told for entry in appointment.case.journal if entry.kind == "missed")
    if who and all(facts != {name: one.get(name) for name in facts} for one in told):
        record(appointment.case, "missed", APPLIANCE, now, who=who, **facts)
    return who


def run_late(appointment: Appointment, minutes: int, actor: Actor, now: datetime, tell: bool = True) -> None:
    """Staff say that they will be ``minutes`` late, or with 0 that they have caught up. The customer reads it on their
    page; ``tell``: also in a mail, if they are not there yet. Raises Invalid, or WrongState once the call has begun."""
    if minutes not in (0, *LATE):
        raise Invalid(_("Choisissez dans la liste."))
    call = of(appointment)
    if call.started is not None or appointment.cancelled or appointment.case.state != "booked":
        raise WrongState(_("L’appel a déjà commencé."))
    if call.late == minutes:
        return
    call.late = minutes
    record(appointment.case, "late" if minutes else "caught_up", actor, now, minutes=minutes, **quiet(tell))
    if tell:
        enqueue("late", now, appointment=appointment.id, minutes=minutes)


def awaited(today: Sequence[Appointment], now: datetime) -> list[tuple[Appointment, int]]:
    """The visits of today that are near and not begun, each with the minutes announced: those one may be late for."""
    near = [a for a in today if a.start < now + NEAR and now < a.until and a.case.state == "booked"]
    known = of_all(near)
    found = [(appointment, known.get(appointment.id)) for appointment in near]
    return [(appointment, call.late if call else 0) for appointment, call in found if not (call and call.started)]


def end(call: Call, actor: Actor, now: datetime) -> None:
    """Staff end it; ending twice is ending once."""
    if call.state == "ended":
        return
    call.state, call.ended = "ended", now
    minutes = round((now - call.started).total_seconds() / 60) if call.started else 0
    case = call.appointment.case
    record(case, "call_ended", actor, now, visit=call.appointment.visit, minutes=minutes)
    if case.kind == "sale":
        enqueue("recap", now, case=case.id)


def say(call: Call, actor: Actor, text: str, now: datetime) -> Message:
    """A line of chat, kept with the call. Raises Invalid when it is empty or too long."""
    text = text.strip()
    if not text or len(text) > LONGEST_MESSAGE:
        raise Invalid(_("Un message a de 1 à {n} signes.", n=LONGEST_MESSAGE))
    if (db.session.scalar(select(func.count(Message.id)).where(Message.call_id == call.id)) or 0) >= MOST_MESSAGES:
        raise Conflict(_("Cet échange est déjà très long : parlez plutôt de vive voix."))
    message = Message(at=now, actor=actor.kind, name=actor.name, text=text)
    call.messages.append(message)
    db.session.flush()
    return message


def latest(call: Call) -> list[Message]:
    """The last things said in the call, in order."""
    newest = select(Message).where(Message.call_id == call.id).order_by(Message.id.desc()).limit(LATEST)
    return list(db.session.scalars(newest))[::-1]


def show(call: Call, actor: Actor, product: Product, now: datetime) -> Message:
    """Staff put a product on the customer's screen."""
    if actor.kind != "staff":
        raise Forbidden
    message = Message(at=now, actor=actor.kind, name=actor.name, product=product)
    call.messages.append(message)
    record(call.appointment.case, "product_shown", actor, now, product=product.name)
    return message
