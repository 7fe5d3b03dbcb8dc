"""What was agreed to aloud on the telephone, or in a call, agreed to in writing by the customer from their link; and
the request that the repair begin, where they made none."""

from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import cases, clock, legal
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.i18n import _, language
from shopvisio.web import guard, telling, wire
from shopvisio.web.guard import case_link

blueprint = Blueprint("accept", __name__)


@blueprint.route("/case/<token>/accept", methods=["GET", "POST"])
@case_link
def ask(case: Case) -> ResponseReturnValue:
    """The texts that are still to be agreed to; sent twice, each is kept once. ``?call`` goes on to the call."""
    home = url_for("call.customer" if "call" in request.args else "customer.case", token=guard.token_of(case))
    now = clock.now()
    texts = legal.asked("repair", now)
    wanted = {kind: texts[kind] for kind in _wanted(case, now)}
    if not wanted:
        return redirect(home, 303)
    ticked = set(request.form) & set(wanted)
    if request.method == "GET" or ticked != set(wanted):
        refusal = _("Cochez chaque ligne pour accepter, ou appelez-nous.") if request.method == "POST" else ""
        page = render_template(
            "customer/accept.html",
            case=case,
            token=guard.token_of(case),
            wanted=wanted,
            ticked=ticked,
            refusal=refusal,
            is_turned=cases.is_turned(case),
            is_by_phone=bool(cases.unwritten(case)),
            begins=cases.begins(case),
        )
        return page, 422 if refusal else 200
    with writing():
        for kind in _wanted(case, now):
            version = legal.in_force(kind, language(), now).id
            cases.consent(case, kind, wanted[kind], request.remote_addr or "", now, version)
            cases.record(case, "consented", case.customer.actor, now, consent=kind)
    telling.in_call(case)
    wire.tell_desk()
    return redirect(home, 303)


def _wanted(case: Case, now: datetime) -> list[str]:
    """The kinds of what is to be agreed to."""
    return cases.unwritten(case) or (["immediate"] if cases.is_early(case, now) else [])
