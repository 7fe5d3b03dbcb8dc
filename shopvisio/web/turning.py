"""A sale turned into a repair, and back: from the case's page, or in the middle of its call."""

from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField

from shopvisio import booking, calls, cases, clock, safety, turning
from shopvisio.accounts import Staff
from shopvisio.cases import Case
from shopvisio.errors import Invalid
from shopvisio.i18n import lazy
from shopvisio.web import telling, wire
from shopvisio.web.desk import FORMS, act
from shopvisio.web.guard import staff
from shopvisio.web.telling import Told

blueprint = Blueprint("turning", __name__, url_prefix="/desk/cases/<key>")
blueprint.add_app_template_global(turning.may, "may_turn")
blueprint.add_app_template_global(lambda: safety.DANGERS, "every_danger")


class TurnForm(FlaskForm):  # type: ignore[misc]
    """What is to be repaired; the dangers stand beside it."""

    device = StringField(lazy("Appareil"), id="turn-device", render_kw={"maxlength": 120})
    symptom = TextAreaField(lazy("Ce qui ne va pas"), id="turn-symptom", render_kw={"rows": 2, "maxlength": 2000})
    dangers = StringField(lazy("Sécurité : demandez ce qu’il y a sur place"))


FORMS["turn"] = TurnForm


@blueprint.app_template_global("turn_form")
def turn_form() -> TurnForm:
    """The form as it begins, for the page of a call."""
    return TurnForm(formdata=None)


@blueprint.post("/repair")
@staff("outcomes")
def repair(key: str) -> ResponseReturnValue:
    """What was a sale is a repair from now on."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> Told | None:
        device, symptom, is_told = form.device.data or "", form.symptom.data or "", telling.is_to_tell(case)
        turning.into_repair(case, device, symptom, _dangers(), me.actor, now, is_told)
        return "turned", {"asks": bool(cases.unwritten(case))}

    return _went_on(key, act(key, "turn", do))


@blueprint.post("/sale")
@staff("outcomes")
def sale(key: str) -> ResponseReturnValue:
    """What was a repair is a sale from now on."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> Told | None:
        turning.into_sale(case, me.actor, now, telling.is_to_tell(case))
        return "turned", {"asks": False}

    return _went_on(key, act(key, "turn", do))


def _dangers() -> list[str]:
    try:
        return safety.check(request.form.getlist("danger"))
    except Invalid as refusal:
        raise Invalid(fields={"dangers": refusal.message}) from None


def _went_on(key: str, answer: ResponseReturnValue) -> ResponseReturnValue:
    """The same answer; a call that is going on is told, and its pages are those of the other kind."""
    case = cases.find(key)
    visit = booking.upcoming(case, clock.now()) if case and isinstance(answer, Response) else None
    if visit is None or not (call := calls.find(visit)) or call.state == "ended":
        return answer
    wire.socketio.emit("turned", {}, to=wire.room(visit.key))
    return redirect(url_for("call.desk", key=visit.key), 303)
