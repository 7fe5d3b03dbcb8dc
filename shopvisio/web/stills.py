"""Stills by HTTP: sent from either side of a call, shown to either side of their case."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from shopvisio import booking, cases, clock, pictures, stills
from shopvisio.accounts import Actor
from shopvisio.booking import Appointment
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, NotFound, ShopVisioError
from shopvisio.i18n import _
from shopvisio.web import guard, uploads
from shopvisio.web.events import photos
from shopvisio.web.guard import case_link, staff

blueprint = Blueprint("stills", __name__)


@blueprint.post("/case/<token>/call/<key>/stills")
@case_link
def send(case: Case, key: str) -> ResponseReturnValue:
    """The customer's: multipart with ``photo`` and ``once``. JSON: the still as the socket tells it."""
    appointment = booking.find(key)
    if appointment is None or appointment.case_id != case.id:
        raise NotFound
    return _take(appointment, case.customer.actor)


@blueprint.post("/desk/appointments/<key>/stills")
@staff("calls")
def send_from_desk(key: str) -> ResponseReturnValue:
    """The staff's, in the same way."""
    appointment, me = booking.find(key), guard.me()
    assert me is not None  # the rule of the view says so
    if appointment is None:
        raise NotFound
    return _take(appointment, me.actor)


def _take(appointment: Appointment, actor: Actor) -> ResponseReturnValue:
    photo = request.files.get("photo")
    if photo is None:
        raise Invalid(_("Il manque la photo."))
    with photo.stream:  # closed too where it is not wanted
        return _keep(appointment, actor, photo)


def _keep(appointment: Appointment, actor: Actor, photo: FileStorage) -> ResponseReturnValue:
    now, key, once = clock.now(), appointment.key, request.form.get("once", "")
    still = stills.may_add(appointment, actor, once, now)
    if still is not None:
        return jsonify(photos.told(still))
    db.session.rollback()  # hold no transaction while the picture is worked on
    kept = uploads.keep(photo, stills.SIDE, stills.SMALL)
    try:
        with writing():
            visit = booking.find(key)
            assert visit is not None  # appointments are never deleted
            still, is_new = stills.add(visit, actor, once, kept.file, kept.width, kept.height, now)
            told = photos.told(still)
    except ShopVisioError:
        uploads.forget([kept.file])
        raise
    if is_new:
        photos.tell(key, told)
    else:
        uploads.forget([kept.file])
    return jsonify(told), 201


@blueprint.get("/case/<token>/still/<int:still_id>")
@case_link
def customer(case: Case, still_id: int) -> ResponseReturnValue:
    """A still of the customer's case; with ``?small`` its small copy."""
    return _show(case, still_id)


@blueprint.get("/desk/cases/<key>/still/<int:still_id>")
@staff("cases")
def desk(key: str, still_id: int) -> ResponseReturnValue:
    """The same for the desk."""
    case = cases.find(key)
    if case is None:
        raise NotFound
    return _show(case, still_id)


def _show(case: Case, still_id: int) -> Response:
    still = stills.find(case, still_id)
    answer = uploads.send(pictures.small(still.file) if "small" in request.args else still.file)
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"  # a still never changes
    return answer
