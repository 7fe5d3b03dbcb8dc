"""Work to be done later is a row, written in the same transaction as what calls for it.

A worker claims one row with a guarded UPDATE, runs its handler outside any write, and notes how it
went. Handlers must bear being run twice: the appliance may stop between the work and the note.
"""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio.db import Base, db, writing
from shopvisio.errors import MailFailed

log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], datetime], None]

RETRY_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720))
CLAIM = timedelta(minutes=10)  # a claimed job whose worker died is tried again after this


class Job(Base):
    """One piece of work; ``state`` is waiting, running, done or failed."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    facts: Mapped[str]  # JSON
    state: Mapped[str] = mapped_column(default="waiting", index=True)
    due: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")  # why the last try failed

    @property
    def told(self) -> dict[str, Any]:
        """The facts its handler gets."""
        return dict(json.loads(self.facts))


def enqueue(kind: str, due: datetime, **facts: Any) -> Job:
    """A job for the handler of ``kind``, in the caller's transaction."""
    job = Job(kind=kind, facts=json.dumps(facts, sort_keys=True), due=due)
    db.session.add(job)
    return job


def next_due() -> datetime | None:
    """When the next waiting job wants to run."""
    return db.session.scalar(select(func.min(Job.due)).where(Job.state.in_(("waiting", "running"))))


def in_trouble(*kinds: str) -> list[Job]:
    """The jobs of these kinds whose last try failed: given up, or to be tried again."""
    unwell = select(Job).where(Job.kind.in_(kinds), Job.reason != "", Job.state.in_(("waiting", "failed")))
    return list(db.session.scalars(unwell.order_by(Job.id)))


def retry(job: Job, now: datetime) -> None:
    """Give a failed job a new life."""
    job.state, job.due, job.tries = "waiting", now, 0


def take_up(now: datetime) -> None:
    """What the process before was in the middle of when it died is due now: nobody else works at it any more."""
    db.session.execute(update(Job).where(Job.state == "running").values(state="waiting", due=now))


def run_due(handlers: Mapping[str, Handler], now: datetime) -> bool:
    """Run one due job; True when one was found, so there may be more."""
    job_id = _claim(now)
    if job_id is None:
        return False
    job = db.session.get_one(Job, job_id)
    kind, facts = job.kind, json.loads(job.facts)
    db.session.rollback()  # the handler starts without a transaction of ours
    try:
        handlers[kind](facts, now)
    except Exception as error:
        log.warning("job failed", extra={"job": job_id, "kind": kind, "why": type(error).__name__})
        _note_failure(job_id, error, now)
    else:
        with writing():
            db.session.get_one(Job, job_id).state = "done"
    return True


def _claim(now: datetime) -> int | None:
    with writing():
        job_id = db.session.scalar(
            select(Job.id).where(Job.state.in_(("waiting", "running")), Job.due <= now).order_by(Job.due).limit(1)
        )
        if job_id is not None:
            db.session.execute(
                update(Job).where(Job.id == job_id).values(state="running", due=now + CLAIM, tries=Job.tries + 1)
            )
    return job_id


def _note_failure(job_id: int, error: Exception, now: datetime) -> None:
    with writing():
        job = db.session.get_one(Job, job_id)
        job.reason = str(error) or type(error).__name__
        hopeless = isinstance(error, MailFailed) and error.permanent
        if hopeless or job.tries > len(RETRY_AFTER):
            job.state = "failed"
        else:
            job.state, job.due = "waiting", now + RETRY_AFTER[job.tries - 1]
