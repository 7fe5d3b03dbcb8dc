"""Recording a call, off by default: asked for by staff, done only while everybody who is there has said yes in this
very call, ended by any of them; kept for some days, then forgotten.

Each question, each answer and each end is a row and a line of the case's story.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio import calls, settings
from shopvisio.accounts import APPLIANCE, Actor
from shopvisio.booking import Appointment
from shopvisio.cases import Case, record
from shopvisio.db import Base, db, public_id
from shopvisio.errors import Conflict, Forbidden, NotFound, WrongState
from shopvisio.i18n import _
from shopvisio.recorder import ENDING

GIGABYTE = 1 << 30
SPARE = 2 * GIGABYTE  # bytes of the disk that no recording ever takes
PLACES = ("customer", "staff", "guest")  # whose file is which, in the relay's order


class Recording(Base):
    """One question, and what became of it. ``state``: asked, running (also while it pauses for somebody's yes),
    refused, over. ``why`` it is over: empty when somebody ended it, left (the call ended), full, failed, restart."""

    __tablename__ = "recording"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), index=True)
    asked: Mapped[datetime]
    name: Mapped[str]  # of who asked
    state: Mapped[str] = mapped_column(default="asked")
    began: Mapped[datetime | None]
    ended: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(default="")
    packets: Mapped[int] = mapped_column(default=0)  # of image and sound, that were to be kept
    missed: Mapped[int] = mapped_column(default=0)  # and how many of them could not be

    appointment: Mapped[Appointment] = relationship()
    answers: Mapped[list["RecordingAnswer"]] = relationship(order_by="RecordingAnswer.id")
    files: Mapped[list["RecordingFile"]] = relationship(order_by="RecordingFile.id", cascade="all, delete-orphan")


class RecordingAnswer(Base):
    """What somebody said, and when. ``seat`` tells one colleague from another, and one guest from the next."""

    __tablename__ = "recording_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    recording_id: Mapped[int] = mapped_column(ForeignKey("recording.id"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str]  # staff, customer or guest
    name: Mapped[str]
    seat: Mapped[str]
    is_yes: Mapped[bool]


class RecordingFile(Base):
    """What one person sent. The row is there before the file is, and goes with it."""

    __tablename__ = "recording_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    recording_id: Mapped[int] = mapped_column(ForeignKey("recording.id"), index=True)
    role: Mapped[str]  # of PLACES
    file: Mapped[str]
    seconds: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)  # bytes


def is_on() -> bool:
    """Whether the owner lets calls be recorded."""
    return bool(settings.get("recording") == "yes")


def days() -> int:
    """How long they are kept."""
    return int(settings.get("keep_recordings_days"))


def seat_of(actor: Actor, seat: str) -> str:
    """Who speaks for themselves here: the guest's seat is whoever has that name."""
    return f"guest:{actor.name}" if actor.kind == "guest" else seat


def standing(appointment: Appointment) -> Recording | None:
    """The one that is asked for, or runs, in this call."""
    found = select(Recording).where(Recording.appointment_id == appointment.id, Recording.ended.is_(None))
    return db.session.scalar(found.order_by(Recording.id.desc()).limit(1))


def limit() -> int:
    """How many bytes all recordings together may take, as the owner says."""
    return int(settings.get("recording_gigabytes")) * GIGABYTE


def ask(appointment: Appointment, actor: Actor, seat: str, room: int, now: datetime) -> Recording:
    """Staff would like to record, and so have said yes; ``room``: bytes that it may take. Asked twice is asked once.

    Raises Forbidden for others and where it is off, WrongState while nobody talks, Conflict without room.
    """
    if actor.kind != "staff" or not is_on():
        raise Forbidden
    call = calls.find(appointment)
    if call is None or call.started is None or calls.is_over(appointment, call):
        raise WrongState(_("L’enregistrement se propose une fois l’appel commencé."))
    already = standing(appointment)
    if already is not None:
        return already
    if room <= 0:
        raise Conflict(_("Il n’y a plus de place pour un enregistrement : effacez-en, ou relevez la limite."))
    made = Recording(case_id=appointment.case_id, appointment=appointment, asked=now, name=actor.name, why="")
    db.session.add(made)
    db.session.flush()
    record(appointment.case, "recording_asked", actor, now, visit=appointment.visit)
    _note(made, actor, seat, True, now)
    return made


def answer(appointment: Appointment, actor: Actor, seat: str, is_yes: bool, now: datetime) -> None:
    """Somebody says yes or no; a no ends it. Raises Conflict when nothing is asked any more."""
    made = standing(appointment)
    if made is None:
        raise Conflict(_("Rien n’est enregistré."))
    if is_yes and seat_of(actor, seat) in _agreed(made):
        return
    record(appointment.case, "recording_yes" if is_yes else "recording_no", actor, now, visit=appointment.visit)
    _note(made, actor, seat, is_yes, now)
    if not is_yes:
        _close(made, "refused" if made.began is None else "over", "", now)


def _note(made: Recording, actor: Actor, seat: str, is_yes: bool, now: datetime) -> None:
    seat = seat_of(actor, seat)
    made.answers.append(RecordingAnswer(at=now, actor=actor.kind, name=actor.name, seat=seat, is_yes=is_yes))
    db.session.flush()


def _agreed(made: Recording) -> set[str]:
    return {one.seat for one in made.answers if one.is_yes}


def lacking(made: Recording, seats: Collection[str]) -> list[str]:
    """Whose yes is missing before anything is recorded: the customer's in any case, and that of all these."""
    return sorted({"customer", *seats} - _agreed(made))


def begin(made: Recording, now: datetime) -> dict[int, str]:
    """Everybody has said yes: answers the names of the files to write, by place. Raises Conflict without them."""
    if lacking(made, ()):
        raise Conflict
    if made.began is None:
        made.began, made.state = now, "running"
        made.files = [RecordingFile(role=role, file=f"{public_id(20)}{ENDING}") for role in PLACES]
        record(made.appointment.case, "recording_began", APPLIANCE, now, visit=made.appointment.visit)
        db.session.flush()
    return {PLACES.index(one.role): one.file for one in made.files}


def end(made: Recording, actor: Actor, now: datetime, why: str = "") -> None:
    """Anybody ends it, or withdraws the question; ending twice is ending once."""
    if made.ended is not None:
        return
    _close(made, "over", why, now)
    kind = "recording_cut" if why else "recording_ended"
    record(made.appointment.case, kind, actor, now, visit=made.appointment.visit, cut=why)


def _close(made: Recording, state: str, why: str, now: datetime) -> None:
    made.state, made.why, made.ended = state, why, now
    db.session.flush()


def written(recording_id: int, files: Mapping[str, tuple[float, int]]) -> None:
    """What is on the disk of it now: of each file its seconds (0: unknown) and bytes. The others never came."""
    made = db.session.get(Recording, recording_id)
    if made is None:
        return
    made.files = [one for one in made.files if one.file in files]
    for one in made.files:
        seconds, one.size = files[one.file]
        one.seconds = round(seconds)
    db.session.flush()


def copied(recording_id: int, packets: int, missed: int) -> None:
    """So many packets were to be kept of it, and so many of them could not be: the appliance was too busy."""
    made = db.session.get(Recording, recording_id)
    if made is not None:
        made.packets, made.missed = packets, missed
        db.session.flush()


def gaps(made: Recording) -> int:
    """How much of what was sent is not in its files, in per cent: one at least, where something is missing."""
    return -(-100 * made.missed // made.packets) if made.missed else 0


def left_open() -> list[Recording]:
    """Those that the appliance's last end cut off."""
    return list(db.session.scalars(select(Recording).where(Recording.ended.is_(None))))


def of_case(case: Case) -> list[Recording]:
    """Those of which something is kept, the newest first."""
    held = select(RecordingFile.recording_id).distinct()
    found = select(Recording).where(Recording.case_id == case.id, Recording.id.in_(held))
    return list(db.session.scalars(found.order_by(Recording.id.desc())))


def file_of(case: Case, file_id: int) -> RecordingFile:
    """A file of this case. Raises NotFound."""
    found = db.session.get(RecordingFile, file_id)
    made = db.session.get(Recording, found.recording_id) if found else None
    if found is None or made is None or made.case_id != case.id:
        raise NotFound
    return found


def goes(made: Recording) -> datetime:
    """When its files are deleted."""
    return (made.ended or made.asked) + timedelta(days=days())


def drop(made: Recording, by: Actor, now: datetime) -> list[str]:
    """Forget its files, in the caller's write; answers them, to delete after the commit. Who said what stays."""
    if made.ended is None:
        raise Conflict(_("Cet enregistrement est en cours : arrêtez-le d’abord."))
    files = [one.file for one in made.files]
    made.files = []
    if files:
        record(made.appointment.case, "recording_erased", by, now, visit=made.appointment.visit, by=by.name)
    return files


def forget_old(now: datetime) -> list[str]:
    """Those that were kept long enough go, in the caller's write; answers their files."""
    limit = now - timedelta(days=days())
    held = select(RecordingFile.recording_id).distinct()
    old = db.session.scalars(select(Recording).where(Recording.ended < limit, Recording.id.in_(held))).all()
    return [file for made in old for file in drop(made, APPLIANCE, now)]


def erase(case: Case) -> list[str]:
    """Nothing of this case's recordings stays, in the caller's write; answers their files."""
    ours = select(Recording.id).where(Recording.case_id == case.id)
    files = list(db.session.scalars(select(RecordingFile.file).where(RecordingFile.recording_id.in_(ours))))
    for kind in (RecordingFile, RecordingAnswer):
        db.session.execute(delete(kind).where(kind.recording_id.in_(ours)))
    db.session.execute(delete(Recording).where(Recording.case_id == case.id))
    return files


def told(case: Case) -> list[dict[str, Any]]:
    """Who said what of recordings, and when, for a copy of a person's data."""
    made = db.session.scalars(select(Recording).where(Recording.case_id == case.id).order_by(Recording.id))
    return [{"at": one.at, "name": one.name, "is_yes": one.is_yes} for each in made for one in each.answers]
