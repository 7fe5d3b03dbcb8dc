"""The sealed papers, newest first, and the outbox: what was written to whom."""

from dataclasses import dataclass

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from shopvisio import (
    clock,
    invoices,
    jobs,
    mail,
    payments,
    sms,
)
from shopvisio import papers as case_papers
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import NotFound
from shopvisio.invoices import Paper
from shopvisio.jobs import Job
from shopvisio.mail import Mail
from shopvisio.web import wake_jobs
from shopvisio.web.guard import staff
from shopvisio.web.owner.room import blueprint
from shopvisio.web.story import PAPERS
from shopvisio.web.todo import PAPER_JOBS

LEDGER = 200  # papers on the page, the newest


@dataclass(frozen=True)
class PaperRow:
    """A sealed paper as the ledger's page lists it; ``owed`` in cents."""

    paper: Paper
    case: Case | None
    has_pdf: bool
    owed: int
    taken_back: bool


@blueprint.get("/papers")
@staff("papers")
def papers() -> ResponseReturnValue:
    """The ledger, newest first; what could not be made, and why."""
    without_pdf = {paper.id for paper in case_papers.without_pdf()}
    rows = db.session.scalars(select(Paper).order_by(Paper.id.desc()).limit(LEDGER))
    return render_template(
        "desk/papers.html",
        rows=[_paper_row(paper, paper.id not in without_pdf) for paper in rows],
        failed=[(job, _case_of(job)) for job in jobs.in_trouble(*PAPER_JOBS)],
        unpaid=payments.owed_in_all(),
        paper_kinds=PAPERS,
    )


def _paper_row(paper: Paper, has_pdf: bool) -> PaperRow:
    taken_back = invoices.is_taken_back(paper)
    return PaperRow(paper, db.session.get(Case, paper.case_id), has_pdf, payments.owed(paper), taken_back)


def _case_of(job: Job) -> Case | None:
    told = job.told
    paper = db.session.get(Paper, told["paper"]) if "paper" in told else None
    case_id = paper.case_id if paper else told.get("case")
    return db.session.get(Case, case_id) if case_id else None


@blueprint.post("/papers/retry")
@staff("papers")
def retry_papers() -> ResponseReturnValue:
    """Try again now whatever could not be made."""
    now = clock.now()
    with writing():
        for job in jobs.in_trouble(*PAPER_JOBS):
            jobs.retry(job, now)
    wake_jobs()
    return redirect(url_for("owner.papers"), 303)


# -- the outbox


@blueprint.get("/mails")
@staff("settings")
def mails() -> ResponseReturnValue:
    """What was written to whom, and what really happened to it."""
    ready = {"mail": mail.is_configured(), "sms": sms.is_configured()}
    return render_template("desk/mails.html", mails=mail.latest(), ready=ready)


@blueprint.post("/mails/<int:mail_id>/retry")
@staff("settings")
def retry_mail(mail_id: int) -> ResponseReturnValue:
    """Try once more."""
    with writing():
        row = db.session.get(Mail, mail_id)
        if row is None:
            raise NotFound
        mail.retry(row, clock.now())
    wake_jobs()
    return redirect(url_for("owner.mails"), 303)
