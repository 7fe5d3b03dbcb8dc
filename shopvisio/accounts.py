"""People: staff with a role and a password, customers without; and what each may do."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import hub
from shopvisio.db import Base, db, public_id
from shopvisio.errors import Conflict, Forbidden, Invalid
from shopvisio.i18n import _, lazy

ROLES = {
    "owner": lazy("Propriétaire"),
    "seller": lazy("Vendeur"),
    "repairer": lazy("Réparateur"),
    "accountant": lazy("Comptable"),
}
MAY = {
    "owner": {
        "desk", "cases", "calls", "outcomes", "papers", "payments", "products", "guides", "figures", "settings",
        "staff", "account",
    },
    "seller": {"desk", "cases", "calls", "outcomes", "papers", "payments", "products", "account"},
    "repairer": {"desk", "cases", "calls", "outcomes", "papers", "payments", "guides", "account"},
    "accountant": {"papers", "account"},
}
PASSWORD_LENGTH = 10

_hasher = PasswordHasher()  # argon2id with the library's parameters, meant to take about 50 ms


@dataclass(frozen=True)
class Actor:
    """Who acts: ``kind`` is staff, customer or appliance; ``name`` is what the journal prints."""

    kind: str
    name: str = ""
    id: int | None = None


APPLIANCE = Actor("appliance")


class Staff(Base):
    """Somebody who works here. ``takes_…`` says whose calendar serves which visits."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, default=public_id)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str]  # argon2id
    role: Mapped[str]
    takes_repairs: Mapped[bool] = mapped_column(default=False)
    takes_sales: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    epoch: Mapped[int] = mapped_column(default=0)  # raised to end every sign-in
    second: Mapped[str] = mapped_column(default="")  # the secret of their telephone's codes; empty: password alone
    second_used: Mapped[int] = mapped_column(default=0)  # the half minute whose code came in last: it counts once
    feed: Mapped[str] = mapped_column(default="")  # what their calendar's link names; empty until they want one
    away: Mapped[datetime | None]  # until when nobody is put through to them at once
    created: Mapped[datetime]

    @property
    def actor(self) -> Actor:
        """This person as one who acts."""
        return Actor("staff", self.name, self.id)

    @property
    def is_owner(self) -> bool:
        """Whether the shop is theirs."""
        return self.role == "owner"


class Customer(Base):
    """Whom a case is for. The address is asked only when a part is to be sent or a paper needs it."""

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(index=True)
    phone: Mapped[str]
    language: Mapped[str] = mapped_column(default="fr")
    zone: Mapped[str] = mapped_column(default="")  # where their clock is, when it differs from the shop's
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    created: Mapped[datetime]

    @property
    def actor(self) -> Actor:
        """This person as one who acts."""
        return Actor("customer", self.name, self.id)


def is_claimed() -> bool:
    """Whether the appliance has had an owner; ending their account does not reopen it."""
    return db.session.scalar(select(func.count()).select_from(Staff).where(Staff.role == "owner")) != 0


def check_claim(name: str, email: str, password: str) -> None:
    """Refuse what :func:`add_staff` would refuse. Raises Invalid with the fields at fault."""
    wrong = _wrong_name(name, email)
    if len(password) < PASSWORD_LENGTH:
        wrong["password"] = _("Au moins {n} signes : une phrase convient très bien.", n=PASSWORD_LENGTH)
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)


def _wrong_name(name: str, email: str) -> dict[str, str]:
    wrong = {}
    if not name.strip():
        wrong["name"] = _("Indiquez un nom.")
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        wrong["email"] = _("Cette adresse e-mail n’est pas complète.")
    return wrong


def check_colleague(name: str, email: str, role: str) -> tuple[str, str]:
    """Name and address as they are kept. Raises Invalid, or Conflict when the address is already somebody's."""
    wrong = _wrong_name(name, email)
    if role not in ROLES:
        wrong["role"] = _("Choisissez dans la liste.")
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    email = email.strip().lower()
    if db.session.scalar(select(Staff.id).where(Staff.email == email)):
        raise Conflict(_("Cette adresse est déjà celle d’un collègue."))
    return name.strip(), email


def add_staff(
    name: str,
    email: str,
    password: str,
    role: str,
    now: datetime,
    takes_repairs: bool = False,
    takes_sales: bool = False,
) -> Staff:
    """A new colleague. Raises Invalid, or Conflict when the address is already somebody's."""
    check_claim(name, email, password)
    name, email = check_colleague(name, email, role)
    staff = Staff(
        name=name,
        email=email,
        password=_hasher.hash(password),
        role=role,
        created=now,
        takes_repairs=takes_repairs,
        takes_sales=takes_sales,
    )
    db.session.add(staff)
    db.session.flush()
    return staff


def everybody() -> list[Staff]:
    """The colleagues by name, those who left last."""
    return list(db.session.scalars(select(Staff).order_by(Staff.active.desc(), Staff.name)))


def find(key: str) -> Staff | None:
    """The colleague with this key."""
    return db.session.scalar(select(Staff).where(Staff.key == key))


def by_email(email: str) -> Staff | None:
    """The colleague with this address."""
    return db.session.scalar(select(Staff).where(Staff.email == email.strip().lower()))


def renew_feed(staff: Staff) -> None:
    """A new link for their calendar; the one before, if there was one, opens nothing any more."""
    staff.feed = public_id(20)
    db.session.flush()


def behind_feed(key: str) -> Staff | None:
    """The colleague whose calendar's link names ``key``, while they work here and see the desk."""
    found = db.session.scalar(select(Staff).where(Staff.feed == key, Staff.feed != ""))
    return found if may(found, "desk") else None


def change(staff: Staff, role: str, takes_repairs: bool, takes_sales: bool, active: bool) -> None:
    """Another role, other visits, or the end of their access. Raises Invalid, Conflict for the last owner."""
    if role not in ROLES:
        raise Invalid(_("Choisissez dans la liste."), {"role": _("Choisissez dans la liste.")})
    others = select(func.count()).select_from(Staff)
    others = others.where(Staff.role == "owner", Staff.active, Staff.id != staff.id)
    if staff.is_owner and not (active and role == "owner") and not db.session.scalar(others):
        raise Conflict(_("La boutique garde toujours un propriétaire : nommez-en un autre d’abord."))
    if staff.active and not active:
        staff.epoch += 1
    staff.role, staff.active = role, active
    staff.takes_repairs, staff.takes_sales = takes_repairs, takes_sales
    db.session.flush()


def set_password(staff: Staff, password: str) -> None:
    """A new password, which ends every sign-in made with the old one. Raises Invalid when it is too short."""
    check_claim(staff.name, staff.email, password)
    staff.password = _hasher.hash(password)
    staff.epoch += 1
    db.session.flush()


def reset_owner(email: str, password: str) -> Staff:
    """A new password for the owner with this address, or for the first: from the machine itself. Raises Conflict when
    there is no such owner."""
    owners = select(Staff).where(Staff.role == "owner").order_by(Staff.active.desc(), Staff.id)
    found = db.session.scalar(owners.where(Staff.email == email.strip().lower()) if email else owners)
    if found is None:
        raise Conflict(_("Aucun propriétaire n’a cette adresse."))
    found.active = True
    set_password(found, password)
    return found


MATCHES = 12  # customers shown for what was typed


def customers_like(words: str) -> list[Customer]:
    """The customers whose name, address or number holds every word, the newest first, each person once."""
    found = select(Customer).order_by(Customer.id.desc()).limit(10 * MATCHES)
    digits = "".join(sign for sign in words if sign.isdigit())
    if digits and not any(sign.isalpha() or sign == "@" for sign in words):
        found = found.where(Customer.phone.contains(digits.removeprefix("0"), autoescape=True))
    else:
        for word in words.split():
            places = (Customer.name, Customer.email)
            found = found.where(or_(*(place.icontains(word, autoescape=True) for place in places)))
    once = {(one.name.lower(), one.email.lower(), one.phone): one for one in reversed(list(db.session.scalars(found)))}
    return list(reversed(once.values()))[:MATCHES] if words.strip() else []


def sign_in(email: str, password: str) -> Staff:
    """The colleague with this address and password; raises Forbidden, as slowly for an unknown address."""
    staff = db.session.scalar(select(Staff).where(Staff.email == email.strip().lower(), Staff.active))
    fits = hub.in_thread(_fits, staff.password if staff else None, password)
    if staff is None or not fits:
        raise Forbidden(_("L’adresse ou le mot de passe ne correspond pas."))
    return staff


def is_theirs(staff: Staff, password: str) -> bool:
    """Whether this is the colleague's password."""
    return hub.in_thread(_fits, staff.password, password)


@cache
def _nobody() -> str:
    """What an unknown name is checked against, to take as long."""
    return _hasher.hash("nobody")


def _fits(stored: str | None, password: str) -> bool:
    nobody = _nobody()  # known and unknown names take as long, the first time too
    try:
        return _hasher.verify(stored or nobody, password)
    except (VerificationError, InvalidHashError):
        return False


def may(staff: Staff | None, act: str) -> bool:
    """Whether this colleague's role allows ``act`` (a word of MAY)."""
    return staff is not None and staff.active and act in MAY[staff.role]
