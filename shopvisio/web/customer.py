"""The customer's side of a case, behind one link for its whole life: what is next, and every answer they give."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from babel.support import LazyProxy
from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from stdnum import iban as stdnum_iban
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from shopvisio import (
    booking,
    calls,
    cards,
    cases,
    clock,
    ics,
    intake,
    invoices,
    legal,
    mail,
    papers,
    parts,
    payments,
    settings,
    stills,
    trials,
)
from shopvisio.booking import Appointment
from shopvisio.calls import Call
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.errors import Invalid, NotFound, SlotTaken
from shopvisio.i18n import _, lazy
from shopvisio.invoices import Kind, Paper
from shopvisio.web import guard, signalling, story, telling, uploads, wake_jobs
from shopvisio.web.book import chosen_start, times_page
from shopvisio.web.guard import case_link
from shopvisio.web.typed import blame

blueprint = Blueprint("customer", __name__, url_prefix="/case/<token>")

PAPERS = {
    Kind.INVOICE.value: lazy("Facture"),
    Kind.CREDIT_NOTE.value: lazy("Avoir"),
    Kind.NO_CHARGE_NOTE.value: lazy("Compte rendu sans frais"),
}
LONGEST_WORDS = 2000


class WordsForm(FlaskForm):  # type: ignore[misc]
    """What the customer has to say, if anything."""

    words = TextAreaField(
        lazy("Ce que vous voulez nous dire"),
        [Length(max=LONGEST_WORDS, message=lazy("2000 signes au plus."))],
    )


class PartForm(FlaskForm):  # type: ignore[misc]
    """Where the parts go; ``offer`` is the version that the customer saw."""

    offer = HiddenField()
    street = StringField(
        lazy("Adresse de livraison"),
        [DataRequired(lazy("Il manque le numéro et la rue.")), Length(max=120, message=lazy("120 signes au plus."))],
        render_kw={"autocomplete": "street-address"},
    )
    postcode = StringField(
        lazy("Code postal"),
        [DataRequired(lazy("Il manque le code postal.")), Length(max=12, message=lazy("12 signes au plus."))],
        render_kw={"autocomplete": "postal-code", "inputmode": "numeric"},
    )
    city = StringField(
        lazy("Ville"),
        [DataRequired(lazy("Il manque la ville.")), Length(max=80, message=lazy("80 signes au plus."))],
        render_kw={"autocomplete": "address-level2"},
    )


# -- the page


@blueprint.get("")
@case_link
def case(case: Case) -> ResponseReturnValue:
    """What is next, what is owed, the papers, the story."""
    return _case_page(case, clock.now())


@dataclass(frozen=True)
class Sheet:
    """A paper as the customer's page lists it; ``due`` is cents still to pay, ``is_undone`` by a credit note,
    ``may_pay`` by card over the network."""

    name: LazyProxy
    paper: Paper
    due: int
    is_undone: bool
    may_pay: bool


def _case_page(case: Case, now: datetime, contest_form: WordsForm | None = None) -> str:
    appointment = booking.upcoming(case, now)
    call = calls.find(appointment) if appointment else None
    if call is not None and call.state == "ended":
        appointment = None
    judged = case.state == "closed" and case.outcome in cases.REPAIR_OUTCOMES
    return render_template(
        "customer/case.html",
        case=case,
        token=guard.token_of(case),
        link=url_for("customer.case", token=guard.token_of(case), _external=True),
        is_new="new" in request.args,
        is_moved="moved" in request.args,
        may_change=_still_to_come(case, now) is not None,
        may_withdraw=cases.may_withdraw(case, now),
        may_book_again=cases.may_book_again(case),
        mail_leaves=mail.is_configured() and bool(case.customer.email),
        is_to_accept=bool(cases.unwritten(case)),
        must_ask=appointment is not None and calls.must_ask(case, appointment.start),
        begins=cases.begins(case),
        is_turned=cases.is_turned(case),
        appointment=appointment,
        opens=calls.opens(appointment) if appointment else None,
        is_live=call is not None and call.state == "live",
        late=_late(appointment, call),
        trial=trials.latest(case),
        trial_verdicts=trials.VERDICTS,
        staff=_last_colleague(case),
        sheets=[_sheet(paper) for paper in invoices.of_case(case.id)],
        is_being_drawn=judged and papers.current(case) is None,
        iban=stdnum_iban.format(settings.get("iban")),
        bic=settings.get("bic"),
        may_contest=judged and case.confirmed_by == "staff",
        consents=[consent for consent in cases.consents(case) if consent.version_id],
        legal_texts=legal.TEXTS,
        days=story.by_day(case.journal, to_customer=True),
        stills=[still.id for still in stills.of_case(case)],
        still_url=partial(url_for, "stills.customer", token=guard.token_of(case)),
        marks_url=partial(url_for, "stills.customer_marks", token=guard.token_of(case)),
        contest_form=contest_form or WordsForm(),
    )


def _late(appointment: Appointment | None, call: Call | None) -> tuple[int, datetime] | None:
    """By how many minutes the colleague is late, and when they are expected."""
    if appointment is None or call is None or call.started is not None or not call.late:
        return None
    return call.late, appointment.start + timedelta(minutes=call.late)


def _sheet(paper: Paper) -> Sheet:
    return Sheet(PAPERS[paper.kind], paper, payments.owed(paper), invoices.is_taken_back(paper), cards.may_pay(paper))


def _last_colleague(case: Case) -> str:
    """The first name of whom the customer last had, or will have, in front of them."""
    kept = booking.appointments(case)
    return kept[-1].staff.name.split()[0] if kept else ""


@blueprint.get("/appointment.ics")
@case_link
def calendar(case: Case) -> ResponseReturnValue:
    """The appointment for the customer's own calendar."""
    now = clock.now()
    appointment = booking.upcoming(case, now)
    if appointment is None:
        raise NotFound(_("Il n’y a pas de rendez-vous à venir dans ce dossier."))
    url = url_for("customer.case", token=guard.token_of(case), _external=True)
    phone = settings.phone_for_eyes(settings.get("phone"))
    shop, email = settings.get("shop_name"), settings.get("email")
    file = Response(ics.of(appointment, shop, email, phone, url, now), mimetype="text/calendar")
    file.headers["Content-Disposition"] = "attachment; filename=rendez-vous.ics"
    return file


@blueprint.get("/photo/<int:photo_id>")
@case_link
def photo(case: Case, photo_id: int) -> ResponseReturnValue:
    """A photo of the intake."""
    found = next((photo for photo in case.photos if photo.id == photo_id), None)
    if found is None:
        raise NotFound
    return uploads.send(found.file)


@blueprint.get("/paper/<number>")
@case_link
def paper(case: Case, number: str) -> ResponseReturnValue:
    """A paper of this case as PDF; while it is being drawn, a page that comes back by itself."""
    found: Paper | None = next((p for p in invoices.of_case(case.id) if p.number == number), None)
    if found is None:
        raise NotFound
    pdf = invoices.pdf_of(found)
    if pdf is None:
        page = render_template("customer/paper.html", name=PAPERS[found.kind], token=guard.token_of(case))
        return page, 503, {"Retry-After": "3"}
    file = Response(pdf, mimetype="application/pdf")
    file.headers["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    return file


# -- another visit


@blueprint.route("/times", methods=["GET", "POST"])
@case_link
def times(case: Case) -> ResponseReturnValue:
    """The next visit of the same case, at 0 €."""
    now, home = clock.now(), _home(case)
    if not cases.may_book_again(case):
        return redirect(home)
    service = booking.service_of(case)
    if request.method == "GET":
        return times_page(service, now, back=home, case=case)
    try:
        with writing():
            booking.book(case, service, chosen_start(), now)
    except (Invalid, SlotTaken) as refusal:
        page = times_page(service, now, back=home, case=case, refusal=refusal)
        return page, 409 if isinstance(refusal, SlotTaken) else 422
    wake_jobs()
    return redirect(url_for("customer.case", token=guard.token_of(case), new=1), 303)


@blueprint.get("/another")
@case_link
def another(case: Case) -> ResponseReturnValue:
    """Another appointment, for something else: what there is."""
    services = booking.services()
    return render_template("customer/another.html", token=guard.token_of(case), services=services, back=_home(case))


@blueprint.route("/another/<int:service_id>", methods=["GET", "POST"])
@case_link
def another_times(case: Case, service_id: int) -> ResponseReturnValue:
    """Its time; the draft it begins knows already who comes."""
    now = clock.now()
    service = next((service for service in booking.services() if service.id == service_id), None)
    if service is None:
        raise NotFound
    back = url_for("customer.another", token=guard.token_of(case))
    if request.method == "GET":
        return times_page(service, now, back=back)
    try:
        with writing():
            start = chosen_start()
            booking.check_free(service, start, now)
            draft = intake.begin(service, start, guard.network(), now)
            intake.know(draft, case.customer)
            key = draft.key
    except (Invalid, SlotTaken) as refusal:
        page = times_page(service, now, back=back, refusal=refusal)
        return page, 409 if isinstance(refusal, SlotTaken) else 422
    return redirect(url_for("book.fault", key=key), 303)


# -- another time, or none


@blueprint.route("/move", methods=["GET", "POST"])
@case_link
def move(case: Case) -> ResponseReturnValue:
    """Another time for the visit to come; the reserved one is kept until the other is."""
    now, home = clock.now(), _home(case)
    appointment = _still_to_come(case, now)
    if appointment is None:
        return redirect(home, 303)
    if request.method == "GET":
        return times_page(appointment.service, now, appointment, back=home, case=case)
    try:
        with writing():
            calls.start_over(appointment)
            booking.move(appointment, chosen_start(), case.customer.actor, now)
    except (Invalid, SlotTaken) as refusal:
        page = times_page(appointment.service, now, appointment, back=home, case=case, refusal=refusal)
        return page, 409 if isinstance(refusal, SlotTaken) else 422
    signalling.end(appointment)
    wake_jobs()
    return redirect(url_for("customer.case", token=guard.token_of(case), moved=1), 303)


@blueprint.route("/cancel", methods=["GET", "POST"])
@case_link
def cancel(case: Case) -> ResponseReturnValue:
    """What cancelling does, on a page of its own; its button does it. Pressed twice, it is cancelled once."""
    now, home = clock.now(), _home(case)
    appointment = _still_to_come(case, now)
    if appointment is None:
        return redirect(home, 303)
    if request.method == "GET":
        return render_template(
            "customer/cancel.html", case=case, token=guard.token_of(case), appointment=appointment, back=home
        )
    with writing():
        calls.start_over(appointment)
        booking.cancel(appointment, now)
    signalling.end(appointment)
    wake_jobs()
    return redirect(home, 303)


def _still_to_come(case: Case, now: datetime) -> Appointment | None:
    """The visit that may still be moved or cancelled."""
    appointment = booking.upcoming(case, now)
    call = calls.find(appointment) if appointment else None
    has_begun = appointment is None or now >= appointment.start or (call is not None and call.started is not None)
    return None if has_begun else appointment


def _home(case: Case) -> str:
    return url_for("customer.case", token=guard.token_of(case))


# -- the outcome


@blueprint.route("/answer", methods=["GET", "POST"])
@case_link
def answer(case: Case) -> ResponseReturnValue:
    """Yes or No to what was proposed; given twice, the first counts. ``?no`` asks for words before a No is sent.

    A page that was read before a newer proposal answers nothing: the newer one is shown.
    """
    if case.state != "proposed":
        return redirect(_home(case), 303)
    if request.method == "GET":
        return _answer_page(case, WordsForm())
    form = WordsForm()
    given = request.form.get("answer")
    if given not in ("yes", "no"):
        raise Invalid(_("Répondez par Oui ou par Non."))
    if not form.validate():
        return _answer_page(case, form, says_no=True), 422
    now = clock.now()
    with writing():
        is_newest = request.form.get("proposal", "") in ("", str(cases.proposal(case)))
        if is_newest:
            cases.answer(case, given == "yes", form.words.data or "", now)
    if not is_newest:
        return redirect(url_for("customer.answer", token=guard.token_of(case)), 303)
    wake_jobs()
    return redirect(_home(case), 303)


def _answer_page(case: Case, form: WordsForm, says_no: bool = False) -> str:
    return render_template(
        "customer/answer.html",
        case=case,
        token=guard.token_of(case),
        staff=_last_colleague(case),
        parts=[part for part in case.parts_in("sent", "received") if part.price],
        unfitted=cases.unfitted(case),
        proposal=cases.proposal(case),
        says_no=says_no or "no" in request.args,
        form=form,
    )


@blueprint.post("/contest")
@case_link
def contest(case: Case) -> ResponseReturnValue:
    """Against what staff confirmed without the customer."""
    now, form = clock.now(), WordsForm()
    if not form.validate():
        return _case_page(case, now, form), 422
    with writing():
        cases.contest(case, form.words.data or "", now)
    wake_jobs()
    return redirect(_home(case), 303)


# -- the part


@blueprint.route("/part", methods=["GET", "POST"])
@case_link
def part(case: Case) -> ResponseReturnValue:
    """The parts that were proposed: accepted with an address in the version that was seen, or refused.

    Asked for as a piece (``X-Piece``, by the call's page), the same without the page around it.
    """
    if not case.parts_in("offered"):
        return redirect(_home(case), 303)
    if request.method == "GET":
        return _part_page(case, PartForm(obj=case.customer, offer=case.offer))
    now = clock.now()
    return _accept(case, now) if request.form.get("answer") == "yes" else _refuse(case, now)


def _part_page(case: Case, form: PartForm, refusal: WordsForm | None = None) -> str:
    offered = case.parts_in("offered")
    return render_template(
        "customer/_part.html" if request.headers.get("X-Piece") else "customer/part.html",
        case=case,
        parts=offered,
        total=parts.total(offered),
        until=parts.valid_until(case),
        is_expired=(until := parts.valid_until(case)) is not None and clock.now() > until,
        token=guard.token_of(case),
        staff=_last_colleague(case),
        form=form,
        refuse=refusal or WordsForm(),
    )


def _accept(case: Case, now: datetime) -> ResponseReturnValue:
    form = PartForm()
    if not form.validate():
        return _part_page(case, form), 422
    try:
        with writing():
            parts.accept(case, _seen(), form.street.data, form.postcode.data, form.city.data, now)
    except Invalid as refusal:
        blame(form, refusal)
        return _part_page(case, form), 422
    return _answered(case)


def _seen() -> int:
    """The version of the offer that is answered."""
    offer = request.form.get("offer", "")
    return int(offer) if offer.isascii() and offer.isdigit() and len(offer) < 9 else -1


def _refuse(case: Case, now: datetime) -> ResponseReturnValue:
    form = WordsForm()
    if not form.validate():
        return _part_page(case, PartForm(formdata=None, obj=case.customer, offer=case.offer), form), 422
    with writing():
        parts.refuse(case, _seen(), form.words.data or "", now)
    return _answered(case)


def _answered(case: Case) -> ResponseReturnValue:
    telling.in_call(case)
    wake_jobs()
    return redirect(_home(case), 303)


@blueprint.post("/received")
@case_link
def received(case: Case) -> ResponseReturnValue:
    """The part is in the customer's hands: on to the next visit. Pressed twice, it is received once."""
    now = clock.now()
    if case.state != "part_received":
        with writing():
            parts.receive(case, case.customer.actor, now)
        wake_jobs()
    is_all = case.state == "part_received"
    return redirect(url_for("customer.times", token=guard.token_of(case)) if is_all else _home(case), 303)
