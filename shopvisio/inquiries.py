"""Words left when nobody is there to talk: who, where to answer, what about; then answered by hand, or not yet."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import settings
from shopvisio.accounts import Actor
from shopvisio.db import Base, db, public_id
from shopvisio.errors import Conflict, Invalid
from shopvisio.i18n import _
from shopvisio.jobs import enqueue

LONGEST = {"name": 120, "contact": 200, "words": 3000}
PHOTOS = 4
OF_NETWORK, WAITING = 5, 200  # left within a day by one network; unanswered in all
KEPT = timedelta(days=90)  # once answered


class Inquiry(Base):
    """One message. ``contact`` is a telephone number (E.164) or an e-mail address; ``answered_by`` a name."""

    __tablename__ = "inquiry"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, default=public_id)
    at: Mapped[datetime]
    name: Mapped[str]
    contact: Mapped[str]
    words: Mapped[str]
    network: Mapped[str] = mapped_column(default="", index=True)
    answered: Mapped[datetime | None] = mapped_column(index=True)
    answered_by: Mapped[str] = mapped_column(default="")

    photos: Mapped[list["InquiryPhoto"]] = relationship(order_by="InquiryPhoto.id", cascade="all, delete-orphan")

    @property
    def is_mail(self) -> bool:
        """Whether the answer goes by mail (else by telephone)."""
        return "@" in self.contact


class InquiryPhoto(Base):
    """A cleaned picture sent with it."""

    __tablename__ = "inquiry_photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    inquiry_id: Mapped[int] = mapped_column(ForeignKey("inquiry.id"), index=True)
    file: Mapped[str]


def leave(key: str, typed: Mapping[str, str], network: str, now: datetime) -> Inquiry:
    """Keep the words, and have the shop told, in the caller's write. ``key`` is the page's own: sent twice, it is kept
    once. Raises Invalid by field, Conflict when too many were left."""
    known = find(key)
    if known is not None:
        return known
    given = check(typed)
    today = select(func.count()).select_from(Inquiry).where(Inquiry.network == network, Inquiry.at > now - timedelta(1))
    waiting = select(func.count()).select_from(Inquiry).where(Inquiry.answered.is_(None))
    of_network = db.session.scalar(today) if network else 0
    if (of_network or 0) >= OF_NETWORK or (db.session.scalar(waiting) or 0) >= WAITING:
        raise Conflict(_("Trop de messages attendent déjà une réponse : appelez-nous plutôt."))
    inquiry = Inquiry(key=key, at=now, network=network, **given)
    db.session.add(inquiry)
    db.session.flush()
    enqueue("inquiry", now, inquiry=inquiry.id)
    return inquiry


def check(typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed, ready to keep. Raises Invalid naming each field that cannot be used."""
    given = {name: typed.get(name, "").strip() for name in LONGEST}
    given["name"] = " ".join(given["name"].split())  # a line: it heads a mail
    wrong = {
        name: _("C’est trop long : {n} signes au plus.", n=most)
        for name, most in LONGEST.items()
        if len(given[name]) > most
    }
    if not given["name"]:
        wrong["name"] = _("Indiquez votre nom.")
    if not given["words"]:
        wrong["words"] = _("Écrivez quelques mots.")
    if "contact" not in wrong:
        try:
            given["contact"] = _contact(given["contact"])
        except ValueError:
            wrong["contact"] = _("Un numéro de téléphone ou une adresse e-mail, en entier.")
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    return given


def _contact(typed: str) -> str:
    if not typed:
        raise ValueError
    if "@" not in typed:
        return settings.phone(typed)
    try:
        return validate_email(typed, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError from None


def find(key: str) -> Inquiry | None:
    """The message with this key."""
    return db.session.scalar(select(Inquiry).where(Inquiry.key == key))


def add_photo(inquiry: Inquiry, file: str) -> None:
    """Keep a cleaned photo with it. Raises Conflict when there are enough."""
    if len(inquiry.photos) >= PHOTOS or inquiry.answered is not None:
        raise Conflict(_("{n} photos suffisent.", n=PHOTOS))
    inquiry.photos.append(InquiryPhoto(file=file))
    db.session.flush()


def count_waiting() -> int:
    """How many wait for an answer."""
    return db.session.scalar(select(func.count()).select_from(Inquiry).where(Inquiry.answered.is_(None))) or 0


def latest(limit: int = 200) -> list[Inquiry]:
    """Those that wait first, the oldest of them on top; then those answered, the newest first."""
    waiting = select(Inquiry).where(Inquiry.answered.is_(None)).order_by(Inquiry.id)
    answered = select(Inquiry).where(Inquiry.answered.is_not(None)).order_by(Inquiry.answered.desc()).limit(limit)
    return [*db.session.scalars(waiting), *db.session.scalars(answered)]


def mark(inquiry: Inquiry, is_answered: bool, by: Actor, now: datetime) -> None:
    """Answered by hand, or after all not."""
    inquiry.answered, inquiry.answered_by = (now, by.name) if is_answered else (None, "")
    db.session.flush()


def purge(now: datetime) -> list[str]:
    """Forget what was answered long ago; answers the photo files to delete after the commit."""
    old = select(Inquiry.id).where(Inquiry.answered < now - KEPT)
    files = list(db.session.scalars(select(InquiryPhoto.file).where(InquiryPhoto.inquiry_id.in_(old))))
    db.session.execute(delete(InquiryPhoto).where(InquiryPhoto.inquiry_id.in_(old)))
    db.session.execute(delete(Inquiry).where(Inquiry.answered < now - KEPT))
    return files
