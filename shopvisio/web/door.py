"""The door of the desk: taking possession of the appliance, coming in, going out."""

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.exceptions import TooManyRequests
from wtforms import BooleanField, EmailField, PasswordField, StringField

from shopvisio import accounts, booking, clock, legal, settings
from shopvisio.accounts import Staff
from shopvisio.availability import Hours
from shopvisio.claim import Claim
from shopvisio.db import writing
from shopvisio.errors import Forbidden, Invalid, NotFound
from shopvisio.hub.server import household
from shopvisio.i18n import _, lazy
from shopvisio.web import guard
from shopvisio.web.guard import anybody
from shopvisio.web.typed import blame, read_week, settings_form, shown, week_typed

blueprint = Blueprint("door", __name__)

TRIES = 5  # of signing in, by account and address, in
TRIES_AT_HOME = 30  # of signing in, by household, to any account: each costs the appliance a tenth of a second
TRIES_WITHIN = timedelta(minutes=1)
OURS = re.compile(r"/(?![/\\])[!-\[\]-~]*")  # a path of this shop: no second slash, no backslash, no blank
TRIES_KEPT = 10_000  # pairs remembered at once: more is an attack on our memory

OWNER = ("code", "owner_name", "owner_email", "password", "takes_repairs", "takes_sales")
SHOP = ("shop_name", "tagline", "phone", "email")
PAPERS = (
    "legal_name",
    "legal_form",
    "capital",
    "street",
    "postcode",
    "city",
    "siret",
    "register",
    "vat_regime",
    "vat_number",
    "iban",
    "bic",
    "insurance",
    "mediator",
)
FEE = ("fee",)
FIRST_HOURS = [Hours(weekday, opens * 60, closes * 60) for weekday in range(5) for opens, closes in ((9, 12), (14, 18))]


class ClaimForm(settings_form((*SHOP, *PAPERS, *FEE))):  # type: ignore[misc]
    """Everything the appliance must know before the first customer."""

    code = StringField(
        lazy("Code affiché à la fin de l’installation"),
        description=lazy("Seize signes ; les tirets et la casse ne comptent pas."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    owner_name = StringField(
        lazy("Votre prénom et votre nom"),
        description=lazy("Les clients le lisent pendant l’appel."),
        render_kw={"autocomplete": "name"},
    )
    owner_email = EmailField(
        lazy("Votre e-mail"),
        description=lazy("Pour vous connecter, et pour être prévenu."),
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        lazy("Votre mot de passe"),
        description=lazy("Dix signes au moins : une phrase convient très bien."),
        render_kw={"autocomplete": "new-password"},
    )
    takes_repairs = BooleanField(lazy("Je répare en visio"), default=True)
    takes_sales = BooleanField(lazy("Je vends en visio"), default=True)
    hours = StringField(lazy("Vos horaires"))  # stands for the week of boxes: refusals are put here


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Who comes in."""

    email = EmailField(lazy("Votre e-mail"), render_kw={"autocomplete": "username"})
    password = PasswordField(lazy("Votre mot de passe"), render_kw={"autocomplete": "current-password"})


class Tries:
    """How often an account was tried from an address within the last minute, and any from a household, in memory."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, str], list[datetime]] = defaultdict(list)

    def allow(self, account: str, address: str, now: datetime) -> bool:
        """Count one more try; False when there were enough."""
        if len(self._at) >= TRIES_KEPT:
            self._at.clear()
        at_home, tries = self._recent("", household(address), now), self._recent(account, address, now)
        if len(at_home) >= TRIES_AT_HOME or len(tries) >= TRIES:
            return False
        at_home.append(now)
        tries.append(now)
        return True

    def _recent(self, account: str, address: str, now: datetime) -> list[datetime]:
        tries = self._at[account.strip().lower(), address]
        tries[:] = [at for at in tries if now - at < TRIES_WITHIN]
        return tries

    def forget(self, account: str, address: str) -> None:
        """They came in: the count begins anew."""
        self._at.pop((account.strip().lower(), address), None)


@blueprint.record_once
def _count_tries(state: Any) -> None:
    state.app.extensions["sign_in_tries"] = Tries()


@blueprint.route("/claim", methods=["GET", "POST"])
@anybody
def claim() -> ResponseReturnValue:
    """Take possession of a new appliance: one form, one transaction, then the desk."""
    if accounts.is_claimed():
        raise NotFound
    form = ClaimForm()
    if request.method == "GET":
        for name in (*SHOP, *PAPERS, *FEE):
            form[name].data = shown(name)
        return _claim_page(form, week_typed(FIRST_HOURS))
    now = clock.now()
    try:
        owner = _take_possession(form, now)
    except Invalid as refusal:
        blame(form, refusal)
        return _claim_page(form, request.form), 422
    _codes().forget()
    _let_in(owner)
    return redirect(url_for("desk.today"), 303)


def _claim_page(form: ClaimForm, week: Mapping[str, str]) -> str:
    sections = {"shop": SHOP, "papers": PAPERS, "fee": FEE}
    in_order = [form[name] for name in (*OWNER, *SHOP, *FEE, "hours", *PAPERS)]
    return render_template("door/claim.html", form=form, in_order=in_order, week=week, sections=sections)


def _codes() -> Claim:
    kept = current_app.extensions["claim"]
    assert isinstance(kept, Claim)
    return kept


def _take_possession(form: ClaimForm, now: datetime) -> Staff:
    """The owner of an appliance claimed just now. Raises Invalid naming every field at fault at once."""
    typed = {name: form[name].data or "" for name in (*SHOP, *PAPERS, *FEE)}
    wrong, hours = _wrong(form, typed)
    try:
        _codes().check(form.code.data or "", request.remote_addr or "", now)
    except Forbidden as refusal:
        wrong["code"] = refusal.message
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    repairs, sales = form.takes_repairs.data, form.takes_sales.data
    with writing():
        if accounts.is_claimed():
            raise NotFound
        owner = accounts.add_staff(
            form.owner_name.data, form.owner_email.data, form.password.data, "owner", now, repairs, sales
        )
        settings.put(typed, owner.name, now)
        booking.set_hours(owner, hours)
        for service in booking.first_services():
            service.active = repairs if service.kind == "repair" else sales
        legal.keep(now)
    return owner


def _wrong(form: ClaimForm, typed: Mapping[str, str]) -> tuple[dict[str, str], list[Hours]]:
    """What cannot be used, by field, and the hours as read."""
    wrong: dict[str, str] = {}
    hours: list[Hours] = []
    try:
        settings.read(typed)
    except Invalid as refusal:
        wrong |= refusal.fields
    try:
        accounts.check_claim(form.owner_name.data or "", form.owner_email.data or "", form.password.data or "")
    except Invalid as refusal:
        mine = {"name": "owner_name", "email": "owner_email", "password": "password"}
        wrong |= {mine[name]: why for name, why in refusal.fields.items()}
    try:
        hours = read_week(request.form)
        booking.check_hours(hours)
    except Invalid as refusal:
        wrong |= refusal.fields
    if not form.takes_repairs.data and not form.takes_sales.data:
        wrong["takes_repairs"] = _("Cochez au moins l’un des deux : vos clients choisissent entre ces rendez-vous.")
    return wrong, hours


def _let_in(staff: Staff) -> None:
    language = session.get("lang")
    session.clear()
    session["staff"], session["epoch"] = staff.id, staff.epoch
    session.permanent = True
    if language:
        session["lang"] = language
    g.me = staff


@blueprint.route("/signin", methods=["GET", "POST"])
@anybody
def sign_in() -> ResponseReturnValue:
    """Come in with an address and a password."""
    form = SignInForm()
    if request.method == "GET":
        if guard.me() is not None:
            return redirect(_after_sign_in())
        return render_template("door/signin.html", form=form)
    now = clock.now()
    account, address = form.email.data or "", request.remote_addr or ""
    tries: Tries = current_app.extensions["sign_in_tries"]
    if not tries.allow(account, address, now):
        form.password.errors = [_("C’est beaucoup d’essais d’un coup. Attendez une minute et recommencez.")]
        return render_template("door/signin.html", form=form), TooManyRequests.code
    try:
        staff = accounts.sign_in(account, form.password.data or "")
    except Forbidden as refusal:
        form.password.errors = [refusal.message]
        return render_template("door/signin.html", form=form), 422
    tries.forget(account, address)
    _let_in(staff)
    return redirect(_after_sign_in(), 303)


def _after_sign_in() -> str:
    """Where they were going, if that is a page of ours; else the desk."""
    wanted = request.args.get("next", "")
    return wanted if OURS.fullmatch(wanted) else url_for("desk.today")


@blueprint.post("/signout")
@anybody
def sign_out() -> ResponseReturnValue:
    """Go out; the language stays."""
    language = session.get("lang")
    session.clear()
    if language:
        session["lang"] = language
    return redirect(url_for("door.sign_in"), 303)
