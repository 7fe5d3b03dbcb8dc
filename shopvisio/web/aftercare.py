"""After the outcome: the customer's rating, whether it still works, the guarantee, and the staff's advice."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import cases, clock, estimates, guarantee, hub, ratings, reports
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, NotFound
from shopvisio.guarantee import Check
from shopvisio.i18n import _
from shopvisio.ratings import Rating
from shopvisio.reports import Report
from shopvisio.web import guard, uploads, wake_jobs
from shopvisio.web.guard import case_link, staff

blueprint = Blueprint("aftercare", __name__)


@dataclass(frozen=True)
class After:
    """What came after the outcome of a case; ``guaranteed`` is the guarantee's last day while it runs."""

    rating: Rating | None
    may_rate: bool
    check: Check | None
    guaranteed: date | None
    report: Report | None
    may_report: bool
    is_drawing: bool


@blueprint.app_template_global("after_of")
def after_of(case: Case) -> After:
    """For the customer's page and the desk's."""
    is_running = guarantee.is_running(case, clock.now())
    return After(
        rating=ratings.of(case),
        may_rate=ratings.may_rate(case),
        check=guarantee.of(case),
        guaranteed=case.guaranteed if is_running or case.returned else None,
        report=reports.of(case),
        may_report=reports.has_something(case),
        is_drawing=reports.is_due(case),
    )


@blueprint.app_template_global("stars")
def stars() -> dict[int, str]:
    """Each rating and its word."""
    return {n: str(word) for n, word in ratings.STARS.items()}


blueprint.add_app_template_global(cases.next_step, "next_step_of")


def _home(case: Case) -> str:
    return url_for("customer.case", token=guard.token_of(case))


# -- the customer's


@blueprint.get("/case/<token>/rating")
@case_link
def rating(case: Case) -> ResponseReturnValue:
    """The rating, with the one of the mail's link chosen already; nothing is noted until it is sent."""
    if not ratings.may_rate(case):
        return redirect(_home(case), 303)
    given = ratings.of(case)
    return _rating_page(case, _stars(request.args.get("stars", "")) or (given.stars if given else 0))


@blueprint.post("/case/<token>/rating")
@case_link
def rate(case: Case) -> ResponseReturnValue:
    """One tap, or the page with words. The last one counts."""
    chosen, words = _stars(request.form.get("stars", "")), request.form.get("words")
    try:
        with writing():
            ratings.rate(case, chosen, words, clock.now())
    except Invalid as refusal:
        return _rating_page(case, chosen, words, refusal.message), 422
    wake_jobs()
    return redirect(url_for("aftercare.rating", token=guard.token_of(case), thanks=1), 303)


def _stars(typed: str) -> int:
    return int(typed) if typed in [str(n) for n in ratings.STARS] else 0


def _rating_page(case: Case, chosen: int, words: str | None = None, wrong: str = "") -> str:
    given = ratings.of(case)
    return render_template(
        "customer/rating.html",
        case=case,
        token=guard.token_of(case),
        given=given,
        chosen=chosen,
        words=words if words is not None else given.words if given else "",
        longest=ratings.LONGEST,
        wrong=wrong,
    )


@blueprint.route("/case/<token>/works", methods=["GET", "POST"])
@case_link
def works(case: Case) -> ResponseReturnValue:
    """Whether it still works. ``?yes`` and ``?no`` choose an answer; only a button sends it."""
    if not guarantee.is_repaired(case):
        return redirect(_home(case), 303)
    if request.method == "GET":
        return _works_page(case)
    answer, now = request.form.get("answer"), clock.now()
    if answer not in ("yes", "no"):
        raise Invalid(_("Répondez par Oui ou par Non."))
    token = guard.token_of(case)
    with writing():
        if answer == "yes":
            guarantee.still_works(case, now)
        else:
            guarantee.come_back(case, request.form.get("words", "")[:2000], now)
        is_open = case.state == "open"
    wake_jobs()
    return redirect(_home(case) if is_open else url_for("aftercare.works", token=token, thanks=1), 303)


def _works_page(case: Case) -> str:
    return render_template(
        "customer/works.html",
        case=case,
        token=guard.token_of(case),
        is_running=guarantee.is_running(case, clock.now()),
        check=guarantee.of(case),
        chosen="yes" if "yes" in request.args else "no" if "no" in request.args else "",
        said="thanks" in request.args,
    )


# -- the report


@blueprint.get("/case/<token>/report")
@case_link
def report(case: Case) -> ResponseReturnValue:
    """The report as PDF; while it is drawn, a page that comes back by itself."""
    return _report(case, "customer/report.html", token=guard.token_of(case))


@blueprint.post("/case/<token>/report")
@case_link
def ask_report(case: Case) -> ResponseReturnValue:
    """Have it drawn, where nobody did yet."""
    with writing():
        reports.ask(case, clock.now())
    wake_jobs()
    return redirect(url_for("aftercare.report", token=guard.token_of(case)), 303)


@blueprint.get("/desk/cases/<key>/report")
@staff("cases")
def desk_report(key: str) -> ResponseReturnValue:
    """The same for the desk."""
    return _report(_found(key), "desk/report.html")


@blueprint.post("/desk/cases/<key>/report")
@staff("outcomes")
def draw_report(key: str) -> ResponseReturnValue:
    """Draw it anew, should something have changed that the story does not tell."""
    with writing():
        reports.ask(_found(key), clock.now())
    wake_jobs()
    return redirect(url_for("aftercare.desk_report", key=key), 303)


def _found(key: str) -> Case:
    case = cases.find(key)
    if case is None:
        raise NotFound
    return case


def _report(case: Case, meanwhile: str, **facts: str) -> ResponseReturnValue:
    if not reports.has_something(case):
        raise NotFound
    kept = reports.of(case)
    if kept is None or reports.is_due(case):
        page = render_template(meanwhile, case=case, is_drawing=reports.is_due(case), kept=kept, **facts)
        return page, 503, {"Retry-After": "3"}
    answer = uploads.send(kept.file, "application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{case.number}.pdf"'
    return answer


# -- the estimate of dear parts


@blueprint.get("/case/<token>/estimate.pdf")
@case_link
def estimate(case: Case) -> ResponseReturnValue:
    """What is offered, or was accepted, as PDF."""
    return _estimate(case)


@blueprint.get("/desk/cases/<key>/estimate.pdf")
@staff("cases")
def desk_estimate(key: str) -> ResponseReturnValue:
    """The same for the desk."""
    return _estimate(_found(key))


def _estimate(case: Case) -> ResponseReturnValue:
    told = estimates.of(case)
    if told is None:
        raise NotFound
    db.session.rollback()  # hold no transaction while it is drawn
    pdf = hub.in_turn(estimates.draw, told)
    headers = {"Content-Disposition": f'inline; filename="{told.number}.pdf"'}
    return Response(pdf, mimetype="application/pdf", headers=headers)


@blueprint.app_template_global("has_estimate")
def has_estimate(case: Case) -> bool:
    """Whether there is one to show."""
    return estimates.of(case) is not None


# -- the desk's


@blueprint.post("/desk/cases/<key>/advice")
@staff("outcomes")
def advise(key: str) -> ResponseReturnValue:
    """What staff advise the customer, printed on the report; changed as often as they like."""
    me = guard.me()
    assert me is not None  # the rule of the view says so
    with writing():
        cases.advise(_found(key), request.form.get("words", ""), me.actor, clock.now())
    wake_jobs()
    return redirect(url_for("desk.case", key=key) + "#after", 303)
