"""The first days of a shop: the steps that make it whole, which are done, and which were left for later."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio.db import Base, db
from shopvisio.i18n import lazy
from shopvisio.settings import Text

STEPS: Mapping[str, Text] = {
    "language": lazy("La langue"),
    "shop": lazy("La boutique"),
    "papers": lazy("Vos factures"),
    "name": lazy("L’adresse publique"),
    "media": lazy("L’appel depuis l’extérieur"),
    "mail": lazy("Les e-mails"),
    "hours": lazy("Vos horaires et vos rendez-vous"),
    "price": lazy("Le tarif et la TVA"),
    "look": lazy("Le logo et la couleur"),
    "recovery": lazy("La clé de secours"),
}
OPEN, LATER, DONE = "open", "later", "done"


class SetupStep(Base):
    """One step. A shop from before the wizard has no rows: nothing is asked of it."""

    __tablename__ = "setup_step"

    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]  # open, later or done
    at: Mapped[datetime]


def begin(now: datetime) -> None:
    """A shop was claimed: every step is open."""
    db.session.add_all(SetupStep(name=name, state=OPEN, at=now) for name in STEPS)
    db.session.flush()


def mark(name: str, state: str, now: datetime) -> None:
    """A step is done, or left for later; one that is done stays so."""
    step = db.session.get(SetupStep, name)
    if step is not None and step.state != DONE:
        step.state, step.at = state, now
        db.session.flush()


def states() -> dict[str, str]:
    """The steps in their order with their state; empty for a shop from before the wizard."""
    kept = {step.name: step.state for step in db.session.scalars(select(SetupStep))}
    return {name: kept.get(name, OPEN) for name in STEPS} if kept else {}


def next_open() -> str | None:
    """The first step that nobody has looked at."""
    return next((name for name, state in states().items() if state == OPEN), None)


def left() -> list[str]:
    """What is still to be done, in order: the checklist on the desk."""
    return [name for name, state in states().items() if state != DONE]
