"""A time kept for a quarter of an hour for somebody who has still to confirm from their mail."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio.availability import Span
from shopvisio.db import Base, db
from shopvisio.errors import Conflict
from shopvisio.i18n import _

LENGTH = timedelta(minutes=15)
OF_NETWORK, IN_ALL = 3, 12  # holds at one moment: the calendar is never taken by those who confirm nothing
LETTERS = 3  # asked of one mail address within a day: nobody's mailbox is filled from here
KEPT = timedelta(days=1)


class Hold(Base):
    """The time of one draft, taken until ``expires``; ``letters`` is how many mails asked ``email`` to confirm."""

    __tablename__ = "hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"), unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]
    expires: Mapped[datetime] = mapped_column(index=True)
    network: Mapped[str]
    email: Mapped[str] = mapped_column(index=True)
    letters: Mapped[int] = mapped_column(default=0)
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"))


def taken(window: Span, now: datetime) -> Iterator[tuple[int, Span]]:
    """The times held at ``now`` that touch the window, each with its colleague's id."""
    rows = select(Hold.staff_id, Hold.since, Hold.until).where(Hold.expires > now)
    for staff, since, until in db.session.execute(rows):
        if since < window.end and until > window.start:
            yield staff, Span(since, until)


def of(draft_id: int) -> Hold | None:
    """What is, or was, held for the draft."""
    return db.session.scalar(select(Hold).where(Hold.draft_id == draft_id))


def keep(draft_id: int, staff_id: int, busy: Span, network: str, email: str, now: datetime) -> Hold:
    """Hold a time that was found free, in the caller's write, instead of the one held before for the same draft.
    Raises Conflict when too much is held already."""
    _check_room(draft_id, network, email, now)
    hold = of(draft_id) or Hold(draft_id=draft_id, letters=0)
    hold.staff_id, hold.since, hold.until = staff_id, busy.start, busy.end
    hold.network, hold.email, hold.expires = network, email.lower(), now + LENGTH
    hold.letters += 1
    db.session.add(hold)
    db.session.flush()
    return hold


def release(draft_id: int, now: datetime) -> None:
    """The time is booked, or not wanted any more."""
    hold = of(draft_id)
    if hold is not None:
        hold.expires = min(hold.expires, now)
        db.session.flush()


def _check_room(draft_id: int, network: str, email: str, now: datetime) -> None:
    alive = select(func.count()).select_from(Hold).where(Hold.expires > now, Hold.draft_id != draft_id)
    of_network = db.session.scalar(alive.where(Hold.network == network)) if network else 0
    letters = select(func.sum(Hold.letters)).where(Hold.email == email.lower(), Hold.expires > now - KEPT)
    if (of_network or 0) >= OF_NETWORK or (db.session.scalar(alive) or 0) >= IN_ALL:
        raise Conflict(
            _("Trop d’horaires attendent d’être confirmés. Réessayez dans un quart d’heure, ou appelez-nous.")
        )
    if (db.session.scalar(letters) or 0) >= LETTERS:
        raise Conflict(_("Nous vous avons déjà écrit plusieurs fois à cette adresse. Regardez-y, ou appelez-nous."))


def purge(now: datetime) -> None:
    """Forget the holds of yesterday."""
    db.session.execute(delete(Hold).where(Hold.expires < now - KEPT))
