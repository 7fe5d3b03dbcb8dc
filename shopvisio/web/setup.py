"""The first run, after the claim: one step a page, each kept by itself, in any order, over any number of days."""

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select

from shopvisio import booking, clock, effects, knocks, legal, logo, mail, settings, setup
from shopvisio.accounts import Staff
from shopvisio.availability import Hours
from shopvisio.backup import recovery
from shopvisio.booking import Service
from shopvisio.config import Config
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, NotFound
from shopvisio.i18n import _, language
from shopvisio.web import certificate, guard, saving
from shopvisio.web.guard import staff
from shopvisio.web.typed import blame, read_week, settings_form, shown, week_typed

blueprint = Blueprint("setup", __name__, url_prefix="/desk/setup")

FIELDS: Mapping[str, tuple[str, ...]] = {
    "language": ("language", "zone"),
    "shop": ("shop_name", "tagline", "phone", "email"),
    "papers": (
        "legal_name", "legal_form", "capital", "siret", "register", "street", "postcode", "city", "iban", "bic",
        "insurance", "mediator",
    ),
    "name": ("public_name", "certificate"),
    "mail": ("smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_password", "mail_from"),
    "price": ("fee", "vat_regime", "vat_number", "vat_rate"),
    "look": ("brand",),
}  # fmt: skip
OPTIONAL = {
    "public_name", "tagline", "bic", "insurance", "capital", "vat_number", "smtp_user", "smtp_password", "mail_from",
}  # fmt: skip
FIRST_HOURS = [Hours(weekday, opens * 60, closes * 60) for weekday in range(5) for opens, closes in ((9, 12), (14, 18))]


def _me() -> Staff:
    me = guard.me()
    assert me is not None  # every view here asks for a role
    return me


@blueprint.app_template_global()
def setup_left() -> list[tuple[str, object]]:
    """The steps that the desk reminds the owner of: name and title."""
    return [(name, setup.STEPS[name]) for name in setup.left()]


@blueprint.get("")
@staff("settings")
def overview() -> ResponseReturnValue:
    """What is done and what is left."""
    return render_template(
        "setup/overview.html", states=setup.states(), steps=setup.STEPS, following=setup.next_open(), home=_home()
    )


def _home() -> str:
    return settings.base_url(_config()) + url_for("book.home")


@blueprint.get("/<name>")
@staff("settings")
def step(name: str) -> ResponseReturnValue:
    """One step, as it stands."""
    form = _form(name)(formdata=None)
    for field in FIELDS.get(name, ()):
        form[field].data = shown(field)
    kept = booking.hours_of(_me()) if name == "hours" else []
    return _page(name, form, week_typed(kept or FIRST_HOURS))


def _form(name: str) -> type[FlaskForm]:
    if name not in setup.STEPS:
        raise NotFound
    return settings_form(FIELDS.get(name, ()))


@blueprint.post("/<name>")
@staff("settings")
def keep(name: str) -> ResponseReturnValue:
    """Keep the step and go on; left for later, whatever is right of it is kept all the same. A mail to try the answers
    with leaves once they are kept, and the step stays."""
    form, now = _form(name)(), clock.now()
    is_later, is_trial = "later" in request.form, name == "mail" and "trial" in request.form
    try:
        with writing():
            (_keep_what_is_right if is_later else _keep)(name, form, now)
            if is_trial:
                mail.send_test(_me().email, language(), now)
            else:
                setup.mark(name, setup.LATER if is_later else setup.DONE, now)
    except Invalid as refusal:
        if refusal.fields:
            blame(form, refusal)
        told = refusal.fields or {"hours": refusal.message}
        return _page(name, form, request.form, told.get("hours") or told.get("minutes", "")), 422
    saving.wake()
    if is_trial:
        return redirect(url_for("setup.step", name=name, _anchor="trial"), 303)
    following = setup.next_open()
    return redirect(url_for("setup.step", name=following) if following else url_for("setup.overview"), 303)


def _keep(name: str, form: FlaskForm, now: datetime) -> None:
    """What the step asks for. Raises Invalid while something is missing."""
    if name == "media" and not knocks.proven():
        words = _("Le test n’est pas encore passé depuis un téléphone en 4G. Faites-le, ou touchez « Plus tard ».")
        raise Invalid(words)
    if name == "recovery" and not recovery.recipient():
        raise Invalid(_("La clé n’est pas encore créée. Créez-la, ou touchez « Plus tard »."))
    if name == "mail" and not form.smtp_host.data:
        raise Invalid(fields={"smtp_host": _("Écrivez le nom du serveur, ou touchez « Plus tard ».")})
    if name == "hours":
        _keep_hours(now)
    saving.put(_typed(name, form), _me(), now)


def _typed(name: str, form: FlaskForm) -> dict[str, str]:
    """What was typed; a secret left empty is left as it is."""
    typed = {field: form[field].data or "" for field in FIELDS.get(name, ())}
    return {field: text for field, text in typed.items() if text or not settings.SETTINGS[field].secret}


def _keep_what_is_right(name: str, form: FlaskForm, now: datetime) -> None:
    for field, text in _typed(name, form).items():
        try:
            saving.put({field: text}, _me(), now)
        except Invalid:
            continue  # asked again another day


def _keep_hours(now: datetime) -> None:
    booking.set_hours(_me(), read_week(request.form))
    for service in _services():
        told = {name: getattr(service, name) for name in (*booking.WHOLE, "name", "summary", "price", "questions")}
        typed = {name: "" if value is None else str(value) for name, value in told.items()}
        typed["minutes"] = request.form.get(f"minutes{service.id}", "")
        booking.change_service(service, typed, service.people, f"active{service.id}" in request.form)
    legal.keep(now)


def _services() -> list[Service]:
    return list(db.session.scalars(select(Service).order_by(Service.id)))


def _page(name: str, form: FlaskForm, week: Mapping[str, str], fault: str = "") -> str:
    names = list(setup.STEPS)
    at = names.index(name)
    return render_template(
        "setup/step.html",
        name=name,
        title=setup.STEPS[name],
        number=at + 1,
        total=len(names),
        back=url_for("setup.step", name=names[at - 1]) if at else url_for("setup.overview"),
        form=form,
        fields=FIELDS.get(name, ()),
        optional=OPTIONAL,
        effects={field: effects.of(field, clock.now()) for field in FIELDS.get(name, ())},
        week=week,
        fault=fault,
        is_done=setup.states().get(name) == setup.DONE,
        services=_services() if name == "hours" else (),
        has_logo=bool(logo.digest()),
        mails=[one for one in mail.latest(20) if one.name == "test"][:1] if name == "mail" else [],
        has_key=bool(recovery.recipient()),
        last=knocks.latest(),
        proven=knocks.proven(),
        media_port=_config().media_port,
        public_name=settings.public_url(_config()),
        standing=certificate.standing(clock.now()) if name == "name" else None,
    )


def _config() -> Config:
    config: Config = current_app.config["SHOP"]
    return config
