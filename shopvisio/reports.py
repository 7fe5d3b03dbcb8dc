"""The customer's report of a repair: what was done, with the marked stills, the parts and the advice, as one PDF.

It follows the case: each turn of it writes a job, and where what the report says has changed it is drawn anew. It is no
paper: it may be purged, and goes with the case's photos.
"""

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import booking, calls, cases, child, guarantee, imprint, marks, parts, pictures, settings, steps, stills
from shopvisio.cases import Case, Part
from shopvisio.db import Base, db, public_id
from shopvisio.i18n import _, money, use, when
from shopvisio.invoices import Visit
from shopvisio.invoices.codec import to_json
from shopvisio.jobs import Job, enqueue
from shopvisio.sheet import Done, Picture, Sheet, Story, Thing
from shopvisio.stills import Still

SECONDS, MEGABYTES = 45, 768  # of a drawing
MOST_PICTURES = 24  # the marked ones first
PARTS = ("accepted", "ordered", "sent", "received", "to_return", "returned", "left")  # those worth telling


class Report(Base):
    """The last one drawn, ``file`` in the uploads folder; ``digest`` is of what it says."""

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), unique=True)
    file: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    made: Mapped[datetime]


def of(case: Case) -> Report | None:
    """The case's report as it was last drawn."""
    return db.session.scalar(select(Report).where(Report.case_id == case.id))


def is_due(case: Case) -> bool:
    """Whether a job is to draw it anew, or looks whether it must."""
    facts = json.dumps({"case": case.id})
    waiting = select(Job.id).where(Job.kind == "report", Job.facts == facts, Job.state.in_(("waiting", "running")))
    return db.session.scalar(waiting.limit(1)) is not None


def has_something(case: Case) -> bool:
    """Whether there is anything to report: a repair whose first call took place, or whose outcome was said."""
    return case.is_repair and (bool(_visits(case)) or case.proposed_at is not None)


def ask(case: Case, now: datetime) -> None:
    """Have it drawn, if what it says has changed."""
    if has_something(case) and not is_due(case):
        enqueue("report", now, case=case.id)


def story(case: Case) -> Story:
    """What the report says now, in the customer's language."""
    with use(case.customer.language, settings.zone()):
        result, meaning = _result(case)
        return Story(
            case=case.number,
            customer=case.customer.name,
            device=case.thing,
            symptom=case.symptom,
            result=result,
            meaning=meaning,
            visits=_visits(case),
            tried=case.tried,
            steps=tuple(Done(step.text, step.done) for step in steps.done(case) if step.done),
            pictures=_pictures(case),
            parts=tuple(_part(part) for part in case.parts if part.state in PARTS),
            advice=case.advice,
            guaranteed=case.guaranteed if guarantee.is_repaired(case) else None,
            then=_then(case),
            language=case.customer.language,
            zone=settings.get("zone"),
        )


def digest(told: Story) -> str:
    """What tells one story from another."""
    return sha256(to_json(told).encode()).hexdigest()


def sheet(told: Story, folder: Path, now: datetime) -> str:
    """The story as the child that draws it reads it."""
    with use(told.language, settings.zone()):
        return to_json(Sheet(imprint.seller(now.astimezone(settings.zone()).date()), told, str(folder), now))


def draw(told: str) -> bytes:
    """The PDF of a sheet. It blocks for a second or more: call it in a thread. Raises Unavailable."""
    return child.run("shopvisio.sheet.pdf", told.encode(), SECONDS, MEGABYTES, ("report",))


def keep(case: Case, file: str, of_story: str, now: datetime) -> str:
    """The drawn file is the case's report from now on; answers the older one's name, which may go, or nothing."""
    report = of(case)
    older = report.file if report else ""
    if report is None:
        report = Report(case_id=case.id)
        db.session.add(report)
    report.file, report.digest, report.made = file, of_story, now
    db.session.flush()
    return older


def new_name() -> str:
    """For a file that nobody guesses."""
    return f"{public_id(20)}.pdf"


def _result(case: Case) -> tuple[str, str]:
    if case.state == "closed" and case.outcome == "repaired":
        return _("Réparé."), ""
    if case.state == "closed" and case.outcome == "not_repaired":
        return _("Non réparé. Vous n’avez rien à payer."), case.why
    if case.state == "closed":
        return _("Clos. Vous n’avez rien à payer."), ""
    if case.state == "proposed":
        return _("Votre réponse est attendue."), _("Elle se donne depuis votre lien.")
    if case.returned:
        return _("Repris sous garantie."), _("Vous n’avez rien à payer.")
    return _("En cours."), str(cases.STATES[case.state]) + "."


def _then(case: Case) -> str:
    if case.state == "booked":
        kept = [visit for visit in booking.appointments(case) if (call := calls.find(visit)) is None or not call.ended]
        return _("Prochain appel : {when}, à {zero}.", when=when(kept[-1].start), zero=money(0)) if kept else ""
    return cases.next_step(case) if case.state == "closed" else ""


def _visits(case: Case) -> tuple[Visit, ...]:
    """The calls that took place and are over."""
    kept = booking.appointments(case)
    known = calls.of_all(kept)
    held = [(visit, known[visit.id]) for visit in kept if visit.id in known]
    return tuple(
        Visit(call.started, call.ended, visit.staff.name) for visit, call in held if call.started and call.ended
    )


def _pictures(case: Case) -> tuple[Picture, ...]:
    """In order of time; where there are too many the marked ones stay."""
    taken = [(still, marks.of(still)) for still in stills.of_case(case)]
    chosen = sorted(taken, key=lambda one: (not one[1], one[0].id))[:MOST_PICTURES]
    return tuple(_picture(still, bool(drawn)) for still, drawn in sorted(chosen, key=lambda one: one[0].id))


def _picture(still: Still, is_marked: bool) -> Picture:
    drawn = marks.svg(still) if is_marked else ""
    words = ". ".join(marks.words(marks.of(still))) if is_marked else ""
    return Picture(pictures.small(still.file), still.width, still.height, still.at, drawn, words)


def _part(part: Part) -> Thing:
    price = money(part.price, decimals=True) if part.price else _("comprise")
    return Thing(part.name, part.reference, price, str(parts.STATES[part.state]) + ".")
