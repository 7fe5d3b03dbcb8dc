"""Stop, danger: whoever is in a repair call halts it at once; it goes on by a colleague's word alone, with a reason."""

from dataclasses import dataclass
from datetime import datetime

from babel.support import LazyProxy
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import booking
from shopvisio.accounts import Actor
from shopvisio.booking import Appointment
from shopvisio.cases import Case, record
from shopvisio.db import Base, db
from shopvisio.errors import Conflict, Forbidden, Invalid
from shopvisio.i18n import _, lazy

EMERGENCY = "112"  # answers everywhere in Europe, from any telephone
LONGEST_REASON = 500


@dataclass(frozen=True)
class Cause:
    """Why everything stopped, and what is done now, the most urgent first."""

    icon: str
    name: LazyProxy
    acts: tuple[LazyProxy, ...]


CAUSES: dict[str, Cause] = {
    "gas": Cause(
        "flame",
        lazy("Du gaz"),
        (
            lazy("Pas de flamme, pas d’interrupteur, pas de sonnette."),
            lazy("Sortez tout de suite, avec tout le monde. Ouvrez une fenêtre si elle est sur votre chemin."),
            lazy("Partez d’abord, téléphonez ensuite, et de dehors seulement."),
        ),
    ),
    "mains": Cause(
        "bolt",
        lazy("Du courant"),
        (
            lazy("Ne touchez plus l’appareil, ni rien de mouillé."),
            lazy("Abaissez le disjoncteur général, si vous l’atteignez les mains et les pieds au sec."),
            lazy("Quelqu’un a pris le courant ? Coupez avant de le toucher, puis appelez le 112."),
        ),
    ),
    "water": Cause(
        "drop",
        lazy("De l’eau"),
        (
            lazy("Fermez le robinet d’arrêt près de l’appareil, ou le robinet général, souvent près du compteur."),
            lazy("L’eau approche d’une prise ou d’une rallonge ? N’y touchez pas, restez au sec."),
            lazy("Abaissez le disjoncteur général, seulement si le chemin est sec."),
        ),
    ),
    "height": Cause(
        "ladder",
        lazy("En hauteur"),
        (
            lazy("Posez ce que vous tenez. Descendez lentement, face à l’échelle, ou asseyez-vous où vous êtes."),
            lazy("Une chute ? Ne vous relevez pas tout de suite, ne bougez pas un blessé."),
            lazy("Douleur, sang, malaise : appelez le 112."),
        ),
    ),
    "other": Cause(
        "alert",
        lazy("Autre chose"),
        (
            lazy("Lâchez les outils et reculez d’un pas."),
            lazy("Feu ou fumée : sortez, fermez la porte derrière vous, appelez le 112."),
            lazy("Quelqu’un est blessé : appelez le 112, ne raccrochez pas."),
        ),
    ),
}


class Stop(Base):
    """One press of the button. ``cause`` is a word of CAUSES, empty until somebody says which; ``lifted`` is when staff
    let the call go on, with their ``reason``."""

    __tablename__ = "stop"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    at: Mapped[datetime]
    actor: Mapped[str]  # staff, customer or guest
    name: Mapped[str]
    cause: Mapped[str] = mapped_column(default="")
    lifted: Mapped[datetime | None]
    lifted_by: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")

    appointment: Mapped[Appointment] = relationship()


def standing(case: Case) -> Stop | None:
    """The stop that holds this case's last visit, if one does."""
    if case.state not in ("booked", "open"):
        return None  # concluded
    found = db.session.scalar(select(Stop).where(Stop.case_id == case.id).order_by(Stop.id.desc()).limit(1))
    if found is None or found.lifted is not None:
        return None
    return found if found.appointment_id == booking.appointments(case)[-1].id else None


def press(appointment: Appointment, actor: Actor, cause: str, now: datetime) -> Stop:
    """Halt the call; pressed again, say the cause. Raises Forbidden where nobody is guided: in a sale."""
    case = appointment.case
    if not case.is_repair:
        raise Forbidden
    if cause and cause not in CAUSES:
        raise Invalid
    stop = standing(case)
    if stop is None:
        stop = Stop(case_id=case.id, appointment=appointment, at=now, actor=actor.kind, name=actor.name, cause=cause)
        db.session.add(stop)
        record(case, "stopped", actor, now, cause=cause, visit=appointment.visit)
    elif cause and cause != stop.cause:
        stop.cause = cause
        record(case, "stop_cause", actor, now, cause=cause)
    db.session.flush()
    return stop


def lift(case: Case, actor: Actor, reason: str, now: datetime) -> None:
    """Staff let the call go on. Raises Invalid (field ``reason``) without a reason, Conflict when nothing stands."""
    if actor.kind != "staff":
        raise Forbidden
    reason, stop = reason.strip(), standing(case)
    if stop is None:
        raise Conflict(_("Rien n’est arrêté : l’appel continue déjà."))
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise Invalid(fields={"reason": _("Dites en quelques mots pourquoi il n’y a plus de danger.")})
    stop.lifted, stop.lifted_by, stop.reason = now, actor.name, reason
    record(case, "stop_lifted", actor, now, reason=reason)


def refuse(case: Case) -> None:
    """Raises Conflict while everything is stopped."""
    if standing(case) is not None:
        raise Conflict(_("Tout est arrêté pour danger. Reprenez d’abord, avec un motif, ou concluez « Non réparé »."))
