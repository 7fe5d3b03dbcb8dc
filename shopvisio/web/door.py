"""The door of the desk: taking possession of the appliance, coming in, going out."""

import re
from datetime import datetime, timedelta

from flask import Blueprint, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.exceptions import TooManyRequests
from wtforms import BooleanField, EmailField, PasswordField, StringField

from shopvisio import accounts, audit, booking, clock, legal, second, setup, signins
from shopvisio.accounts import Staff
from shopvisio.claim import Claim
from shopvisio.db import db, writing
from shopvisio.errors import Forbidden, Invalid, NotFound
from shopvisio.i18n import _, lazy
from shopvisio.web import browsers, guard, tries
from shopvisio.web.guard import anybody
from shopvisio.web.typed import blame

blueprint = Blueprint("door", __name__)

HALF = "half"  # in the cookie: the password was right, the code is owed
OURS = re.compile(r"/(?![/\\])[!-\[\]-~]*")  # a path of this shop: no second slash, no backslash, no blank
HALF_LASTS = timedelta(minutes=10)  # between the password and the code


class ClaimForm(FlaskForm):  # type: ignore[misc]
    """Whose the appliance is; all the rest is asked step by step afterwards."""

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


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Who comes in."""

    email = EmailField(lazy("Votre e-mail"), render_kw={"autocomplete": "username"})
    password = PasswordField(lazy("Votre mot de passe"), render_kw={"autocomplete": "current-password"})


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The second step."""

    code = StringField(
        lazy("Code à six chiffres"),
        description=lazy("Celui que montre l’application de votre téléphone, ou l’un de vos codes de secours."),
        render_kw={"autocomplete": "one-time-code", "inputmode": "text", "maxlength": 40, "spellcheck": "false"},
    )


tries.keep(blueprint)


@blueprint.route("/claim", methods=["GET", "POST"])
@anybody
def claim() -> ResponseReturnValue:
    """Take possession of a new appliance: the code, an account, then the steps of the first run."""
    if accounts.is_claimed():
        raise NotFound
    form, now = ClaimForm(), clock.now()
    if request.method == "GET":
        return render_template("door/claim.html", form=form)
    try:
        owner = _take_possession(form, now)
    except Invalid as refusal:
        blame(form, refusal)
        return render_template("door/claim.html", form=form), 422
    _codes().forget()
    let_in(owner, now)
    return redirect(url_for("setup.step", name="language"), 303)


def _codes() -> Claim:
    kept = current_app.extensions["claim"]
    assert isinstance(kept, Claim)
    return kept


def _take_possession(form: ClaimForm, now: datetime) -> Staff:
    """The owner of an appliance claimed just now. Raises Invalid naming every field at fault at once."""
    wrong = _wrong(form)
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
        for service in booking.first_services():
            service.active = repairs if service.kind == "repair" else sales
        legal.keep(now)
        setup.begin(now)
        audit.note("claimed", owner.name, now)
    return owner


def _wrong(form: ClaimForm) -> dict[str, str]:
    """What cannot be used, by field."""
    wrong: dict[str, str] = {}
    try:
        accounts.check_claim(form.owner_name.data or "", form.owner_email.data or "", form.password.data or "")
    except Invalid as refusal:
        mine = {"name": "owner_name", "email": "owner_email", "password": "password"}
        wrong |= {mine[name]: why for name, why in refusal.fields.items()}
    if not form.takes_repairs.data and not form.takes_sales.data:
        wrong["takes_repairs"] = _("Cochez au moins l’un des deux : vos clients choisissent entre ces rendez-vous.")
    return wrong


@blueprint.route("/signin", methods=["GET", "POST"])
@anybody
def sign_in() -> ResponseReturnValue:
    """Come in with an address and a password; who has a second step is asked for its code next."""
    form = SignInForm()
    if request.method == "GET":
        if guard.me() is not None:
            return redirect(after_sign_in())
        return render_template("door/signin.html", form=form)
    now, account = clock.now(), (form.email.data or "").strip().lower()
    if often := tries.too_often(account, now):
        form.password.errors = [often]
        return render_template("door/signin.html", form=form), TooManyRequests.code
    try:
        staff = accounts.sign_in(account, form.password.data or "")
    except Forbidden as refusal:
        tries.note_wrong("refused", account, now)
        form.password.errors = [refusal.message]
        return render_template("door/signin.html", form=form), 422
    tries.forget(account)
    return after_password(staff, now)


def after_password(staff: Staff, now: datetime) -> ResponseReturnValue:
    """In, or on to the code for who has a second step."""
    if staff.second:
        session[HALF] = [staff.id, staff.epoch, int(now.timestamp())]
        return redirect(url_for("door.second_step", next=request.args.get("next")), 303)
    let_in(staff, now)
    return redirect(after_sign_in(), 303)


def refused(sentence: str, status: int) -> ResponseReturnValue:
    """The page of the password, and why another way did not come in."""
    return render_template("door/signin.html", form=SignInForm(formdata=None), refused=sentence), status


@blueprint.route("/signin/code", methods=["GET", "POST"])
@anybody
def second_step() -> ResponseReturnValue:
    """The code that the telephone shows, within ten minutes of the password."""
    form, now = CodeForm(), clock.now()
    staff = _half_in(now)
    if staff is None:
        return redirect(url_for("door.sign_in", next=request.args.get("next")), 303)
    if request.method == "GET":
        return render_template("door/code.html", form=form)
    if often := tries.too_often_code(staff.email, now):
        form.code.errors = [often]
        return render_template("door/code.html", form=form), TooManyRequests.code
    try:
        with writing():
            left = second.check(staff, form.code.data or "", now)
    except Forbidden as refusal:
        tries.note_wrong("code_refused", staff.email, now)
        form.code.errors = [refusal.message]
        return render_template("door/code.html", form=form), 422
    let_in(staff, now, left)
    return redirect(after_sign_in(), 303)


def _half_in(now: datetime) -> Staff | None:
    """Who has given the password just now, and owes the code."""
    staff_id, epoch, at = session.get(HALF) or (0, 0, 0)
    staff = db.session.get(Staff, staff_id)
    fresh = now.timestamp() - at < HALF_LASTS.total_seconds()
    return staff if staff and fresh and staff.active and staff.second and staff.epoch == epoch else None


def let_in(staff: Staff, now: datetime, recovery_left: int | None = None) -> None:
    """Sign a colleague in on this device, by a fresh cookie; the language stays. ``recovery_left``: they came by a
    recovery code, and have so many more."""
    device = browsers.theirs().words or _("navigateur inconnu")
    with writing():
        token = signins.begin(staff, device, guard.network(), now)
        audit.note("in", staff.name, now, device=device)
        if recovery_left is not None:
            audit.note("recovery", staff.name, now, left=recovery_left)
    _fresh_cookie()
    session["signin"], session.permanent = token, True
    g.pop("signin", None)


def _fresh_cookie() -> None:
    language = session.get("lang")
    session.clear()
    if language:
        session["lang"] = language


def after_sign_in() -> str:
    """Where they were going, if that is a page of ours; else the desk."""
    wanted = request.args.get("next", "")
    return wanted if OURS.fullmatch(wanted) else url_for("desk.today")


@blueprint.post("/signout")
@anybody
def sign_out() -> ResponseReturnValue:
    """Go out: the cookie is worth nothing any more, wherever a copy of it lies. The language stays."""
    if guard.me() is not None:
        with writing():
            mine = guard.my_signin()
            if mine is not None:
                audit.note("out", mine.staff.name, clock.now())
                signins.end(mine)
    _fresh_cookie()
    g.pop("signin", None)
    return redirect(url_for("door.sign_in"), 303)
