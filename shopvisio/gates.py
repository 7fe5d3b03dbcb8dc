"""The gate before a guide: what must be safe before its first step is shown, answered in the call, seen by both."""

import json
from dataclasses import dataclass
from datetime import datetime

from babel.support import LazyProxy
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import stops
from shopvisio.accounts import Actor
from shopvisio.cases import Case, record
from shopvisio.db import Base, db
from shopvisio.errors import Conflict, Forbidden, Invalid, WrongState
from shopvisio.i18n import _, lazy


@dataclass(frozen=True)
class Check:
    """One question to which only Yes leads on, and how to get there. ``name`` is it in a word."""

    icon: str
    name: LazyProxy
    ask: LazyProxy
    how: LazyProxy


CHECKS: dict[str, Check] = {
    "gas": Check(
        "flame",
        lazy("Aucune odeur de gaz"),
        lazy("N’y a-t-il aucune odeur de gaz ?"),
        lazy("Une odeur de gaz : ni flamme ni interrupteur, sortez et appelez de dehors."),
    ),
    "power": Check(
        "bolt",
        lazy("Courant coupé"),
        lazy("L’appareil est-il débranché, ou son disjoncteur abaissé ?"),
        lazy("Mains sèches, tirez la prise par la fiche. Si elle est cachée, abaissez le disjoncteur au tableau."),
    ),
    "water": Check(
        "drop",
        lazy("Eau coupée"),
        lazy("L’eau est-elle coupée ?"),
        lazy("Fermez le petit robinet près de l’appareil, ou le robinet général, souvent près du compteur."),
    ),
    "hot": Check(
        "clock",
        lazy("Rien de chaud"),
        lazy("L’eau et l’appareil sont-ils froids ?"),
        lazy("Attendez qu’ils refroidissent : après un programme à 60 degrés, au moins une heure."),
    ),
    "dry": Check(
        "hand",
        lazy("Mains et sol secs"),
        lazy("Vos mains et le sol sont-ils secs ?"),
        lazy("Essuyez le sol et vos mains, mettez des chaussures."),
    ),
    "height": Check(
        "ladder",
        lazy("Pieds au sol"),
        lazy("Pouvez-vous tout faire les deux pieds au sol ?"),
        lazy("Ni échelle, ni chaise, ni bord de baignoire : quelqu’un viendra."),
    ),
    "burnt": Check(
        "alert",
        lazy("Ni brûlé ni chaud"),
        lazy("Le tableau et les prises sont-ils sans odeur de brûlé, sans trace noire et froids ?"),
        lazy("N’y touchez pas. Abaissez le disjoncteur général si c’est sans risque, et appelez un électricien."),
    ),
}


class Gate(Base):
    """A guide asked for in a case. ``checks`` and ``answers`` are JSON: names of CHECKS, and name -> yes or no.
    It is ``opened`` by the last Yes, or ``dropped``."""

    __tablename__ = "gate"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    guide_id: Mapped[int] = mapped_column(ForeignKey("guide.id"))
    title: Mapped[str]
    checks: Mapped[str]
    answers: Mapped[str] = mapped_column(default="{}")
    asked: Mapped[datetime]
    opened: Mapped[datetime | None]
    dropped: Mapped[datetime | None]

    @property
    def questions(self) -> list[tuple[str, Check, bool | None]]:
        """Name, question and answer; None where nobody has answered yet."""
        said = json.loads(self.answers)
        return [(name, CHECKS[name], said.get(name)) for name in json.loads(self.checks) if name in CHECKS]

    @property
    def to_ask(self) -> tuple[str, Check] | None:
        """The question that waits."""
        return next(((name, check) for name, check, said in self.questions if said is None), None)

    @property
    def stopped_by(self) -> tuple[str, Check] | None:
        """The question that was answered No."""
        return next(((name, check) for name, check, said in self.questions if said is False), None)

    @property
    def is_open(self) -> bool:
        """Whether every answer is Yes."""
        return all(said for _name, _check, said in self.questions)


def waiting(case: Case) -> Gate | None:
    """The gate that is being asked, or that stopped."""
    shut = select(Gate).where(Gate.case_id == case.id, Gate.opened.is_(None), Gate.dropped.is_(None))
    return db.session.scalar(shut.order_by(Gate.id.desc()).limit(1))


def ask(case: Case, guide_id: int, title: str, checks: list[str], actor: Actor, now: datetime) -> Gate:
    """Staff want a guide: its questions come first. One that still waits is dropped for it."""
    _for_staff(case, actor)
    stops.refuse(case)
    before = waiting(case)
    if before is not None:
        before.dropped = now
    gate = Gate(case_id=case.id, guide_id=guide_id, title=title, checks=json.dumps(checks), answers="{}", asked=now)
    db.session.add(gate)
    db.session.flush()
    return gate


def answer(case: Case, name: str, yes: bool, actor: Actor, now: datetime) -> Gate:
    """Either side answers one question. Raises Conflict when no such question waits. A No stops, and is logged."""
    if actor.kind not in ("staff", "customer"):
        raise Forbidden
    gate = waiting(case)
    if gate is None or name not in json.loads(gate.checks):
        raise Conflict(_("Cette question n’attend plus de réponse."))
    if gate.stopped_by is not None:
        raise Conflict(_("Le guide est arrêté : le réparateur pose la question de nouveau, ou y renonce."))
    gate.answers = json.dumps(json.loads(gate.answers) | {name: yes})
    if not yes:
        record(case, "gate_stopped", actor, now, guide=gate.title, check=name)
    return gate


def again(case: Case, actor: Actor) -> None:
    """Staff put the question that was answered No once more."""
    _for_staff(case, actor)
    gate = waiting(case)
    if gate is not None and gate.stopped_by is not None:
        said = json.loads(gate.answers)
        gate.answers = json.dumps({name: yes for name, yes in said.items() if yes})


def open_(case: Case, gate: Gate, actor: Actor, now: datetime) -> None:
    """Every answer was Yes: the guide starts. Raises Invalid otherwise."""
    if not gate.is_open:
        raise Invalid
    gate.opened = now
    record(case, "guide_started", actor, now, guide=gate.title, checks=json.loads(gate.checks))


def drop(case: Case, actor: Actor, now: datetime) -> None:
    """Staff do without the guide."""
    _for_staff(case, actor)
    gate = waiting(case)
    if gate is not None:
        gate.dropped = now


def _for_staff(case: Case, actor: Actor) -> None:
    if actor.kind != "staff":
        raise Forbidden
    if case.state == "closed":
        raise WrongState(_("Ce dossier est clos : ses étapes ne changent plus."), case.state, case.state)
