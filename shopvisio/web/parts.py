"""The desk's acts on the parts of a case, and the page of all that are not settled yet."""

from datetime import datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, StringField, TextAreaField, URLField

from shopvisio import booking, calls, cases, clock, letters, money, parts, stops
from shopvisio.accounts import Staff
from shopvisio.cases import UNFITTED, Case, Part
from shopvisio.errors import NotFound
from shopvisio.i18n import lazy
from shopvisio.parts import Wanted
from shopvisio.web import telling
from shopvisio.web.desk import FORMS, act, concluded
from shopvisio.web.guard import staff
from shopvisio.web.telling import Told
from shopvisio.web.typed import choices_of

blueprint = Blueprint("parts", __name__, url_prefix="/desk")


class PartForm(FlaskForm):  # type: ignore[misc]
    """The part that is needed."""

    name = StringField(lazy("Pièce"), id="part-name", render_kw={"maxlength": 120})
    reference = StringField(lazy("Référence"), id="part-reference", render_kw={"maxlength": 80})
    supplier = StringField(lazy("Fournisseur"), id="part-supplier", render_kw={"maxlength": 80})
    price = StringField(
        lazy("Prix TTC"),
        description=lazy("Facturé seulement si l’appareil est réparé."),
        id="part-price",
        render_kw={"inputmode": "decimal"},
    )
    included = BooleanField(lazy("Comprise dans le forfait, rien de plus à payer"), id="part-included")
    words = TextAreaField(lazy("Pourquoi il la faut"), id="part-words", render_kw={"rows": 2, "maxlength": 2000})


class OrderForm(FlaskForm):  # type: ignore[misc]
    """The part is ordered."""

    supplier = StringField(lazy("Fournisseur"), render_kw={"maxlength": 80})


class SendForm(FlaskForm):  # type: ignore[misc]
    """The part has left."""

    carrier = StringField(lazy("Transporteur"), render_kw={"maxlength": 80})
    tracking = URLField(lazy("Lien de suivi"), description=lazy("Facultatif ; celui que donne le transporteur."))


class DropForm(FlaskForm):  # type: ignore[misc]
    """The part is given up."""

    words = TextAreaField(
        lazy("Pourquoi"), description=lazy("Le client le lit."), render_kw={"rows": 2, "maxlength": 500}
    )


class FateForm(FlaskForm):  # type: ignore[misc]
    """The part was not fitted."""

    fate = RadioField(lazy("Ce qu’elle devient"), choices=choices_of(UNFITTED))


class PlainForm(FlaskForm):  # type: ignore[misc]
    """A button, and nothing to type."""


FORMS.update(
    {
        "part": PartForm,
        "change": PartForm,
        "order": OrderForm,
        "send": SendForm,
        "drop": DropForm,
        "fate": FateForm,
        "back": PlainForm,
        "received": PlainForm,
        "wait": PlainForm,
    }
)


@blueprint.post("/cases/<key>/part")
@staff("outcomes")
def offer(key: str) -> ResponseReturnValue:
    """A part is needed: named and priced, for the customer to accept. Sent with ``keep``, or while a visit is to come,
    the call goes on; else it is over."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> Told | None:
        stops.refuse(case)
        is_told, goes_on = telling.is_to_tell(case), "keep" in request.form or _is_before(case, now)
        parts.offer(case, _wanted(form), form.words.data or "", me.actor, now, is_told, goes_on)
        return "part", letters.asking(case)

    answer = act(key, "part", do)
    if "keep" not in request.form:
        return concluded(key, answer)
    return _told_in_call(key, answer)


def _told_in_call(key: str, answer: ResponseReturnValue) -> ResponseReturnValue:
    """The same answer, once the call has heard of it; a page that stays where it is wants none."""
    if not isinstance(answer, Response):
        return answer
    case = cases.find(key)
    if case is not None:
        telling.in_call(case)
    return ("", 204) if request.headers.get("X-Piece") else answer


@blueprint.get("/cases/<key>/parts")
@staff("cases")
def piece(key: str) -> ResponseReturnValue:
    """What the customer answers, as the call's page shows it beside the picture: what was a sale's fee, the parts."""
    case = cases.find(key)
    if case is None or not (case.parts or cases.is_turned(case)):
        raise NotFound
    is_agreed = not cases.unwritten(case)
    return render_template(
        "call/_parts.html", case=case, states=parts.STATES, is_turned=cases.is_turned(case), is_agreed=is_agreed
    )


@blueprint.post("/cases/<key>/wait")
@staff("outcomes")
def wait(key: str) -> ResponseReturnValue:
    """The call is over, and goes on once the parts are there."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> None:
        parts.follow(case)

    return concluded(key, act(key, "wait", do))


def _is_before(case: Case, now: datetime) -> bool:
    """Whether a visit is to come: one whose call has begun before its hour is not."""
    coming = booking.upcoming(case, now)
    if coming is None or now >= coming.start:
        return False
    call = calls.find(coming)
    return call is None or call.started is None


@blueprint.post("/cases/<key>/parts/<int:part_id>/change")
@staff("outcomes")
def change(key: str, part_id: int) -> ResponseReturnValue:
    """Other words or another price: to be accepted anew."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> Told | None:
        part, before = parts.find(case, part_id), case.offer
        parts.change(case, part, _wanted(form), me.actor, now, telling.is_to_tell(case))
        return ("part", letters.asking(case)) if case.offer != before else None

    return _told_in_call(key, act(key, "change", do, part_id))


def _wanted(form: FlaskForm) -> Wanted:
    """What was typed; 0 when included. Raises Invalid with every field at once."""
    typed = form.data
    try:
        price = 0 if typed["included"] else money.cents(typed["price"] or "")
    except ValueError:
        price = -1
    return Wanted(typed["name"] or "", typed["reference"] or "", typed["supplier"] or "", price)


@blueprint.post("/cases/<key>/parts/<int:part_id>/order")
@staff("outcomes")
def order(key: str, part_id: int) -> ResponseReturnValue:
    """It is ordered: the shop's own affair."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> None:
        parts.order(case, parts.find(case, part_id), form.supplier.data or "", me.actor, now)

    return act(key, "order", do, part_id)


@blueprint.post("/cases/<key>/parts/<int:part_id>/send")
@staff("outcomes")
def send(key: str, part_id: int) -> ResponseReturnValue:
    """It has left."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> Told:
        part, is_told = parts.find(case, part_id), telling.is_to_tell(case)
        parts.send(case, part, form.carrier.data or "", form.tracking.data or "", me.actor, now, is_told)
        return "part_sent", {"part": part}

    return act(key, "send", do, part_id)


@blueprint.post("/cases/<key>/parts/<int:part_id>/drop")
@staff("outcomes")
def drop(key: str, part_id: int) -> ResponseReturnValue:
    """It will not come."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> Told:
        part, words = parts.find(case, part_id), form.words.data or ""
        parts.drop(case, part, words, me.actor, now, telling.is_to_tell(case))
        return "part_dropped", {"part": part, "words": words.strip()}

    return _told_in_call(key, act(key, "drop", do, part_id))


@blueprint.post("/cases/<key>/parts/<int:part_id>/fate")
@staff("outcomes")
def fate(key: str, part_id: int) -> ResponseReturnValue:
    """It was not fitted: sent back at the shop's cost, or left."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> Told:
        part = parts.find(case, part_id)
        parts.give_up(case, part, form.fate.data or "", me.actor, now, telling.is_to_tell(case))
        return "part_unfitted", letters.unfitted(case)

    return act(key, "fate", do, part_id)


@blueprint.post("/cases/<key>/parts/<int:part_id>/back")
@staff("outcomes")
def back(key: str, part_id: int) -> ResponseReturnValue:
    """It came back to the shop."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> None:
        parts.take_back(case, parts.find(case, part_id), me.actor, now)

    return act(key, "back", do, part_id)


@blueprint.post("/cases/<key>/received")
@staff("outcomes")
def received(key: str) -> ResponseReturnValue:
    """The customer says on the telephone that it is there."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> None:
        parts.receive(case, me.actor, now)

    return act(key, "received", do)


# -- all of the shop

NEXT = {  # what is due next, and whose move it is
    "offered": (lazy("Le client répond"), False),
    "accepted": (lazy("La commander ou l’envoyer"), True),
    "ordered": (lazy("L’envoyer"), True),
    "sent": (lazy("Le client la reçoit"), False),
    "received": (lazy("Le client reprend rendez-vous"), False),
    "to_return": (lazy("Le client la renvoie"), False),
}
SORTS = {"age": lazy("Les plus anciennes"), "next": lazy("À nous d’abord"), "supplier": lazy("Par fournisseur")}


@blueprint.get("/parts")
@staff("cases")
def listing() -> ResponseReturnValue:
    """Every part that something is still to be done about: how old, what is due next."""
    now = clock.now()
    state, sort = request.args.get("state", ""), request.args.get("sort", "")
    found = parts.outstanding()
    counts = {name: sum(1 for part in found if part.state == name) for name in NEXT}
    shown = [part for part in found if state not in NEXT or part.state == state]
    return render_template(
        "desk/parts.html",
        rows=[(part, (now - parts.moved(part)).days, (now - part.created).days) for part in _sorted(shown, sort)],
        state=state if state in NEXT else "",
        sort=sort if sort in SORTS else "age",
        counts={name: n for name, n in counts.items() if n},
        states=parts.STATES,
        next=NEXT,
        sorts=SORTS,
    )


def _sorted(found: list[Part], sort: str) -> list[Part]:
    oldest = sorted(found, key=parts.moved)
    if sort == "next":
        return sorted(oldest, key=lambda part: not NEXT[part.state][1])
    if sort == "supplier":
        return sorted(oldest, key=lambda part: (not part.supplier, part.supplier.lower()))
    return oldest
