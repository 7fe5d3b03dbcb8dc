"""Forgetting: what is kept of people goes when its time is over, or when they ask; papers and payments never do here.

A table that holds words or pictures of people is named in this file; the journal of a case says what went, without it.
"""

import json
from calendar import monthrange
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select, text, update

from shopvisio import child, orders, pictures, recordings, settings
from shopvisio.accounts import APPLIANCE, Actor, Customer
from shopvisio.baskets import BasketLine
from shopvisio.billing import Billing
from shopvisio.booking import Appointment
from shopvisio.calls import Call, Message
from shopvisio.cases import Case, Consent, Entry, Part, Photo, record
from shopvisio.db import db, public_id
from shopvisio.errors import Conflict
from shopvisio.guides import GuideStep
from shopvisio.holds import Hold
from shopvisio.i18n import _
from shopvisio.jobs import Job
from shopvisio.mail import Mail
from shopvisio.orders import Order
from shopvisio.ratings import Rating
from shopvisio.reports import Report
from shopvisio.steps import Step
from shopvisio.stills import Still
from shopvisio.stops import Stop
from shopvisio.trials import Trial

SOME = 20  # cases of one transaction: none holds others up for long
JOBS_KEPT = timedelta(days=30)  # of those that are done
ORPHANS_KEPT = timedelta(days=2)  # of files that no row names: one may be on its way to its row
ORPHAN_SECONDS = 600


def forget_some(now: datetime) -> tuple[list[str], bool]:
    """Some of what has been kept long enough, in the caller's write; answers the files to delete after the commit, and
    whether nothing is left to forget."""
    pictured = _due(_before(now, settings.get("keep_pictures_months")), _has_pictures(), now)
    wordy = _due(_before(now, settings.get("keep_words_months")), _has_words(), now)
    named = _due(_before(now, 12 * settings.get("keep_cases_years")), ~_is_ordered(Case.id), now)
    files = [file for case in named for file in erase(case, APPLIANCE, now)]
    for case in set(pictured) - set(named):
        files += _erase_pictures(case, APPLIANCE, now)
    for case in set(wordy) - set(named):
        _erase_words(case, APPLIANCE, now)
    files += recordings.forget_old(now)
    _forget_the_rest(now)
    db.session.flush()
    return files, max(len(pictured), len(wordy), len(named)) < SOME


def _before(now: datetime, months: int) -> datetime:
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))


def _due(limit: datetime, holds: ColumnElement[bool], now: datetime) -> Sequence[Case]:
    """Cases closed before ``limit``, their guarantee over, that still hold what is to go."""
    today = now.astimezone(settings.zone()).date()
    over = or_(Case.guaranteed.is_(None), Case.guaranteed < today)
    found = select(Case).where(Case.state == "closed", Case.closed_at < limit, Case.erased.is_(None), over, holds)
    return list(db.session.scalars(found.order_by(Case.id).limit(SOME)))


def _has_pictures() -> ColumnElement[bool]:
    return or_(*(exists().where(kind.case_id == Case.id) for kind in (Still, Photo, Report)))


def _is_ordered(case: Any) -> ColumnElement[bool]:
    """Whether something that was ordered is still on its way."""
    return exists().where(Order.case_id == case, Order.state.in_(orders.GOING))


def _calls(case: Any) -> Select[Any]:
    return select(Call.id).join(Appointment).where(Appointment.case_id == case)


def _has_words() -> ColumnElement[bool]:
    calls = select(Call.id).join(Appointment).where(Appointment.case_id == Case.id)
    return or_(
        exists().where(Mail.case_id == Case.id),
        exists().where(Trial.case_id == Case.id),
        exists().where(Message.call_id.in_(calls)),
        exists().where(Call.id.in_(calls), Call.guest_name != ""),
    )


def _erase_pictures(case: Case, by: Actor, now: datetime) -> list[str]:
    """Stills with what is drawn on them, photos, the illustrated report; answers their files."""
    photos = [*db.session.scalars(select(Still.file).where(Still.case_id == case.id))]
    photos += db.session.scalars(select(Photo.file).where(Photo.case_id == case.id))
    reports = list(db.session.scalars(select(Report.file).where(Report.case_id == case.id)))
    taken = select(Still.id).where(Still.case_id == case.id)
    for holder in (Step, GuideStep):
        db.session.execute(update(holder).where(holder.still_id.in_(taken)).values(still_id=None))
    for kind in (Still, Photo, Report):
        db.session.execute(delete(kind).where(kind.case_id == case.id))
    if photos or reports:
        record(case, "erased", by, now, by=by.name, pictures=len(photos))
    return [*photos, *(pictures.small(file) for file in photos), *reports]


def _erase_words(case: Case, by: Actor, now: datetime) -> None:
    """Messages, the text of mails, guests' names, what was found of their devices."""
    gone = db.session.execute(delete(Message).where(Message.call_id.in_(_calls(case.id)))).rowcount  # type: ignore[attr-defined]
    mails = db.session.execute(delete(Mail).where(Mail.case_id == case.id)).rowcount  # type: ignore[attr-defined]
    db.session.execute(update(Call).where(Call.id.in_(_calls(case.id))).values(guest="", guest_name=""))
    db.session.execute(delete(Trial).where(Trial.case_id == case.id))
    record(case, "erased", by, now, by=by.name, messages=gone, mails=mails)


def _forget_the_rest(now: datetime) -> None:
    """Mails of no case, and the jobs that are done."""
    limit = _before(now, settings.get("keep_words_months"))
    held = select(Hold.mail_id).where(Hold.mail_id.is_not(None))
    db.session.execute(delete(Mail).where(Mail.case_id.is_(None), Mail.created < limit, Mail.id.not_in(held)))
    db.session.execute(delete(Job).where(Job.state == "done", Job.due < now - JOBS_KEPT))


def erase(case: Case, by: Actor, now: datetime) -> list[str]:
    """Everything of a closed case that is about a person, in the caller's write; answers the files to delete after the
    commit. Papers and payments stay as the law wants them, and the case without anybody: what device, what outcome.

    Its customer's links open nothing any more. Raises Conflict while the case is not closed.
    """
    if case.state != "closed" or db.session.scalar(select(_is_ordered(case.id))):
        told = _("Le dossier {number} est en cours, ou sa commande : concluez d’abord.", number=case.number)
        raise Conflict(told)
    if case.erased is not None:
        return []
    files = [*_erase_pictures(case, by, now), *recordings.erase(case)]
    _erase_words(case, by, now)
    for kind in (Consent, Billing, BasketLine):
        db.session.execute(delete(kind).where(kind.case_id == case.id))
    db.session.execute(update(Part).where(Part.case_id == case.id).values(tracking=""))
    db.session.execute(update(Rating).where(Rating.case_id == case.id).values(words=""))
    db.session.execute(update(Step).where(Step.case_id == case.id, Step.done_by == "customer").values(done_name=""))
    db.session.execute(update(Stop).where(Stop.case_id == case.id).values(name="", reason=""))
    nowhere = {"name": "", "street": "", "postcode": "", "city": "", "tracking": ""}
    db.session.execute(update(Order).where(Order.case_id == case.id).values(**nowhere))
    case_id, customer_id = case.id, case.customer_id
    _begin_anew(case_id, now)
    _without_name(customer_id)
    again = db.session.get_one(Case, case_id)
    record(again, "erased", by, now, by=by.name, everything=True)
    return files


def _begin_anew(case_id: int, now: datetime) -> None:
    """The story goes with its case, which the base wants; then the case comes back under its number, with no story."""
    table = Case.__table__
    row = dict(db.session.execute(select(table).where(table.c.id == case_id)).mappings().one())
    row |= {"key": public_id(), "symptom": "", "answers": "[]", "tried": "", "advice": "", "erased": now}
    db.session.flush()
    db.session.execute(text("PRAGMA defer_foreign_keys=ON"))
    db.session.execute(table.delete().where(table.c.id == case_id))  # type: ignore[attr-defined]
    db.session.execute(delete(Entry).where(Entry.case_id == case_id))
    db.session.execute(table.insert().values(**row))  # type: ignore[attr-defined]
    db.session.expire_all()


def _without_name(customer_id: int) -> None:
    others = select(func.count()).select_from(Case).where(Case.customer_id == customer_id, Case.erased.is_(None))
    if db.session.scalar(others):
        return
    nobody = {"email": "", "phone": "", "zone": "", "street": "", "postcode": "", "city": ""}
    db.session.execute(
        update(Customer).where(Customer.id == customer_id).values(name=_("Personne effacée"), **nobody)
    )
    db.session.expire_all()


def drop(folder: Path, files: Iterable[str]) -> None:
    """Delete files of the uploads folder."""
    for file in files:
        (folder / file).unlink(missing_ok=True)


def sweep(base: Path, folder: Path, now: datetime) -> Collection[str]:
    """Delete files of the uploads folder that nothing in the base names; answers them. It blocks: from a thread."""
    asked = {"base": str(base), "folder": str(folder), "before": (now - ORPHANS_KEPT).timestamp()}
    names: list[str] = json.loads(child.run("shopvisio.privacy.orphans", json.dumps(asked).encode(), ORPHAN_SECONDS))
    drop(folder, names)
    return names
