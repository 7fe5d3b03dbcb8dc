"""Invitations: a colleague to come gets a link and chooses their own password behind it, once."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import accounts
from shopvisio.accounts import Staff
from shopvisio.db import Base, db, public_id
from shopvisio.errors import NotFound

VALID = timedelta(days=7)


class Invitation(Base):
    """Who is asked in, as what. The row goes once it is accepted or withdrawn: then its link opens nothing."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, default=lambda: public_id(20))
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    takes_repairs: Mapped[bool]
    takes_sales: Mapped[bool]
    by: Mapped[str]
    until: Mapped[datetime]


def invite(
    name: str, email: str, role: str, by: Staff, now: datetime, takes_repairs: bool = False, takes_sales: bool = False
) -> Invitation:
    """Ask somebody in; an invitation to the same address before this one is worth nothing any more.

    Raises Invalid, or Conflict when the address is already a colleague's.
    """
    name, email = accounts.check_colleague(name, email, role)
    earlier = db.session.scalar(select(Invitation).where(Invitation.email == email))
    if earlier:
        withdraw(earlier)
    made = Invitation(name=name, email=email, role=role, takes_repairs=takes_repairs, takes_sales=takes_sales)
    made.by, made.until = by.name, now + VALID
    db.session.add(made)
    db.session.flush()
    return made


def find(key: str, now: datetime) -> Invitation | None:
    """The invitation with this key, unless it was accepted, withdrawn, or its time is over."""
    return db.session.scalar(select(Invitation).where(Invitation.key == key, Invitation.until > now))


def waiting(now: datetime) -> list[Invitation]:
    """Those that nobody has accepted yet, the latest first."""
    return list(db.session.scalars(select(Invitation).where(Invitation.until > now).order_by(Invitation.id.desc())))


def accept(key: str, password: str, now: datetime) -> Staff:
    """A colleague more. Raises NotFound once the invitation is gone, Invalid for the password."""
    found = find(key, now)
    if found is None:
        raise NotFound
    staff = accounts.add_staff(
        found.name, found.email, password, found.role, now, found.takes_repairs, found.takes_sales
    )
    withdraw(found)
    return staff


def withdraw(invitation: Invitation) -> None:
    """Its link opens nothing any more."""
    db.session.delete(invitation)
    db.session.flush()


def purge(now: datetime) -> None:
    """Forget those whose time is over."""
    for invitation in db.session.scalars(select(Invitation).where(Invitation.until <= now)).all():
        withdraw(invitation)
