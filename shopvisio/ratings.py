"""What a customer thought of it: one to five, once for a case, theirs to change; for the shop's eyes alone."""

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from shopvisio.cases import REPAIR_OUTCOMES, SALE_OUTCOMES, Case, record
from shopvisio.db import Base, db
from shopvisio.errors import Invalid, WrongState
from shopvisio.i18n import _, lazy

STARS = {
    1: lazy("Très déçu"),
    2: lazy("Déçu"),
    3: lazy("Correct"),
    4: lazy("Content"),
    5: lazy("Très content"),
}
LONGEST = 1000  # signs of words


class Rating(Base):
    """One case's. ``at`` is when it was given or last changed; ``words`` may be empty."""

    __tablename__ = "rating"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), unique=True)
    stars: Mapped[int]
    words: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(index=True)

    case: Mapped[Case] = relationship()


def of(case: Case) -> Rating | None:
    """The case's rating."""
    return db.session.scalar(select(Rating).where(Rating.case_id == case.id))


def may_rate(case: Case) -> bool:
    """Whether there is something to rate: a visit that was concluded, whatever its end."""
    return case.state == "closed" and case.outcome in (*REPAIR_OUTCOMES, *SALE_OUTCOMES)


def rate(case: Case, stars: int, words: str | None, now: datetime) -> Rating:
    """Give the rating, or change it; words that are None leave those already written. Raises Invalid or WrongState."""
    if not may_rate(case):
        raise WrongState(_("Ce n’est plus possible : le dossier a changé entre-temps."), case.state, "closed")
    if stars not in STARS:
        raise Invalid(_("Choisissez une note de 1 à 5."), {"stars": _("Choisissez une note de 1 à 5.")})
    rating = of(case)
    said = (words if words is not None else rating.words if rating else "").strip()[:LONGEST]
    if rating is not None and (rating.stars, rating.words) == (stars, said):
        return rating
    if rating is None:
        rating = Rating(case_id=case.id)
        db.session.add(rating)
    rating.stars, rating.words, rating.at = stars, said, now
    record(case, "rated", case.customer.actor, now, stars=stars, words=said)
    return rating


def latest(limit: int) -> list[Rating]:
    """The last ratings, the newest first."""
    newest = select(Rating).order_by(Rating.at.desc(), Rating.id.desc()).limit(limit)
    return list(db.session.scalars(newest.options(joinedload(Rating.case).joinedload(Case.customer))))
