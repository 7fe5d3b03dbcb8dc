"""The counter: what staff book, move and call off for a customer, on the telephone as a rule."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, StringField, TelField, TextAreaField
from wtforms.validators import DataRequired, Email, Length, Optional, ValidationError

from shopvisio import accounts, booking, calls, cases, clock, intake, legal, mail, safety, settings
from shopvisio.accounts import Customer, Staff
from shopvisio.availability import Slot
from shopvisio.booking import Appointment, ByStaff, Service
from shopvisio.cases import Case, Intake
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Invalid, NotFound, SlotTaken
from shopvisio.i18n import _, here, lazy
from shopvisio.web import guard, moment, signalling, telling, wake_jobs, wire
from shopvisio.web.guard import staff
from shopvisio.web.typed import blame, minutes

blueprint = Blueprint("counter", __name__, url_prefix="/desk")

DAYS = 7  # of free times on one page


@dataclass(frozen=True)
class Choice:
    """A time that staff chose, and with whom; ``is_outside`` the hours."""

    service: Service
    start: datetime
    colleague: Staff | None
    is_outside: bool


def _me() -> Staff:
    me = guard.me()
    assert me is not None  # every view here asks for a role
    return me


def _colleague(service: Service) -> Staff | None:
    """Whom the address or the form names. Raises NotFound for somebody who does not take this kind of visit."""
    key = request.values.get("who", "")
    found = next((person for person in _takers(service) if person.key == key), None)
    if key and found is None:
        raise NotFound
    return found


def _takers(service: Service) -> list[Staff]:
    named = {person.id for person in service.people}
    return [person for person in booking.takers(service) if not named or person.id in named]


# -- a time


def _times_page(
    service: Service, now: datetime, moving: Appointment | None = None, again: Case | None = None, **more: Any
) -> str:
    """The free times of a week, notice and horizon aside, and a box for any other."""
    today, who = here(now).date(), _colleague(service)
    first = _first_day(today)
    slots = booking.free_slots(service, first, DAYS, now, moving, is_staff=True)
    offered = [slot for slot in slots if who is None or who.id in slot.staff]
    return render_template(
        "desk/times.html",
        service=service,
        services=booking.services(),
        people=_takers(service),
        who=who,
        moving=moving,
        again=again,
        days=_by_day(offered),
        first=first,
        before=max(first - timedelta(days=DAYS), today) if first > today else None,
        after=first + timedelta(days=DAYS),
        today=today,
        typed=request.args,
        **more,
    )


def _by_day(slots: Collection[Slot]) -> list[tuple[date, list[Slot]]]:
    return [(day, list(found)) for day, found in groupby(slots, lambda slot: here(slot.start).date())]


def _first_day(today: date) -> date:
    try:
        asked = date.fromisoformat(request.args.get("from", ""))
    except ValueError:
        return today
    return min(max(asked, today), today + booking.FURTHEST)


def _typed_start() -> datetime | None:
    """The time that was picked, or typed as a day and an hour; None when none was. Raises Invalid (``time``)."""
    if request.values.get("start"):
        return moment(request.values["start"])
    day, time = request.values.get("day", ""), request.values.get("time", "")
    if not day and not time:
        return None
    try:
        found = date.fromisoformat(day)
        at = minutes(time)
        if not 2000 <= found.year <= 2999 or at >= 24 * 60:
            raise ValueError(day)
    except ValueError:
        raise Invalid(fields={"time": _("Un jour et une heure, comme 18:30.")}) from None
    return datetime(found.year, found.month, found.day, at // 60, at % 60, tzinfo=settings.zone())


def _choice(service: Service, start: datetime, moving: Appointment | None = None) -> Choice:
    who = _colleague(service)
    return Choice(service, start, who, booking.is_outside(service, start, who, clock.now(), moving))


def _by_me(choice: Choice, tell: bool = True) -> ByStaff:
    return ByStaff(_me().actor, choice.colleague, "outside" in request.form, tell)


@blueprint.get("/book")
@staff("calls")
def times() -> ResponseReturnValue:
    """Which visit, with whom, when. A time leads on to the person."""
    offered = booking.services()
    wanted = request.args.get("service", "")
    service = next((one for one in offered if str(one.id) == wanted), offered[0] if offered else None)
    if service is None:
        raise NotFound(_("Aucun rendez-vous n’est proposé : ajoutez-en un dans les réglages."))
    return _times_page(service, clock.now(), refusal=None)


# -- the person


class PhoneForm(FlaskForm):  # type: ignore[misc]
    """Who calls and what for; an address is not asked of who has none."""

    name = StringField(lazy("Nom"), [DataRequired(lazy("Indiquez le nom.")), Length(max=120)])
    phone = TelField(lazy("Téléphone"), [DataRequired(lazy("Indiquez un numéro où joindre le client."))])
    email = EmailField(
        lazy("E-mail"),
        [Optional(), Email(lazy("Il manque une partie de l’adresse, par exemple « @ » ou la fin « .fr »."))],
        description=lazy("Sans adresse, aucun e-mail ne part : vous dictez ou imprimez le lien."),
    )
    device = StringField(
        lazy("Appareil"), [DataRequired(lazy("Dites en quelques mots de quoi il s’agit.")), Length(max=120)]
    )
    brand = StringField(lazy("Marque"), [Length(max=80)])
    model = StringField(lazy("Modèle"), [Length(max=80)])
    symptom = TextAreaField(lazy("Ce que dit le client"), [Length(max=3000)], render_kw={"rows": 3})
    terms = BooleanField(lazy("Conditions générales"))
    immediate = BooleanField(lazy("Début de la réparation"))
    outside = BooleanField(lazy("Heure choisie"))

    def __init__(self, service: Service, **given: Any) -> None:
        super().__init__(**given)
        if service.kind != "repair":
            self.device.label.text = _("Ce que le client veut voir")

    def validate_phone(self, field: TelField) -> None:
        """A number that can be called."""
        try:
            settings.phone(field.data)
        except ValueError as refusal:
            raise ValidationError(str(refusal)) from None


def _service(service_id: int) -> Service:
    service = db.session.get(Service, service_id)
    if service is None or not service.active:
        raise NotFound(_("Ce rendez-vous n’est plus proposé."))
    return service


@blueprint.route("/book/<int:service_id>", methods=["GET", "POST"])
@staff("calls")
def person(service_id: int) -> ResponseReturnValue:
    """For whom: somebody known, found by name, number or address, or somebody new. The button books."""
    now, service = clock.now(), _service(service_id)
    try:
        start = _typed_start()
    except Invalid as refusal:
        return _times_page(service, now, refusal=refusal), 422
    if start is None:
        return redirect(url_for("counter.times", service=service.id))
    choice = _choice(service, start)
    if request.method == "GET":
        return _person_page(choice, PhoneForm(service, formdata=None, obj=_known()))
    form = PhoneForm(service)
    if not form.validate():
        return _person_page(choice, form), 422
    try:
        with writing():
            key = _take_down(choice, form, now).key
    except Invalid as refusal:
        blame(form, refusal)
        return _person_page(choice, form, refusal), 422
    except Conflict as refusal:
        return _person_page(choice, form, refusal), 409
    wake_jobs()
    wire.tell_desk()
    return redirect(url_for("counter.slip", key=key), 303)


def _known() -> Customer | None:
    number = request.values.get("known", "")
    return (
        db.session.get(Customer, int(number)) if number.isascii() and number.isdecimal() and len(number) < 10 else None
    )


def _person_page(choice: Choice, form: PhoneForm, refusal: Exception | None = None) -> str:
    words = request.args.get("q", "").strip()[:100]
    return render_template(
        "desk/person_by_phone.html",
        choice=choice,
        form=form,
        refusal=refusal,
        words=words,
        found=accounts.customers_like(words),
        known=_known(),
        agreed=_to_say(choice.service),
        dangers=safety.DANGERS if choice.service.kind == "repair" else {},
        ticked=request.form.getlist("danger"),
        mail_leaves=mail.is_configured(),
    )


def _to_say(service: Service) -> dict[str, str]:
    """What the customer may say yes to aloud, word for word, by kind."""
    return legal.asked(service.kind, clock.now())


def _take_down(choice: Choice, form: PhoneForm, now: datetime) -> Appointment:
    known, typed = _known(), form.data
    customer = Customer(
        name=typed["name"].strip(),
        email=(typed["email"] or "").strip(),
        phone=settings.phone(typed["phone"]),
        language=known.language if known else settings.get("language"),
        created=now,
    )
    if known is not None:
        customer.street, customer.postcode, customer.city = known.street, known.postcode, known.city
    device, brand, model, symptom = ((typed[name] or "").strip() for name in ("device", "brand", "model", "symptom"))
    agreed = {kind: text for kind, text in _to_say(choice.service).items() if typed[kind]}
    return intake.take_down(
        choice.service,
        customer,
        Intake(device, brand, model, symptom),
        choice.start,
        agreed,
        _dangers(choice.service),
        _by_me(choice),
        now,
    )


def _dangers(service: Service) -> list[str]:
    if service.kind != "repair":
        return []
    try:
        return safety.check(request.form.getlist("danger"))
    except Invalid as refusal:
        raise Invalid(fields={"dangers": refusal.message}) from None


# -- afterwards


def _appointment(key: str) -> Appointment:
    found = booking.find(key)
    if found is None:
        raise NotFound
    return found


@blueprint.get("/appointments/<key>/slip")
@staff("calls")
def slip(key: str) -> ResponseReturnValue:
    """What was booked, to be read out or printed: the hour, with whom, the customer's own link."""
    found = _appointment(key)
    return render_template(
        "desk/slip.html",
        appointment=found,
        case=found.case,
        link=telling.link(found.case),
        entrance=url_for("book.entrance", _external=True),
        mail_leaves=telling.leaves(found.case),
    )


# -- another visit of the same case


@blueprint.route("/cases/<key>/visit", methods=["GET", "POST"])
@staff("calls")
def again(key: str) -> ResponseReturnValue:
    """Another visit of a case, at no cost: the times first, then what the customer will read, then the button."""
    now, case = clock.now(), cases.find(key)
    if case is None:
        raise NotFound
    if not may_see_again(case, now):
        return redirect(url_for("desk.case", key=key), 303)
    service = booking.service_of(case)
    try:
        start = _typed_start()
    except Invalid as refusal:
        return _times_page(service, now, again=case, refusal=refusal), 422
    if start is None:
        return _times_page(service, now, again=case, refusal=None)
    choice = _choice(service, start)
    if request.method == "GET":
        return _again_page(case, choice)
    try:
        with writing():
            booked = booking.book(case, service, start, now, _by_me(choice, telling.is_to_tell(case))).key
    except (Invalid, SlotTaken) as refusal:
        return _again_page(case, choice, refusal), 409 if isinstance(refusal, SlotTaken) else 422
    wake_jobs()
    wire.tell_desk()
    return redirect(url_for("counter.slip", key=booked), 303)


@blueprint.app_template_global("may_see_again")
def may_see_again(case: Case, now: datetime) -> bool:
    """Whether staff may book another visit of this case."""
    is_waiting = case.state == "booked" or cases.may_book_again(case)
    return is_waiting and booking.upcoming(case, now) is None


def _again_page(case: Case, choice: Choice, refusal: Exception | None = None) -> str:
    fitting = booking.who_is_free(choice.service, choice.start, clock.now(), None, choice.is_outside)
    to = choice.colleague or (db.session.get(Staff, fitting[0]) if fitting else None) or _me()
    return render_template(
        "desk/again.html",
        case=case,
        choice=choice,
        to=to,
        told=_preview("confirmation", case, Foretold(choice.start, to, 1 + len(booking.appointments(case)))),
        refusal=refusal,
        mail_leaves=telling.leaves(case),
    )


# -- another time, or none


@dataclass(frozen=True)
class Foretold:
    """The visit as it would be after a move: for the mail that is shown before it is written."""

    start: datetime
    staff: Staff
    visit: int


@blueprint.route("/appointments/<key>/move", methods=["GET", "POST"])
@staff("calls")
def move(key: str) -> ResponseReturnValue:
    """Another time or colleague: the times first, then what the customer will read, then the button."""
    now, found = clock.now(), _appointment(key)
    try:
        start = _typed_start()
    except Invalid as refusal:
        return _times_page(found.service, now, found, refusal=refusal), 422
    if start is None:
        return _times_page(found.service, now, found, refusal=None)
    choice = _choice(found.service, start, found)
    if request.method == "GET":
        return _move_page(found, choice)
    try:
        with writing():
            calls.start_over(found)
            booking.move(found, start, _me().actor, now, _by_me(choice, telling.is_to_tell(found.case)))
    except (Invalid, SlotTaken) as refusal:
        return _move_page(found, choice, refusal), 409 if isinstance(refusal, SlotTaken) else 422
    return _changed(found)


def _move_page(found: Appointment, choice: Choice, refusal: Exception | None = None) -> str:
    fitting = booking.who_is_free(found.service, choice.start, clock.now(), found, choice.is_outside)
    to = choice.colleague or (db.session.get(Staff, fitting[0]) if fitting else None) or found.staff
    told = _preview("moved", found.case, Foretold(choice.start, to, found.visit))
    return render_template(
        "desk/change.html",
        appointment=found,
        case=found.case,
        choice=choice,
        to=to,
        told=told,
        refusal=refusal,
        mail_leaves=telling.leaves(found.case),
    )


def _preview(name: str, case: Case, appointment: Foretold | Appointment) -> telling.Letter:
    return telling.letter(case, (name, {"appointment": appointment, "asks": False}))


def _changed(found: Appointment) -> ResponseReturnValue:
    signalling.end(found)
    wake_jobs()
    return redirect(url_for("desk.case", key=found.case.key), 303)


@blueprint.route("/appointments/<key>/cancel", methods=["GET", "POST"])
@staff("calls")
def cancel(key: str) -> ResponseReturnValue:
    """Called off by the shop: what the customer will read, then the button. Pressed twice, it is cancelled once."""
    now, found = clock.now(), _appointment(key)
    if found.cancelled:
        return redirect(url_for("desk.case", key=found.case.key), 303)
    if request.method == "GET":
        return render_template(
            "desk/change.html",
            appointment=found,
            case=found.case,
            choice=None,
            to=None,
            told=_preview("cancelled", found.case, found),
            refusal=None,
            mail_leaves=telling.leaves(found.case),
        )
    with writing():
        calls.start_over(found)
        booking.cancel(found, now, ByStaff(_me().actor, tell=telling.is_to_tell(found.case)))
    return _changed(found)
