"""The call's three pages, its product search, and how it is concluded. What happens in it is in ``signalling``."""

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import booking, calls, cases, catalogue, clock, settings
from shopvisio.booking import Appointment
from shopvisio.calls import Call
from shopvisio.cases import BARRIERS, CONDITIONS, OUTCOMES, SALE_OUTCOMES, UNFITTED, Case
from shopvisio.db import writing
from shopvisio.errors import NotFound
from shopvisio.web import browsers, goods, guard, signalling, telling, wire
from shopvisio.web.following import next_of
from shopvisio.web.guard import case_link, guest_link, staff

blueprint = Blueprint("call", __name__)
blueprint.add_app_template_global(browsers.theirs, "browser")


@blueprint.get("/case/<token>/call")
@case_link
def customer(case: Case) -> ResponseReturnValue:
    """The customer's page: preview, waiting room, call. Without a call to come, their case's page."""
    now, token = clock.now(), guard.token_of(case)
    appointment = booking.upcoming(case, now)
    if appointment is None or _is_over(appointment):
        return redirect(url_for("customer.case", token=token))
    if calls.must_ask(case, now):
        return redirect(url_for("accept.ask", token=token, call=""))
    return render_template(
        "call/customer.html",
        case=case,
        appointment=appointment,
        token=token,
        opens=calls.opens(appointment),
        home=url_for("practice.over") if case.is_practice else url_for("customer.case", token=token),
        by_phone="phone" in request.args,
        zone=settings.get("zone"),
        is_repair=case.is_repair,
        to_accept=case.is_repair and bool(cases.unwritten(case)),
    )


@blueprint.get("/desk/appointments/<key>/call")
@staff("calls")
def desk(key: str) -> ResponseReturnValue:
    """The staff's page of the same call, with the case beside it. Once over, the case's page."""
    appointment = booking.find(key)
    if appointment is None:
        raise NotFound
    if appointment.case.state != "booked" or _is_over(appointment):
        return redirect(wire.next_page(appointment, "staff"))
    me = guard.me()
    assert me is not None  # the rule of the view says so
    return render_template(
        "call/desk.html",
        case=appointment.case,
        appointment=appointment,
        zone=settings.get("zone"),
        following=next_of(me, appointment, clock.now()),
        outcomes=[(name, OUTCOMES[name]) for name in SALE_OUTCOMES],
        conditions=CONDITIONS,
        barriers=BARRIERS,
        unfitted=UNFITTED,
        mail_leaves=telling.leaves(appointment.case),
        is_repair=appointment.case.is_repair,
    )


@blueprint.get("/guest/<token>")
@guest_link
def guest(call: Call | None, token: str) -> ResponseReturnValue:
    """A third person's page of the call, and nothing of the case; a kind word once it is over or withdrawn."""
    if call is None or call.state == "ended" or call.appointment.case.state != "booked":
        return render_template("call/guest_over.html")
    return render_template(
        "call/guest.html",
        kind=call.appointment.case.kind,
        appointment=call.appointment,
        token=token,
        zone=settings.get("zone"),
        longest_name=calls.LONGEST_NAME,
    )


@blueprint.get("/desk/products/search")
@staff("calls")
def search() -> ResponseReturnValue:
    """JSON: ``{products}``, the cards of those that hold every word of ``q``."""
    found = catalogue.search(request.args.get("q", "")[:400])
    return jsonify(products=[goods.card(product) for product in found])


def conclude(appointment: Appointment) -> None:
    """The signed-in colleague has said how it ended: the call is over, and whoever is in it is sent on.

    Outside any write: it makes its own. An appointment that nobody came to has no call to end.
    """
    now, me = clock.now(), guard.me()
    assert me is not None  # only the desk concludes
    call = calls.find(appointment)
    if call is None:
        return
    with writing():
        calls.end(call, me.actor, now)
    signalling.end(appointment)


def _is_over(appointment: Appointment) -> bool:
    call = calls.find(appointment)
    return call is not None and call.state == "ended"
