"""The way in by a code that was dictated on the telephone. Wrong ones all meet the same sentence, and soon a stop."""

from datetime import datetime, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import booking, clock, codes
from shopvisio.booking import Appointment
from shopvisio.db import writing
from shopvisio.errors import NotFound
from shopvisio.hub.server import household
from shopvisio.web import guard
from shopvisio.web.guard import anybody, staff

blueprint = Blueprint("dictation", __name__)

TRIES, TRIES_IN_ALL = 5, 50  # wrong codes from one household, and from everybody, within
WITHIN = timedelta(minutes=30)

_wrong: list[tuple[datetime, str]] = []  # when, and from where


@blueprint.post("/call")
@anybody
def enter() -> ResponseReturnValue:
    """The code leads to the call, once."""
    now, home = clock.now(), household(request.remote_addr or "")
    _wrong[:] = [(at, where) for at, where in _wrong if now - at < WITHIN]
    if len(_wrong) >= TRIES_IN_ALL or sum(where == home for _at, where in _wrong) >= TRIES:
        return render_template("book/entrance.html", refused="often"), 429
    try:
        with writing():
            appointment = codes.use(guard.secret_key(), request.form.get("code", "")[:40], now)
    except NotFound:
        _wrong.append((now, home))
        return render_template("book/entrance.html", refused="wrong"), 422
    return redirect(url_for("call.customer", token=guard.token_of(appointment.case)), 303)


@blueprint.post("/desk/appointments/<key>/code")
@staff("calls")
def renew(key: str) -> ResponseReturnValue:
    """Another code for the same appointment."""
    me, now = guard.me(), clock.now()
    assert me is not None  # the rule of the view says so
    with writing():
        appointment = booking.find(key)
        if appointment is None:
            raise NotFound
        codes.renew(appointment, me.actor, now)
    return redirect(url_for("desk.case", key=appointment.case.key), 303)


def _code_of(appointment: Appointment) -> str:
    """For eyes and for dictating: two times three signs."""
    code = codes.of(guard.secret_key(), appointment)
    return f"{code[:3]} {code[3:]}"


def _code_is_open(appointment: Appointment) -> bool:
    return codes.is_open(appointment, clock.now())


blueprint.add_app_template_global(_code_of, "code_of")
blueprint.add_app_template_global(_code_is_open, "code_is_open")
