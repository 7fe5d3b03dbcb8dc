"""The checklist of a case: one thing to do after the other, seen and ticked from both sides, kept through its visits.

A step knows where it stands now; who did what and when, undone too, is told by the case's journal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.support import LazyProxy
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import stills, stops
from shopvisio.accounts import Actor
from shopvisio.cases import Case, record
from shopvisio.db import Base, db
from shopvisio.errors import Conflict, Forbidden, Invalid, NotFound, WrongState
from shopvisio.i18n import _, lazy
from shopvisio.stills import Still

MOST = 60  # of a case
LONGEST_TEXT, LONGEST_HOW = 160, 800  # signs


@dataclass(frozen=True)
class Level:
    """How dangerous a step is, in a picture and in words."""

    icon: str
    name: LazyProxy


LEVELS = {
    "": Level("", lazy("Sans danger particulier")),
    "attention": Level("alert", lazy("Attention")),
    "danger": Level("hand", lazy("Danger")),
}


class Step(Base):
    """One thing to do. ``danger`` is a word of LEVELS; ``still`` a picture of this case, ``picture`` one of the guide
    it came from. ``touched`` is whether it ever was ticked: then it leaves the list only as ``left_out``."""

    __tablename__ = "step"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    place: Mapped[int]
    text: Mapped[str]
    how: Mapped[str] = mapped_column(default="")
    danger: Mapped[str] = mapped_column(default="")
    still_id: Mapped[int | None] = mapped_column(ForeignKey("still.id"))
    picture: Mapped[str] = mapped_column(default="")
    done: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(default="")  # staff or customer
    done_name: Mapped[str] = mapped_column(default="")
    touched: Mapped[bool] = mapped_column(default=False)
    left_out: Mapped[datetime | None]

    still: Mapped[Still | None] = relationship()

    @property
    def is_to_do(self) -> bool:
        """Whether it still waits."""
        return self.done is None and self.left_out is None


@dataclass(frozen=True)
class Wording:
    """What a step says. Raises Invalid with the field at fault."""

    text: str
    how: str = ""
    danger: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", " ".join(self.text.split()))
        object.__setattr__(self, "how", self.how.strip())
        if not 1 <= len(self.text) <= LONGEST_TEXT:
            raise Invalid(
                fields={"text": _("Dites en une phrase ce qu’il faut faire, {n} signes au plus.", n=LONGEST_TEXT)}
            )
        if len(self.how) > LONGEST_HOW:
            raise Invalid(fields={"how": _("C’est trop long : {n} signes au plus.", n=LONGEST_HOW)})
        if self.danger not in LEVELS:
            raise Invalid(fields={"danger": _("Choisissez un niveau de danger.")})


# -- what is read


def of_case(case: Case) -> list[Step]:
    """The checklist, in order, with what was left out."""
    return list(db.session.scalars(select(Step).where(Step.case_id == case.id).order_by(Step.place, Step.id)))


def done(case: Case) -> list[Step]:
    """The steps that are done, in the order of the checklist: for the report."""
    return [step for step in of_case(case) if step.done is not None]


def current(steps: Sequence[Step]) -> Step | None:
    """The one to do now."""
    return next((step for step in steps if step.is_to_do), None)


def progress(steps: Sequence[Step]) -> tuple[int, int]:
    """How many are done, of how many that count."""
    counted = [step for step in steps if step.left_out is None]
    return sum(step.done is not None for step in counted), len(counted)


def find(case: Case, step_id: int) -> Step:
    """A step of this case. Raises NotFound."""
    step = db.session.get(Step, step_id)
    if step is None or step.case_id != case.id:
        raise NotFound(_("Cette étape n’est plus dans la liste."))
    return step


# -- staff write


def write(case: Case, wording: Wording, actor: Actor) -> Step:
    """Staff write a step at the end. Raises Conflict when there are too many, WrongState once the case is closed."""
    _for_staff(case, actor)
    return add(case, wording)


def add(case: Case, wording: Wording, picture: str = "") -> Step:
    """A step more, whoever it comes from. Raises Conflict when there are too many."""
    there = of_case(case)
    if len(there) >= MOST:
        raise Conflict(_("Cette liste a déjà {n} étapes, c’est le maximum.", n=MOST))
    step = Step(case_id=case.id, place=there[-1].place + 1 if there else 1, picture=picture)
    step.text, step.how, step.danger = wording.text, wording.how, wording.danger
    db.session.add(step)
    db.session.flush()
    return step


def rewrite(case: Case, step_id: int, wording: Wording, still_id: int | None, actor: Actor) -> None:
    """Other words, another picture of this case or none. Raises Conflict for a step that is done."""
    _for_staff(case, actor)
    step = find(case, step_id)
    if step.done is not None:
        raise Conflict(_("Cette étape est faite : décochez-la avant de la changer."))
    step.text, step.how, step.danger = wording.text, wording.how, wording.danger
    step.still_id = stills.find(case, still_id).id if still_id else None


def move(case: Case, step_id: int, by: int, actor: Actor) -> None:
    """One place up (-1) or down (+1); at the end of the list nothing happens."""
    _for_staff(case, actor)
    there = of_case(case)
    at = there.index(find(case, step_id))
    to = at + by
    if 0 <= to < len(there):
        there[at], there[to] = there[to], there[at]
        for place, step in enumerate(there, 1):
            step.place = place


def remove(case: Case, step_id: int, actor: Actor, now: datetime) -> None:
    """Out of the list; one that was ticked before stays in sight, as left out. Raises Conflict while it is ticked."""
    _for_staff(case, actor)
    step = find(case, step_id)
    if step.done is not None:
        raise Conflict(_("Cette étape est faite : décochez-la avant de la retirer."))
    if not step.touched:
        db.session.delete(step)
    elif step.left_out is None:
        step.left_out = now
        record(case, "step_left_out", actor, now, step=step.text)


def put_back(case: Case, step_id: int, actor: Actor, now: datetime) -> None:
    """What was left out is to be done after all."""
    _for_staff(case, actor)
    step = find(case, step_id)
    if step.left_out is not None:
        step.left_out = None
        record(case, "step_put_back", actor, now, step=step.text)


def _for_staff(case: Case, actor: Actor) -> None:
    if actor.kind != "staff":
        raise Forbidden
    _still_going(case)


def _still_going(case: Case) -> None:
    if case.state == "closed":
        raise WrongState(_("Ce dossier est clos : ses étapes ne changent plus."), case.state, case.state)


# -- either side ticks


def tick(case: Case, step_id: int, actor: Actor, now: datetime) -> None:
    """Done, said by either side; said twice is said once. Raises Conflict while everything is stopped."""
    step = _to_tick(case, step_id, actor)
    stops.refuse(case)
    if step.is_to_do:
        step.done, step.done_by, step.done_name, step.touched = now, actor.kind, actor.name, True
        record(case, "step_done", actor, now, step=step.text)


def untick(case: Case, step_id: int, actor: Actor, now: datetime) -> None:
    """Not done after all."""
    step = _to_tick(case, step_id, actor)
    if step.done is not None:
        step.done, step.done_by, step.done_name = None, "", ""
        record(case, "step_undone", actor, now, step=step.text)


def _to_tick(case: Case, step_id: int, actor: Actor) -> Step:
    if actor.kind not in ("staff", "customer"):
        raise Forbidden
    _still_going(case)
    return find(case, step_id)
