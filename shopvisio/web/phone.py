"""From the computer to the telephone: a QR code of a short-lived link, which opens the same call as the same person.

The computer stays as the big screen: it receives what both sides send, on the relay's third place.
"""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from shopvisio import booking, calls, clock, links, qr
from shopvisio.cases import Case
from shopvisio.db import db
from shopvisio.errors import Invalid, NotFound
from shopvisio.i18n import _
from shopvisio.web import guard, sent_json
from shopvisio.web.events import seat
from shopvisio.web.guard import anybody, case_link

blueprint = Blueprint("phone", __name__)

LASTS = timedelta(minutes=10)  # a link that was read over a shoulder is soon worth nothing


@blueprint.get("/case/<token>/phone.svg")
@case_link
def code(case: Case) -> ResponseReturnValue:
    """The QR code to scan with the telephone, good from now for ten minutes."""
    now = clock.now()
    appointment = booking.upcoming(case, now)
    if appointment is None:
        raise NotFound
    until = int((now + LASTS).timestamp())
    ticket = links.sign(guard.secret_key(), links.PHONE, f"{appointment.key}-{until}")
    return Response(qr.link(url_for("phone.arrive", ticket=ticket, _external=True)), mimetype="image/svg+xml")


@blueprint.get("/phone/<ticket>")
@anybody
def arrive(ticket: str) -> ResponseReturnValue:
    """The telephone has read the code: on to the call. It takes the seat there by a button, not by this link."""
    key, _dash, until = links.read(guard.secret_key(), links.PHONE, ticket).rpartition("-")
    if clock.now() > datetime.fromtimestamp(int(until), UTC):
        raise NotFound(_("Ce code a plus de dix minutes. Affichez-en un autre sur l’ordinateur et filmez-le."))
    appointment = booking.find(key)
    if appointment is None:
        raise NotFound
    return redirect(url_for("call.customer", token=guard.token_of(appointment.case), phone=1), 303)


@blueprint.post("/case/<token>/screen")
@case_link
def screen(case: Case) -> ResponseReturnValue:
    """JSON: ``{sdp}`` -> ``{answer}``: the computer goes on seeing both sides, and sends nothing.

    Raises as ``calls.may_join``: WrongState once the call is over.
    """
    sdp = sent_json().get("sdp")
    if not isinstance(sdp, str) or len(sdp) > seat.LONGEST_SDP:
        raise Invalid
    now = clock.now()
    appointment = booking.upcoming(case, now)
    if appointment is None:
        raise NotFound
    calls.may_join(case.customer.actor, appointment, calls.find(appointment), now)
    key = appointment.key
    db.session.rollback()  # hold no transaction while the relay thinks
    return jsonify(answer=seat.seat_screen(key, sdp))
