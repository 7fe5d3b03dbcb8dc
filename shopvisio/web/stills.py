"""Stills by HTTP: sent in pieces from either side of a call, shown to either side of their case."""

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.http import parse_content_range_header
from werkzeug.wrappers import Response

from shopvisio import booking, cases, clock, marks, pictures, practice, stills
from shopvisio.accounts import Actor
from shopvisio.booking import Appointment
from shopvisio.calls import Call
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Invalid, NotFound, ShopVisioError
from shopvisio.i18n import _
from shopvisio.pieces import Part
from shopvisio.stills import Shot, Still
from shopvisio.web import guard, uploads
from shopvisio.web.events import photos
from shopvisio.web.guard import case_link, guest_link, staff

blueprint = Blueprint("stills", __name__)


@blueprint.route("/case/<token>/call/<key>/stills/<word>", methods=["GET", "POST"])
@case_link
def send(case: Case, key: str, word: str) -> ResponseReturnValue:
    """The customer's. JSON: GET tells ``{held}``, how many bytes of this sending are here; POST brings some more, their
    place in ``Content-Range``. Once it is whole, both answer the still as the socket tells it."""
    appointment = booking.find(key)
    if appointment is None or appointment.case_id != case.id:
        raise NotFound
    return _sending(appointment, case.customer.actor, word)


@blueprint.route("/desk/appointments/<key>/stills/<word>", methods=["GET", "POST"])
@staff("calls")
def send_from_desk(key: str, word: str) -> ResponseReturnValue:
    """The staff's, in the same way."""
    appointment, me = booking.find(key), guard.me()
    assert me is not None  # the rule of the view says so
    if appointment is None:
        raise NotFound
    return _sending(appointment, me.actor, word)


def _sending(appointment: Appointment, actor: Actor, once: str) -> ResponseReturnValue:
    key = appointment.key
    already = stills.may_add(appointment, actor, once, clock.now())
    if already is not None:
        return jsonify(photos.told(already))
    part = Part(uploads.arriving(), f"{key}.{actor.kind}", once)
    if request.method == "GET":
        return jsonify(held=part.held)
    start, stop, whole = _range()
    db.session.rollback()  # hold no transaction while the picture comes in and is worked on
    try:
        part.add(request.stream, start, stop)
    except Conflict:
        return jsonify(held=part.held), 409  # the sender goes on from there
    if part.held < whole:
        return jsonify(held=part.held), 202
    return _keep(key, actor, once, part, _shot())


def _shot() -> Shot:
    """Which of the list of what to show it is, and of what product, as the address says."""
    product = request.args.get("product", "")
    is_number = product.isascii() and product.isdigit() and len(product) < 10
    return Shot(request.args.get("shot", ""), int(product) if is_number else None)


def _range() -> tuple[int, int, int]:
    """Where the bytes that are sent belong, and of how many they are. Raises Invalid with a sentence for the sender."""
    found = parse_content_range_header(request.headers.get("Content-Range"))
    if found is None or found.start is None or found.stop is None or found.length is None:
        raise Invalid(_("Il manque la photo."))
    if found.length > pictures.LARGEST:
        raise Invalid(_("Cette photo est trop lourde, 20 Mo au plus."))
    return found.start, min(found.stop, found.length), found.length


def _keep(key: str, actor: Actor, once: str, part: Part, shot: Shot) -> ResponseReturnValue:
    try:
        with part.path.open("rb") as photo:
            kept = uploads.keep_stream(photo, stills.SIDE)
    finally:
        part.forget()
    try:
        with writing():
            visit = booking.find(key)
            assert visit is not None  # appointments are never deleted
            still, is_new = stills.add(visit, actor, once, kept.file, kept.width, kept.height, clock.now(), shot)
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
    case = cases.find(key) or practice.behind(key)
    if case is None:
        raise NotFound
    return _show(case, still_id)


@blueprint.get("/case/<token>/still/<int:still_id>/<any(marks, drawing):what>.svg")
@case_link
def customer_marks(case: Case, still_id: int, what: str) -> ResponseReturnValue:
    """What is drawn on a still of the customer's case: the marks alone, or upon the picture."""
    token = guard.token_of(case)
    return _draw(case, still_id, what, url_for("stills.customer", token=token, still_id=still_id))


@blueprint.get("/desk/cases/<key>/still/<int:still_id>/<any(marks, drawing):what>.svg")
@staff("cases")
def desk_marks(key: str, still_id: int, what: str) -> ResponseReturnValue:
    """The same for the desk."""
    case = cases.find(key) or practice.behind(key)
    if case is None:
        raise NotFound
    return _draw(case, still_id, what, url_for("stills.desk", key=key, still_id=still_id))


@blueprint.get("/guest/<token>/still/<int:still_id>")
@guest_link
def guest(call: Call | None, token: str, still_id: int) -> ResponseReturnValue:
    """The still that lies open in a third person's call, while it does; no other."""
    if call is None or call.state == "ended":
        raise NotFound
    still = stills.find(call.appointment.case, still_id)
    if not marks.lies_open(call.appointment, still):
        raise NotFound
    answer = uploads.send(pictures.small(still.file) if "small" in request.args else still.file)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.app_template_global("marks_on")
def marks_on(still_id: int) -> list[str]:
    """The marks on a still, in words."""
    still = db.session.get(Still, still_id)
    return marks.words(marks.of(still)) if still else []


@blueprint.app_template_global("shows_of")
def shows_of(still_id: int) -> tuple[str, str]:
    """What of a product a still shows, in a word and with the product's name; empty where it is not of the list."""
    still = db.session.get(Still, still_id)
    return (str(stills.SHOTS[still.shot]), still.shows) if still and still.shot else ("", "")


@blueprint.app_template_global("shots")
def shots() -> dict[str, str]:
    """The list of what to show of a thing."""
    return {name: str(words) for name, words in stills.SHOTS.items()}


@blueprint.app_template_global("stamps")
def stamps() -> dict[str, str]:
    """The stamps that may be set, in words."""
    return {name: str(words) for name, words in marks.STAMPS.items()}


def _draw(case: Case, still_id: int, what: str, picture: str) -> Response:
    drawn = marks.svg(stills.find(case, still_id), picture if what == "drawing" else "")
    answer = Response(drawn, mimetype="image/svg+xml", headers={"Cache-Control": "private, no-cache"})
    answer.add_etag()
    return answer.make_conditional(request)


def _show(case: Case, still_id: int) -> Response:
    still = stills.find(case, still_id)
    answer = uploads.send(still.file)
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"  # a still never changes
    return answer
