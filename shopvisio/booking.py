"""A time reserved: services, hours, closures, appointments. The slot is re-checked under the write lock."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import ForeignKey, Index, func, or_, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from shopvisio import calendar, holds, settings
from shopvisio.accounts import Actor, Customer, Staff
from shopvisio.availability import DayHours, Hours, Rules, Slot, Span, free, who_fits
from shopvisio.cases import KINDS, Case, book_again, call_off, quiet, record
from shopvisio.db import Base, db, public_id
from shopvisio.errors import Conflict, Invalid, SlotTaken, WrongState
from shopvisio.i18n import _, when
from shopvisio.jobs import enqueue


class Service(Base):
    """What a customer may book; ``kind`` is the kind of case it opens. Lengths are minutes; ``notice`` (minutes) and
    ``horizon`` (days) are the shop's own when None; ``questions`` has one a line; ``price`` is words, not a sum."""

    __tablename__ = "service"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    minutes: Mapped[int]
    before: Mapped[int] = mapped_column(default=0)  # kept free before it, to prepare
    pause: Mapped[int] = mapped_column(default=0)  # kept free after it
    notice: Mapped[int | None]
    horizon: Mapped[int | None]
    price: Mapped[str] = mapped_column(default="")
    questions: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)

    people: Mapped[list[Staff]] = relationship(secondary="service_staff")  # none named: all who take its kind

    @property
    def rules(self) -> Rules:
        """Its length and what is kept free around it, as the calendar reckons."""
        length, pause, before = (timedelta(minutes=n) for n in (self.minutes, self.pause, self.before))
        return Rules(length, pause, before=before)

    @property
    def asked(self) -> list[str]:
        """Its own questions to the customer."""
        return [line.strip() for line in self.questions.splitlines() if line.strip()]

    def earliest(self, now: datetime) -> datetime:
        """The first start that may be booked at ``now``."""
        notice = settings.get("notice_minutes") if self.notice is None else self.notice
        return now + timedelta(minutes=notice)

    def latest(self, now: datetime) -> datetime:
        """The last start that may be booked at ``now``."""
        return now + timedelta(days=settings.get("horizon_days") if self.horizon is None else self.horizon)


class ServiceStaff(Base):
    """Who serves a service, where it names them."""

    __tablename__ = "service_staff"

    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)


class StaffHours(Base):
    """A weekly range of somebody's hours, in minutes after local midnight."""

    __tablename__ = "staff_hours"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    weekday: Mapped[int]
    opens: Mapped[int]
    closes: Mapped[int]


class Closure(Base):
    """A time when the whole shop is closed."""

    __tablename__ = "closure"

    id: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[datetime] = mapped_column(index=True)
    end: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")


class Appointment(Base):
    """A time reserved for a case with a colleague; ``since`` is its start with the time to prepare, ``until`` its end
    with the pause. ``visit`` counts from 1.

    ``revision`` is raised by each change after the booking, for calendars that hold it already.
    """

    __tablename__ = "appointment"
    __table_args__ = (  # all that free times need, led by nothing that SQLite would take for the visits of one case
        Index("ix_appointment_window", "start", "until", "since", "staff_id", "cancelled"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, default=public_id)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    since: Mapped[datetime]
    start: Mapped[datetime]
    end: Mapped[datetime]
    until: Mapped[datetime]
    visit: Mapped[int]
    cancelled: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime]

    case: Mapped[Case] = relationship()
    service: Mapped[Service] = relationship()
    staff: Mapped[Staff] = relationship()


@dataclass(frozen=True)
class ByStaff:
    """A visit that staff make for a customer, or a talk at once: who does it, the colleague who is wanted (else the
    less busy one), whether outside the hours is meant, and whether the customer is told by mail."""

    me: Actor
    colleague: Staff | None = None
    outside: bool = False
    tell: bool = True


REMINDERS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}  # how long before a visit the customer is reminded
AT_ONCE = timedelta(minutes=30)  # the longest wait that still is "now"
FURTHEST = timedelta(days=365)  # how far ahead staff book
LONGEST = timedelta(days=1)  # no appointment is longer: bounds the look back for those under way


def check_hours(hours: Sequence[Hours]) -> list[Hours]:
    """The ranges in order. Raises Invalid when one is empty or two overlap."""
    ordered = sorted(hours, key=lambda h: (h.weekday, h.opens))
    if any(not 0 <= h.opens < h.closes <= 1440 for h in ordered):
        raise Invalid(fields={"hours": _("L’heure de fin vient après l’heure de début.")})
    if any(a.weekday == b.weekday and b.opens < a.closes for a, b in pairwise(ordered)):
        raise Invalid(fields={"hours": _("Deux plages se chevauchent.")})
    return ordered


def set_hours(staff: Staff, hours: Sequence[Hours]) -> None:
    """Replace somebody's weekly hours. Raises Invalid when a range is empty or two overlap."""
    ordered = check_hours(hours)
    for row in db.session.scalars(select(StaffHours).where(StaffHours.staff_id == staff.id)):
        db.session.delete(row)
    db.session.add_all(
        StaffHours(staff_id=staff.id, weekday=h.weekday, opens=h.opens, closes=h.closes) for h in ordered
    )
    db.session.flush()


def hours_of(staff: Staff) -> list[Hours]:
    """Somebody's weekly hours, in order."""
    rows = select(StaffHours).where(StaffHours.staff_id == staff.id).order_by(StaffHours.weekday, StaffHours.opens)
    return [Hours(row.weekday, row.opens, row.closes) for row in db.session.scalars(rows)]


def close(first: date, last: date, reason: str) -> Closure:
    """Shut the shop from the morning of ``first`` to the night of ``last``, local days. Raises Invalid."""
    if last < first:
        raise Invalid(fields={"last": _("Le dernier jour vient après le premier.")})
    zone = settings.zone()
    start = datetime(first.year, first.month, first.day, tzinfo=zone)
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), zone)
    closure = Closure(start=start, end=end, reason=reason.strip())
    db.session.add(closure)
    db.session.flush()
    return closure


def closures(now: datetime) -> list[Closure]:
    """The closures that are not over, in order."""
    return list(db.session.scalars(select(Closure).where(Closure.end > now).order_by(Closure.start)))


def closures_in(window: Span) -> list[Closure]:
    """The closures that share any time with the window, in order."""
    shared = select(Closure).where(Closure.start < window.end, Closure.end > window.start)
    return list(db.session.scalars(shared.order_by(Closure.start)))


def during(closure: Closure) -> list[Appointment]:
    """The appointments that stand inside a closure: it moves nobody."""
    kept = select(Appointment).where(
        ~Appointment.cancelled, Appointment.start < closure.end, Appointment.end > closure.start
    )
    return list(db.session.scalars(kept.order_by(Appointment.start)))


def first_services() -> list[Service]:
    """What a new shop offers until it says otherwise: a repair and a sale visit."""
    made = [
        Service(
            kind="repair",
            name=_("Réparer en visio"),
            minutes=45,
            pause=15,
            summary=_("Un réparateur vous guide pas à pas."),
        ),
        Service(
            kind="sale",
            name=_("Acheter en visio"),
            minutes=30,
            pause=10,
            summary=_("Un vendeur vous montre les appareils et répond à vos questions."),
        ),
    ]
    db.session.add_all(made)
    db.session.flush()
    return made


def services(kind: str | None = None) -> list[Service]:
    """What may be booked now."""
    wanted = select(Service).where(Service.active).order_by(Service.id)
    return list(db.session.scalars(wanted.where(Service.kind == kind) if kind else wanted))


@dataclass(frozen=True)
class Reading:
    """What free times are reckoned from: hours and reserved time by staff id, and closures."""

    hours: Mapping[int, Sequence[Hours | DayHours]]
    closures: Sequence[Span]
    taken: Mapping[int, Sequence[Span]]


def reading(service: Service, first: date, days: int, now: datetime, moving: Appointment | None = None) -> Reading:
    """Everything that ``days`` local days from ``first`` need, read once: :func:`free_slots`, :func:`next_free` and
    :func:`soonest` may share it."""
    window, rules = local_days(first, days), service.rules
    wider = Span(max(window.start, now) - rules.before, window.end + AT_ONCE + rules.length + rules.pause)
    hours = _hours(service, first - timedelta(days=1), first + timedelta(days=days))
    return Reading(hours, _closures(wider), _taken(wider, now, moving))


def free_slots(
    service: Service,
    first: date,
    days: int,
    now: datetime,
    moving: Appointment | None = None,
    is_staff: bool = False,
    known: Reading | None = None,
) -> list[Slot]:
    """The free slots of ``days`` days from ``first`` in the shop's zone, notice and horizon obeyed unless staff ask.
    The time of the appointment that is to be moved counts as free, but is not offered."""
    zone = settings.zone()
    earliest, latest = service.earliest(now), service.latest(now)
    if is_staff:
        earliest, latest = now, now + FURTHEST
    read = known or reading(service, first, days, now, moving)
    found = free(read.hours, read.closures, read.taken, service.rules, first, days, zone, earliest, latest)
    return [slot for slot in found if moving is None or slot.start != moving.start]


def next_free(service: Service, now: datetime, known: Reading | None = None) -> Slot | None:
    """The first free slot, if there is one before the horizon. ``known`` is of the week from today."""
    today = now.astimezone(settings.zone()).date()
    for week in range(0, (service.latest(now) - now).days + 1, 7):
        slots = free_slots(service, today + timedelta(days=week), 7, now, known=None if week else known)
        if slots:
            return slots[0]
    return None


def soonest(
    service: Service, now: datetime, talking: Collection[int] = (), known: Reading | None = None
) -> Slot | None:
    """From when somebody could serve about now, without the usual notice: from the next whole minute, or once what is
    booked has had its time. Neither who is in a call (``talking``) nor who is away counts as free."""
    first = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    zone = settings.zone()
    read = known or reading(service, first.astimezone(zone).date(), 1, now)
    away = set(db.session.scalars(select(Staff.id).where(Staff.away > now))) | set(talking)
    hours = {staff: found for staff, found in read.hours.items() if staff not in away}
    ends = {span.end + service.rules.before for staff in hours for span in read.taken.get(staff, ())}
    for start in sorted({first, *(end for end in ends if first < end <= now + AT_ONCE)}):
        fitting = who_fits(hours, read.closures, read.taken, service.rules, start, zone)
        if fitting:
            return Slot(start, fitting)
    return None


def check_free(service: Service, start: datetime, now: datetime, moving: Appointment | None = None) -> int:
    """The colleague to book ``start`` with: the one of the appointment that is moved, if they can. Raises SlotTaken
    with the next free start, Invalid for a time that was never offered (past, too soon, too far)."""
    if start < service.earliest(now):
        raise SlotTaken(_("Cet horaire est passé ou trop proche."), _start(next_free(service, now)))
    if start > service.latest(now) + timedelta(hours=1):
        raise Invalid(_("Cet horaire est trop loin pour être réservé."))
    fitting = who_is_free(service, start, now, moving)
    if not fitting:
        slot = next_free(service, now)
        raise SlotTaken(_taken_text(slot), _start(slot))
    return fitting[0]


def who_is_free(
    service: Service, start: datetime, now: datetime, moving: Appointment | None = None, outside: bool = False
) -> list[int]:
    """The ids of the colleagues who could serve from ``start``, whose visit is moved first, then the less busy.
    ``outside``: hours and closures do not count, only what is booked."""
    window, zone = Span(start - LONGEST, start + LONGEST), settings.zone()
    day = start.astimezone(zone).date()
    hours, taken = _hours(service, day - timedelta(days=1), day), _taken(window, now, moving)
    if outside:
        wanted = service.rules.holds(start)
        fitting = [staff for staff in hours if not any(busy.meets(wanted) for busy in taken.get(staff, ()))]
    else:
        fitting = list(who_fits(hours, _closures(window), taken, service.rules, start, zone))
    held = moving.staff_id if moving else 0
    return sorted(fitting, key=lambda staff: (staff != held, len(taken.get(staff, ())), staff))


def is_outside(
    service: Service, start: datetime, colleague: Staff | None, now: datetime, moving: Appointment | None = None
) -> bool:
    """Whether the time is free, but outside the hours of the colleague, or of everybody."""

    def fits(outside: bool) -> bool:
        found = who_is_free(service, start, now, moving, outside)
        return bool(found) if colleague is None else colleague.id in found

    return not fits(outside=False) and fits(outside=True)


def check_by_staff(
    service: Service, start: datetime, by: ByStaff, now: datetime, moving: Appointment | None = None
) -> int:
    """The colleague for a time that staff choose. Raises SlotTaken, or Invalid (field ``outside``) when it is outside
    the hours and nobody said that it is meant."""
    if not now <= start <= now + FURTHEST:
        raise SlotTaken(_("Cet horaire est passé, ou trop loin."))
    if not by.outside and is_outside(service, start, by.colleague, now, moving):
        raise Invalid(fields={"outside": _("C’est en dehors des heures : cochez pour le confirmer.")})
    fitting = who_is_free(service, start, now, moving, by.outside)
    if by.colleague is not None:
        fitting = [staff for staff in fitting if staff == by.colleague.id]
    if not fitting:
        raise SlotTaken(
            _("{name} n’est pas libre à cette heure.", name=by.colleague.name)
            if by.colleague
            else _("Personne n’est libre à cette heure.")
        )
    return fitting[0]


def _taken_text(slot: Slot | None) -> str:
    if slot is None:
        return _("Cet horaire vient d’être pris, et il n’en reste pas d’autre pour l’instant.")
    return _("Cet horaire vient d’être pris. Le prochain libre : {when}.", when=when(slot.start))


def service_of(case: Case) -> Service:
    """What another visit of the case is: as its last, or another of its kind once that one is no longer offered. Raises
    WrongState when there is none."""
    last, offered = last_service(case), services(case.kind)
    if last is not None and last.active and last.kind == case.kind:
        return last
    if not offered:
        raise WrongState(_("Aucun horaire n’est proposé pour l’instant : appelez-nous."))
    return offered[0]


def _start(slot: Slot | None) -> datetime | None:
    return slot.start if slot else None


def book(case: Case, service: Service, start: datetime, now: datetime, by: ByStaff | None = None) -> Appointment:
    """Reserve ``start`` for the case, in the caller's write, by its customer or by staff. Raises SlotTaken, Invalid or
    WrongState."""
    if case.kind != service.kind:
        raise WrongState(_("Ce rendez-vous ne convient pas à ce dossier."))
    if upcoming(case, now) is not None:
        raise WrongState(_("Un rendez-vous est déjà pris pour ce dossier."))
    if by is None:
        _refuse_restless(case, now)
    staff_id = check_by_staff(service, start, by, now) if by else check_free(service, start, now)
    appointment = Appointment(
        key=public_id(),
        case=case,
        service=service,
        staff_id=staff_id,
        **_times(service, start),
        visit=len(appointments(case)) + 1,
        created=now,
    )
    db.session.add(appointment)
    book_again(case)
    db.session.flush()
    told = {"start": start.isoformat(), "visit": appointment.visit} | quiet(by is None or by.tell)
    record(case, "booked", by.me if by else case.customer.actor, now, **told)
    enqueue("confirmation", now, appointment=appointment.id, **quiet(by is None or by.tell))
    _plan(appointment, now)
    return appointment


def _times(service: Service, start: datetime) -> dict[str, datetime]:
    busy = service.rules.holds(start)
    return {"since": busy.start, "start": start, "end": start + service.rules.length, "until": busy.end}


def _plan(appointment: Appointment, now: datetime) -> None:
    """Its reminders, and the look at who came: each void once the appointment has another revision."""
    for ahead, length in REMINDERS.items():
        due = appointment.start - length
        if due > now:
            enqueue("reminder", due, appointment=appointment.id, revision=appointment.revision, ahead=ahead)
    enqueue("missed", appointment.end, appointment=appointment.id, revision=appointment.revision)


def still_holds(appointment: Appointment, revision: int) -> bool:
    """Whether what was planned for this revision of the appointment may be done."""
    return not appointment.cancelled and appointment.case.state == "booked" and appointment.revision == revision


def move(appointment: Appointment, start: datetime, actor: Actor, now: datetime, by: ByStaff | None = None) -> None:
    """Reserve another time instead, in the caller's write; staff may name another colleague. Raises SlotTaken,
    Invalid, or WrongState once it has begun (for staff: is over) or was called off; then nothing has moved."""
    service, before = appointment.service, appointment.staff_id
    if by is None:
        refuse_begun(appointment, now)
    else:
        refuse_over(appointment)
    if start == appointment.start and (by is None or by.colleague is None or by.colleague.id == before):
        return
    if by is None:
        _refuse_restless(appointment.case, now)
        appointment.staff_id = check_free(service, start, now, moving=appointment)
    else:
        appointment.staff_id = check_by_staff(service, start, by, now, moving=appointment)
    for name, at in _times(service, start).items():
        setattr(appointment, name, at)
    appointment.revision += 1
    db.session.flush()
    record(appointment.case, "moved", actor, now, start=start.isoformat(), visit=appointment.visit)
    tell = by is None or by.tell
    enqueue("moved", now, appointment=appointment.id, revision=appointment.revision, before=before, tell=tell)
    _plan(appointment, now)


def cancel(appointment: Appointment, now: datetime, by: ByStaff | None = None) -> None:
    """The customer calls the visit off, or staff do, in the caller's write. Raises WrongState once it has begun (for
    staff: is over)."""
    if by is None:
        refuse_begun(appointment, now)
    else:
        refuse_over(appointment)
    case = appointment.case
    _give_back(appointment, "staff" if by else "customer", now, tell=by is None or by.tell)
    call_off(case, appointment.visit == 1, now, "staff" if by else "customer")
    actor = by.me if by else case.customer.actor
    record(case, "cancelled", actor, now, start=appointment.start.isoformat(), visit=appointment.visit)


def refuse_begun(appointment: Appointment, now: datetime) -> None:
    """Raises WrongState when it is too late to move or cancel the appointment."""
    refuse_over(appointment)
    if now >= appointment.start:
        raise WrongState(_("Le rendez-vous a commencé : appelez-nous plutôt."))


def refuse_over(appointment: Appointment) -> None:
    """Raises WrongState when the appointment is no longer to come."""
    if appointment.cancelled or appointment.case.state != "booked":
        raise WrongState(_("Ce rendez-vous n’est plus à venir."))


def hand_over(appointment: Appointment, to: Staff, actor: Actor, now: datetime) -> None:
    """Another colleague takes the visit at its time, in the caller's write. Raises Conflict when they are not free,
    WrongState once it is over."""
    refuse_over(appointment)
    if to.id == appointment.staff_id:
        return
    if to.id not in who_is_free(appointment.service, appointment.start, now, appointment):
        raise Conflict(_("{name} n’est pas libre à cette heure.", name=to.name))
    appointment.staff = to
    db.session.flush()
    record(appointment.case, "handed_over", actor, now, to=to.name, visit=appointment.visit)
    enqueue("handed-over", now, appointment=appointment.id, staff=to.id)


def _give_back(appointment: Appointment, by: str, now: datetime, tell: bool = True) -> None:
    appointment.cancelled = True
    appointment.revision += 1
    db.session.flush()
    enqueue("cancelled", now, appointment=appointment.id, by=by, tell=tell)


CHANGES = 6  # of one case within a day
CAP = 3  # visits to come for one e-mail address or telephone number


def _refuse_restless(case: Case, now: datetime) -> None:
    """Raises Conflict after CHANGES of a case within a day: each one writes to two people."""
    since = now - timedelta(days=1)
    if sum(1 for entry in case.journal if entry.kind in ("moved", "booked") and entry.at > since) >= CHANGES:
        raise Conflict(_("Ce rendez-vous a déjà beaucoup changé aujourd’hui : appelez-nous plutôt."))


def check_cap(customer: Customer, now: datetime) -> None:
    """Raises Conflict when somebody with this address or number has enough visits to come."""
    theirs = Customer.phone == customer.phone
    if customer.email:
        theirs = or_(func.lower(Customer.email) == customer.email.lower(), theirs)
    coming = select(Case.state).join(Case.customer).join(Appointment, Appointment.case_id == Case.id)
    states = db.session.scalars(coming.where(~Appointment.cancelled, Appointment.start > now, theirs))
    if sum(state == "booked" for state in states) >= CAP:
        raise Conflict(
            _("Vous avez déjà {n} rendez-vous à venir. Gardez-en un de moins, ou appelez-nous pour un autre.", n=CAP)
        )


def find(key: str) -> Appointment | None:
    """The appointment with this key."""
    return db.session.scalar(select(Appointment).where(Appointment.key == key))


def appointments(case: Case) -> list[Appointment]:
    """Every appointment kept for the case, in order."""
    return list(
        db.session.scalars(
            select(Appointment)
            .where(Appointment.case_id == case.id, ~Appointment.cancelled)
            .order_by(Appointment.start)
        )
    )


def last_service(case: Case) -> Service | None:
    """What was last booked for the case, called off or not."""
    return db.session.scalar(
        select(Service)
        .join(Appointment, Appointment.service_id == Service.id)
        .where(Appointment.case_id == case.id)
        .order_by(Appointment.id.desc())
        .limit(1)
    )


def upcoming(case: Case, now: datetime) -> Appointment | None:
    """The appointment to come or under way (a call may outlast its end by far: whatever the time spent)."""
    kept = appointments(case)
    if case.state != "booked" or not kept:
        return None
    return kept[-1] if now < kept[-1].end + timedelta(hours=12) else None


WHOLE = {"minutes": (5, 480), "before": (0, 480), "pause": (0, 480), "notice": (0, 10080), "horizon": (1, 365)}
OPTIONAL = {"before": 0, "pause": 0, "notice": None, "horizon": None}  # what nothing typed means


def change_service(service: Service, typed: Mapping[str, str], people: Collection[Staff], active: bool) -> None:
    """Other terms, from what was typed for each; what is booked stays as it is. Raises Invalid."""
    wrong: dict[str, str] = {}
    if not typed["name"].strip():
        wrong["name"] = _("Indiquez un nom.")
    for field, (low, high) in WHOLE.items():
        text = typed.get(field, "").strip()
        if not text and field in OPTIONAL:
            setattr(service, field, OPTIONAL[field])
        elif text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high:
            setattr(service, field, int(text))
        else:
            wrong[field] = _("Un nombre entier, de {low} à {high}.", low=low, high=high)
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    service.name, service.active, service.people = typed["name"].strip(), active, list(people)
    for field in ("summary", "price", "questions"):
        setattr(service, field, typed.get(field, "").strip())
    db.session.flush()


def add_service(kind: str, name: str, minutes: str) -> Service:
    """One more thing to book, of a kind of case. Raises Invalid."""
    if kind not in KINDS:
        raise Invalid(fields={"kind": _("Choisissez dans la liste.")})
    service = Service(kind=kind)
    change_service(service, {"name": name, "minutes": minutes}, (), active=True)
    db.session.add(service)
    db.session.flush()
    return service


def takers(service: Service) -> list[Staff]:
    """The colleagues who take this kind of visit."""
    takes = Staff.takes_repairs if service.kind == "repair" else Staff.takes_sales
    return list(db.session.scalars(select(Staff).where(Staff.active, takes).order_by(Staff.name)))


def free_up(case: Case, by: str, now: datetime, tell: bool = True) -> None:
    """Give back the times the case still holds: nobody will come. ``by`` is staff or customer."""
    for appointment in appointments(case):
        if appointment.start > now:
            _give_back(appointment, by, now, tell)


def of_day(day: date) -> list[Appointment]:
    """The shop's appointments of a local day, in order."""
    return of_days(day, 1)


def of_days(first: date, days: int, staff: Staff | None = None) -> list[Appointment]:
    """The appointments of ``days`` local days from ``first``, of everybody or of one colleague, in order; their cases,
    customers and colleagues come with them."""
    window = local_days(first, days)
    kept = select(Appointment).where(
        ~Appointment.cancelled, Appointment.start >= window.start, Appointment.start < window.end
    )
    if staff is not None:
        kept = kept.where(Appointment.staff_id == staff.id)
    whole = (joinedload(Appointment.staff), joinedload(Appointment.case).joinedload(Case.customer))
    return list(db.session.scalars(kept.options(*whole).order_by(Appointment.start, Appointment.staff_id)))


HANDED = timedelta(hours=1)  # how far off a visit is that its new colleague has to be told of at once


def near(staff: Staff, now: datetime) -> list[Appointment]:
    """Somebody's visits that begin about now."""
    theirs = select(Appointment).where(~Appointment.cancelled, Appointment.staff_id == staff.id)
    about = theirs.where(Appointment.start > now - HANDED, Appointment.start < now + HANDED)
    return list(db.session.scalars(about.order_by(Appointment.start)))


def handed_by(appointment: Appointment) -> str:
    """Who handed the visit to its colleague; nobody (then empty) when it was theirs from the beginning."""
    told = [entry for entry in appointment.case.journal if entry.kind == "handed_over"]
    return told[-1].name if told and told[-1].told["visit"] == appointment.visit else ""


def starts(window: Span) -> list[datetime]:
    """When the visits of the window begin."""
    kept = select(Appointment.start).where(
        ~Appointment.cancelled, Appointment.start >= window.start, Appointment.start < window.end
    )
    return list(db.session.scalars(kept))


def local_days(first: date, days: int) -> Span:
    """From the first midnight of ``first`` to the one ``days`` local days later."""
    zone = settings.zone()
    after = first + timedelta(days=days)
    return Span(
        datetime(first.year, first.month, first.day, tzinfo=zone),
        datetime(after.year, after.month, after.day, tzinfo=zone),
    )


def kept_and_cancelled(since: datetime, staff: Staff | None = None) -> list[Appointment]:
    """Every visit from ``since`` on, those called off too, of everybody or of one colleague: for their calendars."""
    found = select(Appointment).where(Appointment.start >= since)
    if staff is not None:
        found = found.where(Appointment.staff_id == staff.id)
    whole = (joinedload(Appointment.staff), joinedload(Appointment.case))
    return list(db.session.scalars(found.options(*whole).order_by(Appointment.start, Appointment.id)))


def last_visits(found: Collection[Case]) -> dict[int, Appointment]:
    """The last appointment kept for each of these cases, by the case's id."""
    kept = select(Appointment).where(~Appointment.cancelled, Appointment.case_id.in_([case.id for case in found]))
    return {visit.case_id: visit for visit in db.session.scalars(kept.order_by(Appointment.start))}


def _hours(service: Service, first: date, last: date) -> Mapping[int, Sequence[Hours | DayHours]]:
    """By staff id, the weeks of those who serve it, and their special days from ``first`` to ``last``."""
    serves = Staff.takes_repairs if service.kind == "repair" else Staff.takes_sales
    every = db.session.scalars(select(Staff.id).where(Staff.active, serves))
    named = {person.id for person in service.people}
    return hours_during([staff for staff in every if not named or staff in named], first, last)


def hours_during(staff: Collection[int], first: date, last: date) -> Mapping[int, Sequence[Hours | DayHours]]:
    """By id of these colleagues, their week, and their special days from ``first`` to ``last``."""
    found: dict[int, list[Hours | DayHours]] = {person: [] for person in staff}
    rows = select(StaffHours.staff_id, StaffHours.weekday, StaffHours.opens, StaffHours.closes)
    for person, weekday, opens, closes in db.session.execute(rows.where(StaffHours.staff_id.in_(list(found)))):
        found[person].append(Hours(weekday, opens, closes))
    special = calendar.special(found, first, last)
    return {person: [*hours, *special.get(person, ())] for person, hours in found.items()}


def _closures(window: Span) -> list[Span]:
    return [Span(closure.start, closure.end) for closure in closures_in(window)]


def _taken(window: Span, now: datetime, moving: Appointment | None = None) -> Mapping[int, Sequence[Span]]:
    """Reserved and held time by staff id that meets the window: it costs the same, however many rows there are."""
    rows = select(Appointment.staff_id, Appointment.since, Appointment.until).where(
        Appointment.id != (moving.id if moving else 0),
        ~Appointment.cancelled,
        Appointment.start > window.start - LONGEST,
        Appointment.start < window.end + LONGEST,
        Appointment.until > window.start,
        Appointment.since < window.end,
    )
    found: dict[int, list[Span]] = defaultdict(list)
    for staff, since, until in db.session.execute(rows):
        found[staff].append(Span(since, until))
    for staff, span in holds.taken(window, now):
        found[staff].append(span)
    return found
