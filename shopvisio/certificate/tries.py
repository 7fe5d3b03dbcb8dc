"""The orders that were made, kept so that a restart forgets none: an authority counts them too."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio.db import Base, db

MOST_KEPT = 40


class CertificateTry(Base):
    """One order of a certificate for ``name``. ``code`` is empty where it came, else why not: a word of the authority's
    (RFC 8555, 6.7), "unreachable" or "unusable"; ``words`` is what was said."""

    __tablename__ = "certificate_try"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    name: Mapped[str]
    code: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")


def note(name: str, code: str, words: str, now: datetime) -> None:
    """Keep what came of an order; beyond MOST_KEPT the oldest are forgotten."""
    db.session.add(CertificateTry(at=now, name=name, code=code, words=words))
    db.session.flush()
    for old in db.session.scalars(select(CertificateTry).order_by(CertificateTry.id.desc()).offset(MOST_KEPT)):
        db.session.delete(old)


def latest() -> list[CertificateTry]:
    """The orders, the latest first."""
    return list(db.session.scalars(select(CertificateTry).order_by(CertificateTry.id.desc()).limit(MOST_KEPT)))
