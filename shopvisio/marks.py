"""Marks: what people draw on the stills of a case, and which still lies open between them.

Nothing is ever drawn into a picture, and no row is ever changed: a mark that is taken away, or put back, is one more
row. Places are fractions of the picture's width and height, so that they hold however large it is shown.
"""

import json
import math
import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import drawing
from shopvisio.accounts import Actor
from shopvisio.booking import Appointment
from shopvisio.cases import record
from shopvisio.db import Base, db
from shopvisio.drawing import COLOURS, Point, Shape
from shopvisio.errors import Conflict, Forbidden, Invalid, NotFound
from shopvisio.i18n import _, lazy
from shopvisio.stills import Still

KINDS = {"arrow": (2, 2), "circle": (2, 2), "line": (2, 300), "text": (1, 1), "number": (1, 1), "stamp": (1, 1)}
STAMPS = {
    "unscrew": lazy("Dévisser"),
    "hands_off": lazy("Ne pas toucher"),
    "push": lazy("Appuyer ici"),
    "cut": lazy("Couper"),
    "danger": lazy("Danger"),
}
LONGEST_TEXT = 40
SHORTEST = 0.004  # of the picture, from end to end: less is a slip of the finger
MOST = 100  # of one still, at one time
MOST_ROWS = 1000  # of one still, those taken away included
_ONCE = re.compile(r"[0-9A-Za-z-]{8,64}")
_NAMES = {
    "arrow": lazy("Flèche {n}, posée par {name}"),
    "circle": lazy("Cercle {n}, tracé par {name}"),
    "line": lazy("Trait {n}, tracé par {name}"),
    "text": lazy("« {text} », écrit par {name}"),
    "number": lazy("Numéro {n}, posé par {name}"),
    "stamp": lazy("« {text} », posé par {name}"),
}


class Mark(Base):
    """One mark as it was drawn. ``kind`` is a word of KINDS, ``colour`` of COLOURS, ``points`` JSON; ``text`` is what a
    text says, or the word of STAMPS. ``once`` is the drawer's own name for it: sent twice is kept once."""

    __tablename__ = "mark"
    __table_args__ = (UniqueConstraint("still_id", "once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    still_id: Mapped[int] = mapped_column(ForeignKey("still.id", ondelete="CASCADE"), index=True)
    once: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]  # staff, customer or guest
    name: Mapped[str]
    kind: Mapped[str]
    colour: Mapped[str]
    points: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    number: Mapped[int] = mapped_column(default=0)  # of a numbered one

    still: Mapped[Still] = relationship()

    @property
    def places(self) -> list[Point]:
        """Its points, each (x, y)."""
        return [(x, y) for x, y in json.loads(self.points)]

    @property
    def label(self) -> str:
        """The words that stand beside it, in the reader's language."""
        return str(STAMPS[self.text]) if self.kind == "stamp" else self.text


class Erasure(Base):
    """A mark is erased (``gone``), or put back."""

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(primary_key=True)
    mark_id: Mapped[int] = mapped_column(ForeignKey("mark.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    name: Mapped[str]
    gone: Mapped[bool]


class Board(Base):
    """Which still lies open between the people of a visit; none while they look at the moving pictures."""

    __tablename__ = "board"

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), unique=True)
    still_id: Mapped[int | None] = mapped_column(ForeignKey("still.id", ondelete="SET NULL"))

    still: Mapped[Still | None] = relationship()


def add(still: Still, actor: Actor, once: str, kind: str, colour: str, points: Any, text: str, now: datetime) -> Mark:
    """Draw a mark on a still; who may is asked at the edge. One sent twice is kept once.

    Raises Invalid for what is no mark, Conflict when there are enough.
    """
    if not _ONCE.fullmatch(once) or kind not in KINDS or colour not in COLOURS:
        raise Invalid
    places, words = read_points(kind, points), read_text(kind, text)
    already = db.session.scalar(select(Mark).where(Mark.still_id == still.id, Mark.once == once))
    if already is not None:
        return already
    standing = of(still)
    if len(standing) >= MOST or _rows(still) >= MOST_ROWS:
        raise Conflict(_("Cette photo porte déjà beaucoup de dessins. Effacez-en, ou prenez-en une autre."))
    number = max((mark.number for mark in standing), default=0) + 1 if kind == "number" else 0
    mark = Mark(
        still=still,
        once=once,
        at=now,
        actor=actor.kind,
        name=actor.name,
        kind=kind,
        colour=colour,
        points=json.dumps(places),
        text=words,
        number=number,
    )
    if not _drew_before(still, actor):
        record(still.appointment.case, "marked", actor, now, on=still.id)
    db.session.add(mark)
    db.session.flush()
    return mark


def erase(still: Still, actor: Actor, names: Collection[str], gone: bool, now: datetime) -> list[str]:
    """Erase marks of a still, or put them back; ``names`` are what their drawers called them. Returns those that
    changed: who did the same a moment before leaves nothing to do.

    Staff may erase every mark, others their own. Raises Forbidden; Conflict when too many would stand, or were drawn.
    """
    theirs = select(Mark).where(Mark.still_id == still.id, Mark.once.in_(names)).order_by(Mark.id)
    found = list(db.session.scalars(theirs))
    if not all(may_erase(mark, actor) for mark in found):
        raise Forbidden(_("Seule la boutique peut effacer le dessin d’un autre."))
    standing = {mark.id for mark in of(still)}
    changed = [mark for mark in found if (mark.id in standing) == gone]
    if _rows(still) + len(changed) > MOST_ROWS or (not gone and len(standing) + len(changed) > MOST):
        raise Conflict(_("Cette photo porte déjà beaucoup de dessins. Effacez-en, ou prenez-en une autre."))
    for mark in changed:
        db.session.add(Erasure(mark_id=mark.id, at=now, actor=actor.kind, name=actor.name, gone=gone))
    db.session.flush()
    return [mark.once for mark in changed]


def may_erase(mark: Mark, actor: Actor) -> bool:
    """Whether this person may erase a mark and put it back."""
    return actor.kind == "staff" or (mark.actor == actor.kind and mark.name == actor.name)


def of(still: Still) -> list[Mark]:
    """The marks that stand on a still, in the order they were drawn."""
    latest = (
        select(func.max(Erasure.id))
        .join(Mark, Mark.id == Erasure.mark_id)
        .where(Mark.still_id == still.id)
        .group_by(Mark.id)
    )
    gone = select(Erasure.mark_id).where(Erasure.id.in_(latest), Erasure.gone)
    standing = select(Mark).where(Mark.still_id == still.id, Mark.id.not_in(gone)).order_by(Mark.id)
    return list(db.session.scalars(standing))


def words(standing: Sequence[Mark]) -> list[str]:
    """Each in words, in the reader's language: ``Flèche 2, posée par Karim``."""
    counts: dict[str, int] = {}
    told = []
    for mark in standing:
        counts[mark.kind] = counts.get(mark.kind, 0) + 1
        name = mark.name.split(" ")[0] if mark.actor == "staff" else mark.name
        told.append(str(_NAMES[mark.kind]).format(n=mark.number or counts[mark.kind], name=name, text=mark.label))
    return told


def svg(still: Still, picture: str = "") -> str:
    """A still with its marks as one document of SVG, the marks in words as its title. ``picture`` is the address of the
    picture beneath, or a ``data:`` one for papers; without it only the marks are drawn, on a transparent ground."""
    standing = of(still)
    return drawing.svg(shapes(standing), still.width, still.height, picture, ". ".join(words(standing)))


def shapes(standing: Iterable[Mark]) -> list[Shape]:
    """What marks look like."""
    return [
        Shape(
            mark.kind,
            mark.colour,
            mark.places,
            mark.actor,
            mark.label,
            mark.number,
            mark.text if mark.kind == "stamp" else "",
        )
        for mark in standing
    ]


def lay(appointment: Appointment, still: Still | None) -> None:
    """Lay a still of the case between the people of a visit, or take it away. Raises NotFound for another case's."""
    if still is not None and still.case_id != appointment.case_id:
        raise NotFound
    board = db.session.scalar(select(Board).where(Board.appointment_id == appointment.id))
    if board is None:
        board = Board(appointment_id=appointment.id)
        db.session.add(board)
    board.still_id = still.id if still else None
    db.session.flush()


def laid(appointment: Appointment) -> Still | None:
    """The still that lies open in a visit."""
    board = db.session.scalar(select(Board).where(Board.appointment_id == appointment.id))
    return board.still if board else None


def lies_open(appointment: Appointment, still: Still) -> bool:
    """Whether this still lies open in a visit: then a third person sees it, too."""
    opened = laid(appointment)
    return opened is not None and opened.id == still.id


def read_points(kind: str, points: Any) -> list[Point]:
    """The places of a mark, to a ten-thousandth. Raises Invalid for what is none, lies outside the picture, or has no
    length where it needs one."""
    least, most = KINDS[kind]
    if not isinstance(points, list) or not least <= len(points) <= most:
        raise Invalid
    places = [read_point(point) for point in points]
    if least > 1 and max(math.dist(places[0], place) for place in places) < SHORTEST:
        raise Invalid
    return places


def read_point(point: Any) -> Point:
    """A place on a picture. Raises Invalid."""
    if not isinstance(point, list) or len(point) != 2:
        raise Invalid
    if not all(isinstance(part, int | float) and not isinstance(part, bool) and 0 <= part <= 1 for part in point):
        raise Invalid  # what is not finite fails here, too
    return round(point[0], 4), round(point[1], 4)


def read_text(kind: str, text: str) -> str:
    """What a mark says. Raises Invalid where it must say something and does not, or may not and does."""
    words = " ".join(text.split())
    if kind == "stamp" and words in STAMPS:
        return words
    if kind == "text" and not (words and len(words) <= LONGEST_TEXT and words.isprintable()):
        raise Invalid(_("Un texte sur la photo a de 1 à {n} signes.", n=LONGEST_TEXT))
    if kind == "text" or not (words or kind == "stamp"):
        return words
    raise Invalid


def _drew_before(still: Still, actor: Actor) -> bool:
    mine = select(Mark.id).where(Mark.still_id == still.id, Mark.actor == actor.kind, Mark.name == actor.name).limit(1)
    return db.session.scalar(mine) is not None


def _rows(still: Still) -> int:
    changed = select(func.count(Erasure.id)).join(Mark, Mark.id == Erasure.mark_id).where(Mark.still_id == still.id)
    drawn = select(func.count(Mark.id)).where(Mark.still_id == still.id)
    return (db.session.scalar(changed) or 0) + (db.session.scalar(drawn) or 0)
