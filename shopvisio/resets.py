"""A password that was forgotten: its colleague gets a link and chooses another behind it, once, within a few hours.

Nobody else ever knows it. The second step stays: who finds the link alone does not come in where there is one.
"""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import accounts
from shopvisio.accounts import Staff
from shopvisio.db import Base, db, public_id
from shopvisio.errors import Conflict, NotFound
from shopvisio.i18n import _

VALID = timedelta(hours=6)


class Reset(Base):
    """A link that chooses another password. The row goes once it was used or withdrawn: then it opens nothing; nor does
    it once the colleague's ``epoch`` goes on, for they have another password by then, or left."""

    __tablename__ = "reset"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, default=lambda: public_id(20))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), unique=True)
    epoch: Mapped[int]
    by: Mapped[str]
    until: Mapped[datetime]

    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)


def offer(staff: Staff, by: Staff, now: datetime) -> Reset:
    """A link for this colleague; one before it is worth nothing any more. Raises Conflict for who left."""
    if not staff.active:
        raise Conflict(_("Cette personne n’a plus accès : rouvrez-le d’abord."))
    withdraw(staff)
    made = Reset(staff_id=staff.id, epoch=staff.epoch, by=by.name, until=now + VALID)
    db.session.add(made)
    db.session.flush()
    return made


def find(key: str, now: datetime) -> Reset | None:
    """The link with this key, unless it was used, withdrawn, overtaken, or its hours are over."""
    found = db.session.scalar(select(Reset).where(Reset.key == key, Reset.until > now))
    return found if found and _stands(found) else None


def of(staff: Staff, now: datetime) -> Reset | None:
    """The link that waits for this colleague."""
    found = db.session.scalar(select(Reset).where(Reset.staff_id == staff.id, Reset.until > now))
    return found if found and _stands(found) else None


def _stands(reset: Reset) -> bool:
    return reset.staff.active and reset.staff.epoch == reset.epoch


def use(key: str, password: str, now: datetime) -> Staff:
    """The colleague has another password, and every sign-in of theirs has ended. Raises NotFound once the link is gone,
    Invalid for the password."""
    found = find(key, now)
    if found is None:
        raise NotFound
    staff = found.staff
    accounts.set_password(staff, password)
    withdraw(staff)
    return staff


def withdraw(staff: Staff) -> None:
    """The link of this colleague, if there is one, opens nothing any more."""
    db.session.execute(delete(Reset).where(Reset.staff_id == staff.id))


def purge(now: datetime) -> None:
    """Forget those whose hours are over."""
    db.session.execute(delete(Reset).where(Reset.until <= now))
