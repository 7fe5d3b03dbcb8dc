"""The way to a first appointment: home, times, the fault, the person. What is typed waits in a draft."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, Field, StringField, TelField, TextAreaField
from wtforms.validators import DataRequired, Email, Length, ValidationError

from shopvisio import billing, booking, cases, clock, intake, legal, mail, proof, settings
from shopvisio.accounts import Staff
from shopvisio.availability import Slot
from shopvisio.booking import Appointment, Reading, Service
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Invalid, NotFound, ShopVisioError, SlotTaken
from shopvisio.i18n import _, day, here, lazy, place, zone
from shopvisio.intake import Draft
from shopvisio.web import guard, moment, presence, uploads, wake_jobs, zones
from shopvisio.web.guard import anybody
from shopvisio.web.uploads import Cleaned

blueprint = Blueprint("book", __name__)

DAYS = 7  # on one page of times
STEPS = {"repair": 5, "sale": 4}  # service, time, fault, for a repair the safety gate, person
CASE_ADDRESS = re.compile(r"/case/([0-9A-Za-z]+\.[0-9A-Za-z_-]+)")


@dataclass(frozen=True)
class Soon:
    """Somebody to talk to at once: their first name, and the minutes until they are free (0 is now)."""

    name: str
    minutes: int


def soon(service: Service, now: datetime, known: Reading) -> Soon | None:
    """Who could be talked to now or shortly."""
    slot = booking.soonest(service, now, presence.talking(), known)
    if slot is None:
        return None
    name = db.session.get_one(Staff, slot.staff[0]).name.split()[0]
    minutes = round((slot.start - now).total_seconds() / 60)
    return Soon(name, minutes if minutes > 1 else 0)


@dataclass(frozen=True)
class Offer:
    """A service with its first free time, if it has one."""

    service: Service
    first: Slot | None
    soon: "Soon | None"


@blueprint.get("/")
@anybody
def home() -> ResponseReturnValue:
    """What may be booked, repairs first."""
    now = clock.now()
    services = sorted(booking.services(), key=lambda service: service.kind != "repair")
    return render_template("book/home.html", offers=[_offer(service, now) for service in services])


def _offer(service: Service, now: datetime) -> Offer:
    known = booking.reading(service, here(now).date(), DAYS, now)
    return Offer(service, booking.next_free(service, now, known), soon(service, now, known))


@blueprint.get("/call")
@anybody
def entrance() -> ResponseReturnValue:
    """For those who have an appointment already: where their link is; a pasted one leads to their case."""
    pasted = request.args.get("link", "").strip()
    case = pasted_case(pasted)
    if case is None:
        return render_template("book/entrance.html", pasted=pasted), 422 if pasted else 200
    return redirect(url_for("customer.case", token=guard.token_of(case)), 303)


def pasted_case(pasted: str) -> Case | None:
    """The case whose link this text holds, if it is whole."""
    found = CASE_ADDRESS.search(pasted)
    try:
        return guard.case_behind(found[1]) if found else None
    except NotFound:
        return None


# -- times


def times_page(service: Service, now: datetime, moving: Appointment | None = None, **more: Any) -> str:
    """The free times of a week as buttons named ``start``, from the day that ``?from=`` asks for, and the very first
    one; ``moving`` is the appointment that is to get one of them."""
    first = _first_day(service, now)
    known = booking.reading(service, first, DAYS, now, moving)
    slots = booking.free_slots(service, first, DAYS, now, moving, known=known)
    is_new, is_today = "case" not in more and moving is None, first == here(now).date()
    after = first + timedelta(days=DAYS)
    last = here(service.latest(now)).date()
    first_free = slots[0] if slots and is_today else booking.next_free(service, now) or next(iter(slots), None)
    return render_template(
        "book/times.html",
        service=service,
        steps=STEPS[service.kind],
        moving=moving,
        soon=soon(service, now, known) if is_new and is_today else None,
        days=[(day, list(found)) for day, found in groupby(slots, lambda slot: here(slot.start).date())],
        first=first,
        after=after if after <= last else None,
        before=max(first - timedelta(days=DAYS), here(now).date()) if first > here(now).date() else None,
        first_free=first_free,
        zone=place(zone().key),
        shop_zone=zone().key,
        there=zones.asked(),
        places=zones.places(now),
        **more,
    )


def _first_day(service: Service, now: datetime) -> date:
    today = here(now).date()
    try:
        asked = date.fromisoformat(request.args.get("from", ""))
    except ValueError:
        return today
    return min(max(asked, today), here(service.latest(now)).date())


def chosen_start() -> datetime:
    """The time of the button that was pressed. Raises Invalid when there is none to read."""
    start = moment(request.form.get("start", ""))
    if start is None:
        raise Invalid(_("Choisissez un horaire dans la liste."))
    return start


def _service(service_id: int) -> Service:
    service = db.session.get(Service, service_id)
    if service is None or not service.active:
        raise NotFound(_("Ce rendez-vous n’est plus proposé."))
    return service


@blueprint.route("/book/<int:service_id>", methods=["GET", "POST"])
@anybody
def times(service_id: int) -> ResponseReturnValue:
    """Step 2: the free times; the one that is picked begins a draft."""
    now, service = clock.now(), _service(service_id)
    if request.method == "GET":
        return times_page(service, now, back=url_for("book.home"))
    try:
        with writing():
            start = chosen_start()
            booking.check_free(service, start, now)
            draft = intake.begin(service, start, guard.network(), now)
            intake.type_in(draft, zone=zones.asked())
            key = draft.key
    except (Invalid, SlotTaken) as refusal:
        page = times_page(service, now, back=url_for("book.home"), refusal=refusal)
        return page, 409 if isinstance(refusal, SlotTaken) else 422
    return redirect(url_for("book.fault", key=key), 303)


@blueprint.post("/book/<int:service_id>/now")
@anybody
def at_once(service_id: int) -> ResponseReturnValue:
    """A talk as soon as somebody is free, by the same short form; when nobody is any more, the times."""
    now, service = clock.now(), _service(service_id)
    slot = booking.soonest(service, now, presence.talking())
    if slot is None:
        return redirect(url_for("book.times", service_id=service_id), 303)
    with writing():
        draft = intake.begin(service, slot.start, guard.network(), now)
        intake.type_in(draft, now=True, zone=zones.asked())
        key = draft.key
    return redirect(url_for("book.fault", key=key), 303)


@blueprint.route("/draft/<key>/time", methods=["GET", "POST"])
@anybody
def time(key: str) -> ResponseReturnValue:
    """Another time for a draft: all that was typed stays."""
    now, draft = clock.now(), draft_of(key)
    if request.method == "GET":
        return times_page(draft.service, now, back=url_for("book.fault", key=key))
    try:
        with writing():
            start = chosen_start()
            booking.check_free(draft.service, start, now)
            intake.move(draft, start)
            intake.type_in(draft, zone=zones.asked() or draft.fields.get("zone", ""))
    except (Invalid, SlotTaken) as refusal:
        page = times_page(draft.service, now, back=url_for("book.fault", key=key), refusal=refusal)
        return page, 409 if isinstance(refusal, SlotTaken) else 422
    return redirect(url_for("book.fault", key=key), 303)


def draft_of(key: str) -> Draft:
    """The draft with this key; raises NotFound once it is gone."""
    draft = intake.find(key)
    if draft is None:
        raise NotFound(_("Cette réservation n’a pas été terminée à temps. Recommencez : cela prend une minute."))
    return draft


def _stripped(text: str | None) -> str:
    return (text or "").strip()


# -- the fault


class FaultForm(FlaskForm):  # type: ignore[misc]
    """What is broken."""

    device = StringField(
        lazy("Quel appareil ?"),
        [
            DataRequired(lazy("Dites en quelques mots de quoi il s’agit.")),
            Length(max=120, message=lazy("120 signes au plus.")),
        ],
        render_kw={"autocomplete": "off"},
        filters=[_stripped],
    )
    brand = StringField(
        lazy("Sa marque"),
        [Length(max=80, message=lazy("80 signes au plus."))],
        description=lazy("Souvent en façade."),
        filters=[_stripped],
    )
    model = StringField(
        lazy("Son modèle"),
        [Length(max=80, message=lazy("80 signes au plus."))],
        description=lazy("Sur l’étiquette."),
        render_kw={"autocomplete": "off"},
        filters=[_stripped],
    )
    symptom = TextAreaField(
        lazy("Que se passe-t-il ?"),
        [
            DataRequired(lazy("Décrivez ce qui ne va pas : une phrase suffit.")),
            Length(max=3000, message=lazy("3000 signes au plus.")),
        ],
        description=lazy("Avec vos mots. Un bruit, une fuite, depuis quand."),
        filters=[_stripped],
    )


class WishForm(FaultForm):
    """What a customer would like to be shown."""

    device = StringField(
        lazy("Que voulez-vous voir ?"),
        [
            DataRequired(lazy("Dites en quelques mots ce que vous cherchez.")),
            Length(max=120, message=lazy("120 signes au plus.")),
        ],
        description=lazy("Un produit, un rayon, un besoin."),
        render_kw={"autocomplete": "off"},
        filters=[_stripped],
    )
    symptom = TextAreaField(
        lazy("Vos questions"),
        [Length(max=3000, message=lazy("3000 signes au plus."))],
        description=lazy("Pour que le vendeur ait tout sous la main."),
        filters=[_stripped],
    )


def _fault_form(service: Service) -> type[FlaskForm]:
    """What is asked for this kind of visit, and the service's own questions."""
    longest = Length(max=1000, message=lazy("1000 signes au plus."))
    own = {f"answer{n}": StringField(asked, [longest], filters=[_stripped]) for n, asked in enumerate(service.asked)}
    return type("AskedForm", (FaultForm if service.kind == "repair" else WishForm,), own)


@blueprint.route("/draft/<key>/fault", methods=["GET", "POST"])
@anybody
def fault(key: str) -> ResponseReturnValue:
    """Step 3: what is broken, with photos. Every button of the page keeps what was typed."""
    draft = draft_of(key)
    if draft.case_id is not None:
        return to_case(draft)
    form = _fault_form(draft.service)(data=draft.fields)
    if request.method == "GET":
        return _fault_page(draft, form, "")
    sent, refusal = uploads.usable(request.files.getlist("photos"), intake.PHOTOS - len(draft.photos), intake.PHOTOS)
    refusal = _keep_fault(draft, form, sent) or refusal
    staying = "add" in request.form or "remove" in request.form
    if not staying:
        form.validate()
    if form.errors or refusal:
        return _fault_page(draft, form, refusal), 422
    if staying:
        return redirect(url_for("book.fault", key=key, _anchor="photos"), 303)
    return redirect(url_for("safety.ask" if draft.service.kind == "repair" else "book.person", key=key), 303)


def _fault_page(draft: Draft, form: FlaskForm, refusal: str) -> str:
    return render_template(
        "book/fault.html",
        draft=draft,
        steps=STEPS[draft.service.kind],
        form=form,
        photo_refusal=refusal,
        room=intake.PHOTOS - len(draft.photos),
    )


def _keep_fault(draft: Draft, form: FlaskForm, sent: Sequence[Cleaned]) -> str:
    """Keep what was typed and the photos that came, forget the one to remove; answers why a photo was not kept."""
    unused, refusal = list[str](), ""
    with writing():
        own = (field.short_name for field in form if field.short_name.startswith("answer"))
        intake.type_in(draft, **_typed(form, "device", "brand", "model", "symptom", *own))
        unused += intake.remove_photo(draft, request.form.get("remove", ""))
        for photo in sent:
            try:
                intake.add_photo(draft, photo.file, photo.width, photo.height)
            except Conflict as full:  # as many came from another page meanwhile, or all drafts hold enough
                unused.append(photo.file)
                refusal = full.message
    uploads.forget(unused)
    return refusal


def _typed(form: FlaskForm, *names: str) -> dict[str, str]:
    return {name: form[name].data or "" for name in names}


@blueprint.get("/draft/<key>/photo/<int:photo_id>")
@anybody
def photo(key: str, photo_id: int) -> ResponseReturnValue:
    """A photo of the draft, for whoever writes it."""
    found = next((photo for photo in draft_of(key).photos if photo.id == photo_id), None)
    if found is None:
        raise NotFound
    return uploads.send(found.file)


# -- the person


class PersonForm(FlaskForm):  # type: ignore[misc]
    """Who comes."""

    name = StringField(
        lazy("Votre nom"),
        [DataRequired(lazy("Indiquez votre nom.")), Length(max=120, message=lazy("120 signes au plus."))],
        render_kw={"autocomplete": "name"},
        filters=[_stripped],
    )
    email = EmailField(
        lazy("Votre adresse e-mail"),
        [
            DataRequired(lazy("Indiquez votre adresse e-mail.")),
            Email(lazy("Il manque une partie de l’adresse, par exemple « @ » ou la fin « .fr ».")),
        ],
        description=lazy("Pour vous envoyer le lien du rendez-vous."),
        render_kw={"autocomplete": "email", "inputmode": "email"},
        filters=[_stripped],
    )
    phone = TelField(
        lazy("Votre téléphone"),
        [DataRequired(lazy("Indiquez un numéro où vous joindre."))],
        description=lazy("Si la visio ne marche pas, on vous appelle."),
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
        filters=[_stripped],
    )
    website = StringField(
        lazy("Laissez cette case vide"), [Length(max=0, message=lazy("Laissez cette case vide."))], filters=[_stripped]
    )
    terms = BooleanField(
        lazy("Conditions générales"),
        [DataRequired(lazy("Cochez pour accepter les conditions générales."))],
    )

    remember = BooleanField(lazy("Retenir mes coordonnées sur cet appareil, pour la prochaine fois"))

    def validate_phone(self, field: TelField) -> None:
        """A number that can be called."""
        try:
            settings.phone(field.data)
        except ValueError as refusal:
            raise ValidationError(str(refusal)) from None


class RepairPersonForm(PersonForm):
    """Who comes, asks that the repair begin at once, and whether a business is billed."""

    company = StringField(
        lazy("Nom de l’entreprise"), render_kw={"autocomplete": "organization"}, filters=[_stripped]
    )
    siren = StringField(
        lazy("Numéro SIREN"),
        description=lazy("9 chiffres."),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
        filters=[_stripped],
    )
    vat_id = StringField(
        lazy("Numéro de TVA, si elle en a un"), render_kw={"autocomplete": "off"}, filters=[_stripped]
    )
    street = StringField(
        lazy("Adresse de l’entreprise"), render_kw={"autocomplete": "street-address"}, filters=[_stripped]
    )
    postcode = StringField(
        lazy("Code postal"), render_kw={"autocomplete": "postal-code", "inputmode": "numeric"}, filters=[_stripped]
    )
    city = StringField(lazy("Ville"), render_kw={"autocomplete": "address-level2"}, filters=[_stripped])

    immediate = BooleanField(lazy("Début de la réparation"))
    begins: date | None = None  # the first day of a repair that nobody asked to begin sooner, where the visit is before

    def validate_immediate(self, field: BooleanField) -> None:
        """Asked of whoever comes within their time to withdraw."""
        if self.begins and not field.data:
            why = _(
                "Sans cette demande, la loi nous fait attendre 14 jours avant de commencer. "
                "Cochez-la, ou choisissez un horaire à partir du {day}.",
                day=day(self.begins),
            )
            raise ValidationError(why)

    @property
    def business(self) -> list[Field]:
        """What is asked of a business, folded away."""
        return [self[name] for name in billing.BUSINESS]

    def validate(self, extra_validators: Any = None) -> bool:
        """A business that is named has its numbers and its address."""
        is_right = bool(super().validate(extra_validators))
        wrong = billing.faults({field.short_name: field.data or "" for field in self.business})
        for field in self.business:
            if field.short_name in wrong:
                field.errors = [wrong[field.short_name]]
        return is_right and not wrong


@blueprint.route("/draft/<key>/person", methods=["GET", "POST"])
@anybody
def person(key: str) -> ResponseReturnValue:
    """The last step: who comes and what they agree to; the button makes the case. Sent twice, it is made once."""
    now, draft = clock.now(), draft_of(key)
    if draft.case_id is not None:
        return to_case(draft)
    if not draft.fields.get("device"):
        return redirect(url_for("book.fault", key=key))
    if not intake.is_safe(draft):
        return redirect(url_for("safety.ask", key=key), 303)
    kind = RepairPersonForm if draft.service.kind == "repair" else PersonForm
    known = guard.remembered()
    if known is not None and "name" not in draft.fields:
        with writing():
            intake.know(draft, known.customer)
    form = kind(data=draft.fields)
    if draft.service.kind == "repair":
        form.begins = _begins(draft, now)
    if request.method == "GET":
        return _person_page(draft, form)
    business = billing.BUSINESS if draft.service.kind == "repair" else ()
    typed = _typed(form, "name", "email", "phone", *business)
    refusal: ShopVisioError | None = None
    try:
        if form.validate():
            with writing():
                _send(draft, form, typed, now)
    except (Invalid, Conflict) as error:
        refusal = error
    if refusal or form.errors:
        with writing():
            intake.type_in(draft, **typed)
        return _person_page(draft, form, refusal), 409 if isinstance(refusal, Conflict) else 422
    wake_jobs()
    return to_case(draft) if draft.case_id else redirect(url_for("confirm.held", key=key), 303)


def _person_page(draft: Draft, form: FlaskForm, refusal: ShopVisioError | None = None) -> str:
    return render_template(
        "book/person.html",
        draft=draft,
        steps=STEPS[draft.service.kind],
        form=form,
        refusal=refusal,
        immediate=legal.ticked("immediate", clock.now()),
        known=guard.remembered(),
        challenge=proof.challenge(guard.secret_key(), draft.key, clock.now() + intake.KEPT),
        mail_leaves=mail.is_configured(),
    )


def _begins(draft: Draft, now: datetime) -> date | None:
    """The first day of a repair that nobody asks to begin sooner; None where the visit is not before it."""
    first = cases.after_withdrawal(now)
    start = moment(request.form.get("start", "")) or draft.start
    return first if draft.is_now or start < datetime.combine(first, datetime.min.time(), settings.zone()) else None


def _send(draft: Draft, form: FlaskForm, typed: dict[str, str], now: datetime) -> None:
    """Book at once what a person sent; a time is only held where a machine may have sent it."""
    if draft.case_id is not None:
        return  # the other of two clicks made it
    intake.type_in(draft, **typed, remember="remember" in request.form)
    if "start" in request.form:  # the free time that was proposed instead of a taken one
        intake.move(draft, chosen_start())
    agreed = {name: text for name, text in legal.asked(draft.service.kind, now).items() if form[name].data}
    intake.agree(draft, agreed, request.remote_addr or "", now)
    worked = proof.is_good(guard.secret_key(), request.form.get("altcha", ""), draft.key, now)
    if worked or not mail.is_configured():
        intake.submit(draft, now, presence.talking())
    else:
        intake.hold(draft, now, presence.talking())


def to_case(draft: Draft) -> ResponseReturnValue:
    """On to the case the draft became."""
    case = intake.case_of(draft)
    if case is None:
        raise NotFound
    answer = redirect(url_for("customer.case", token=guard.token_of(case), new=1), 303)
    return guard.remember(answer, case) if draft.fields.get("remember") else answer


@blueprint.post("/draft/<key>/forget")
@anybody
def forget(key: str) -> ResponseReturnValue:
    """It is somebody else: this device forgets whom it knew, and the form is empty."""
    draft = draft_of(key)
    with writing():
        intake.type_in(draft, name="", email="", phone="")
    answer = redirect(url_for("book.person", key=key), 303)
    answer.delete_cookie(guard.REMEMBERED)
    return answer
