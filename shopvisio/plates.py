"""The rating plate of a device: which picture shows it, and what staff have read on it."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import stills
from shopvisio.accounts import Actor
from shopvisio.cases import Case, record
from shopvisio.db import Base, db
from shopvisio.errors import Invalid, NotFound
from shopvisio.i18n import _

LONGEST = 80  # signs of each word


class Plate(Base):
    """The plate of a case's device. Its picture is a photo of the intake, a still of a call, or none."""

    __tablename__ = "plate"

    case_id: Mapped[int] = mapped_column(
        ForeignKey("case.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    serial: Mapped[str] = mapped_column(default="")
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id", ondelete="SET NULL"))
    still_id: Mapped[int | None] = mapped_column(ForeignKey("still.id", ondelete="SET NULL"))


def of(case: Case) -> Plate | None:
    """The plate, once staff have read it."""
    return db.session.get(Plate, case.id)


def pictures(case: Case) -> list[str]:
    """The names of the case's pictures, ``photo-<id>`` and ``still-<id>``: the plate first, else in order of time. The
    intake asks for the plate before all others."""
    names = [f"photo-{photo.id}" for photo in case.photos] + [f"still-{still.id}" for still in stills.of_case(case)]
    shown = shown_by(case)
    return sorted(names, key=lambda name: name != shown)


def shown_by(case: Case) -> str:
    """The name of the picture that shows the plate; empty while nobody said which."""
    plate = of(case)
    if plate is None:
        return ""
    return f"photo-{plate.photo_id}" if plate.photo_id else f"still-{plate.still_id}" if plate.still_id else ""


def read(case: Case, brand: str, model: str, serial: str, picture: str, actor: Actor, now: datetime) -> None:
    """Staff have read the plate; ``picture`` is a name of :func:`pictures` or empty. Raises Invalid, NotFound."""
    words = {"brand": brand.strip(), "model": model.strip(), "serial": serial.strip()}
    long = {name: _("{n} signes au plus.", n=LONGEST) for name, word in words.items() if len(word) > LONGEST}
    if long:
        raise Invalid(_("Quelques réponses sont à corriger."), long)
    if picture and picture not in pictures(case):
        raise NotFound
    kind, _dash, number = picture.partition("-")
    plate = of(case)
    if plate is None:
        plate = Plate(case_id=case.id)
        db.session.add(plate)
    plate.serial = words["serial"]
    plate.photo_id = int(number) if kind == "photo" else None
    plate.still_id = int(number) if kind == "still" else None
    case.brand, case.model = words["brand"], words["model"]
    record(case, "plate_read", actor, now, **words)
