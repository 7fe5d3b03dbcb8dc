"""A call to practise in: staff, and a pretend customer in another window or on a telephone.

It is a sale at no hour of any calendar: no agenda, free time, code or figure counts it, nobody is written to, nothing
is sold. Its case is none of the shop's (``cases.find`` does not know it), and everything of it goes when it is over.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, Table, delete, select, text

from shopvisio import catalogue, money, pictures, recordings
from shopvisio.accounts import Customer, Staff
from shopvisio.booking import Appointment, Service
from shopvisio.cases import PRACTICE, Case
from shopvisio.catalogue import Product, Variant
from shopvisio.db import Base, db, public_id
from shopvisio.i18n import _, lazy
from shopvisio.stills import Still

NO_HOUR = datetime(1970, 1, 1, tzinfo=UTC)
LASTS = timedelta(hours=2)
SAMPLES = (  # for a catalogue that is still empty: name, summary, what varies, and label, price, stock of each variant
    (
        lazy("Exemple : chemise en lin"),
        lazy("Coupe droite, lavable à 40 °C"),
        lazy("Taille / Couleur"),
        ((lazy("38 / Écru"), "59,90", 1), (lazy("40 / Noir"), "64,90", 4), (lazy("42 / Noir"), "64,90", 0)),
    ),
    (lazy("Exemple : lampe de bureau"), lazy("Bras articulé, 7 W"), "", (("", "89", None),)),
    (lazy("Exemple : théière en fonte"), lazy("0,8 L, filtre compris"), "", (("", "42,50", 2),)),
)


def begin(me: Staff, now: datetime) -> Appointment:
    """A call that begins now, in the caller's write; the one that is going on already."""
    going = of(me, now)
    if going is not None:
        return going
    customer = Customer(name=_("Client d’exercice"), email="", phone="", created=now)
    key = public_id()
    case = Case(key=key, number=key, kind=PRACTICE, state="booked", customer=customer, fee=0, created=now)
    service = db.session.scalars(select(Service).order_by(Service.kind != "sale", Service.id)).first()
    assert service is not None  # every shop has one of each kind from its first day
    visit = Appointment(
        case=case,
        service=service,
        staff=me,
        since=NO_HOUR,
        start=NO_HOUR,
        end=now + LASTS,
        until=NO_HOUR,
        visit=1,
        created=now,
    )
    db.session.add(visit)
    _lay_out(now)
    db.session.flush()
    return visit


def of(me: Staff, now: datetime) -> Appointment | None:
    """What this colleague practises in now."""
    theirs = _all().where(Appointment.staff_id == me.id, Appointment.end > now)
    return db.session.scalars(theirs.order_by(Appointment.id.desc())).first()


def behind(key: str) -> Case | None:
    """The case of a practice call."""
    return db.session.scalar(select(Case).where(Case.key == key, Case.kind == PRACTICE))


def forget(visit: Appointment) -> list[str]:
    """Nothing of it is left, in the caller's write; answers the files to delete after the commit."""
    case_id, customer_id = visit.case_id, visit.case.customer_id
    photos = list(db.session.scalars(select(Still.file).where(Still.case_id == case_id)))
    films = recordings.erase(visit.case)
    db.session.flush()
    db.session.execute(text("PRAGMA defer_foreign_keys=ON"))  # the base wants a story to go after its case
    _take_away(Case.__table__, [case_id])  # type: ignore[arg-type]
    db.session.execute(delete(Customer).where(Customer.id == customer_id))
    db.session.expire_all()
    if db.session.scalars(_all()).first() is None:
        for sample in _samples():
            catalogue.set_aside(sample, True)
    return [*photos, *(pictures.small(file) for file in photos), *films]


def forget_old(now: datetime) -> list[str]:
    """Those that nobody ended, likewise."""
    old = db.session.scalars(_all().where(Appointment.end <= now)).all()
    return [file for visit in old for file in forget(visit)]


def _all() -> Select[Appointment]:
    return select(Appointment).join(Appointment.case).where(Case.kind == PRACTICE)


def _take_away(table: Table, ids: Collection[int]) -> None:
    """These rows, and then whatever names them."""
    (name,) = table.primary_key
    naming = [
        (other, list(db.session.scalars(select(*other.primary_key).where(key.parent.in_(ids)))))
        for other in Base.metadata.sorted_tables
        for key in other.foreign_keys
        if key.column.table is table and other is not table
    ]
    db.session.execute(table.delete().where(name.in_(ids)))
    for other, found in naming:
        if found:
            _take_away(other, found)


def _lay_out(now: datetime) -> None:
    """Where the shop has no product yet there are samples, for as long as somebody practises."""
    if db.session.scalar(select(Product.id).where(Product.active, Product.origin != PRACTICE).limit(1)) is not None:
        return
    samples = _samples()
    for name, summary, options, variants in SAMPLES if not samples else ():
        made = Product(name=str(name), summary=str(summary), options=str(options), origin=PRACTICE, created=now)
        for place, (label, price, stock) in enumerate(variants):
            made.every_variant.append(Variant(place=place, label=str(label), price=money.cents(price), stock=stock))
        db.session.add(made)
    for sample in samples:
        catalogue.set_aside(sample, False)


def _samples() -> list[Product]:
    return list(db.session.scalars(select(Product).where(Product.origin == PRACTICE)))
