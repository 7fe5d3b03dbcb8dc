"""Practising on the desk: a call with a pretend customer, in a second window or on a telephone."""

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from shopvisio import calls, clock, practice, qr
from shopvisio.accounts import Staff
from shopvisio.booking import Appointment
from shopvisio.db import writing
from shopvisio.errors import NotFound
from shopvisio.web import guard, presence, signalling, uploads
from shopvisio.web.guard import anybody, staff

blueprint = Blueprint("practice", __name__)


@blueprint.get("/desk/practice")
@staff("calls")
def page() -> ResponseReturnValue:
    """What it is; once begun, the pretend customer's link and code, and the way in."""
    visit = practice.of(_me(), clock.now())
    return render_template(
        "desk/practice.html",
        visit=visit,
        link=_path(visit) if visit else "",
        is_here=visit is not None and presence.here(visit.key)["customer"],
    )


@blueprint.post("/desk/practice")
@staff("calls")
def begin() -> ResponseReturnValue:
    """Begin; pressed twice it is the same one."""
    with writing():
        practice.begin(_me(), clock.now())
    return redirect(url_for("practice.page"), 303)


@blueprint.get("/desk/practice/code.svg")
@staff("calls")
def code() -> ResponseReturnValue:
    """The code for the telephone that plays the customer."""
    visit = practice.of(_me(), clock.now())
    if visit is None:
        raise NotFound
    return Response(qr.link(_path(visit, _external=True)), mimetype="image/svg+xml")


@blueprint.post("/desk/practice/end")
@staff("calls")
def end() -> ResponseReturnValue:
    """It is over: whoever is in it is sent on, and nothing of it is left."""
    now, me = clock.now(), _me()
    visit = practice.of(me, now)
    if visit is not None:
        with writing():
            calls.end(calls.of(visit), me.actor, now)
        signalling.end(visit)
        with writing():
            files = practice.forget(visit)
        uploads.forget(files)
    return redirect(url_for("practice.page"), 303)


@blueprint.get("/practice/over")
@anybody
def over() -> ResponseReturnValue:
    """Where the pretend customer is left."""
    return render_template("call/practised.html")


def _path(visit: Appointment, _external: bool = False) -> str:
    """The pretend customer's page: here, or for another device by the shop's public address."""
    return url_for("call.customer", token=guard.token_of(visit.case), _external=_external)


def _me() -> Staff:
    me = guard.me()
    assert me is not None  # the rule of the views says so
    return me
