"""The right to withdraw from the contract: within reach of every page, confirmed behind the customer's own link."""

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import booking, cases, clock, mail, orders, settings
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.web import guard, signalling, wake_jobs
from shopvisio.web.book import pasted_case
from shopvisio.web.guard import anybody, case_link

blueprint = Blueprint("withdrawal", __name__)


@blueprint.app_context_processor
def _foot() -> dict[str, Any]:
    """Where the foot of a page leads who wants to withdraw; nowhere from a case that has nothing to withdraw from."""
    case: Case | None = g.get("case")
    if case is None:
        return {"withdraw_here": url_for("withdrawal.find")}
    if order := orders.renounceable(case, clock.now()):
        return {"withdraw_here": url_for("orders.renounce", token=guard.token_of(case), number=order.number)}
    may = cases.may_withdraw(case, clock.now())
    return {"withdraw_here": url_for("withdrawal.confirm", token=guard.token_of(case)) if may else ""}


@blueprint.get("/withdraw")
@anybody
def find() -> ResponseReturnValue:
    """For who comes without their link: where it is, and whom to tell instead; a pasted one leads on."""
    pasted = request.args.get("link", "").strip()
    case = pasted_case(pasted)
    if case is not None:
        return redirect(url_for("withdrawal.confirm", token=guard.token_of(case)), 303)
    return render_template("withdrawal/find.html", pasted=pasted, email=settings.get("email")), 422 if pasted else 200


@blueprint.route("/case/<token>/withdraw", methods=["GET", "POST"])
@case_link
def confirm(case: Case) -> ResponseReturnValue:
    """ "Renoncer au contrat ici": what it says, then the button that confirms it. Pressed twice, it is done once."""
    now, token = clock.now(), guard.token_of(case)
    home = url_for("customer.case", token=token)
    if not cases.may_withdraw(case, now):
        return redirect(home, 303)
    if request.method == "GET":
        leaves = mail.is_configured() and bool(case.customer.email)
        return render_template("withdrawal/confirm.html", case=case, token=token, back=home, mail_leaves=leaves)
    coming = booking.upcoming(case, now)
    with writing():
        cases.withdraw(case, now)
        booking.free_up(case, "customer", now)
    if coming is not None:
        signalling.end(coming)
    wake_jobs()
    return redirect(home, 303)
