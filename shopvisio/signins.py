"""Sign-ins: each is a row, so that it can be listed, and ended wherever its cookie has gone.

The cookie holds a token, the row only its digest: who reads the base cannot come in with it.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio.accounts import Staff
from shopvisio.db import Base, db

LASTS = timedelta(days=30)  # without being used
SEEN_EVERY = timedelta(hours=1)  # how exactly the row knows when it was used


class SignIn(Base):
    """Somebody who came in on a device. It ends with its row, and when the colleague's ``epoch`` goes on."""

    __tablename__ = "signin"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)
    digest: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the token
    epoch: Mapped[int]
    device: Mapped[str]  # as its browser calls itself: "Firefox, Windows"
    network: Mapped[str]  # where from, as web.guard tells it; empty for the shop's own
    began: Mapped[datetime]
    seen: Mapped[datetime]


def begin(staff: Staff, device: str, network: str, now: datetime) -> str:
    """A new sign-in; answers the token for its cookie."""
    token = secrets.token_urlsafe(32)
    made = SignIn(staff_id=staff.id, digest=_digest(token), epoch=staff.epoch, device=device, network=network)
    made.began = made.seen = now
    db.session.add(made)
    db.session.flush()
    return token


def behind(token: str, now: datetime) -> SignIn | None:
    """The sign-in of this cookie, unless it was ended, lay unused for too long, or its colleague is gone."""
    found = db.session.scalar(select(SignIn).where(SignIn.digest == _digest(token)))
    return found if found and _stands(found, now) else None


def _stands(signin: SignIn, now: datetime) -> bool:
    return signin.staff.active and signin.epoch == signin.staff.epoch and now - signin.seen < LASTS


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def of(staff: Staff, now: datetime) -> list[SignIn]:
    """A colleague's sign-ins that stand, the latest used first."""
    found = db.session.scalars(select(SignIn).where(SignIn.staff_id == staff.id).order_by(SignIn.seen.desc()))
    return [signin for signin in found if _stands(signin, now)]


def knows(email: str, network: str, now: datetime) -> bool:
    """Whether the colleague with this address is signed in from there already."""
    found = db.session.scalars(select(SignIn).join(Staff).where(Staff.email == email.strip().lower()))
    return any(signin.network == network and _stands(signin, now) for signin in found)


def end(signin: SignIn) -> None:
    """Its cookie opens nothing any more."""
    db.session.delete(signin)
    db.session.flush()


def end_all(staff: Staff, but: SignIn | None = None) -> None:
    """End every sign-in of a colleague, but one."""
    db.session.execute(delete(SignIn).where(SignIn.staff_id == staff.id, SignIn.id != (but.id if but else 0)))


def purge(now: datetime) -> None:
    """Forget the rows of those that ended by themselves."""
    for signin in db.session.scalars(select(SignIn)).all():
        if not _stands(signin, now):
            db.session.delete(signin)
    db.session.flush()
