"""The settings, group by group, and what a customer may book."""

from collections.abc import Mapping
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import (
    BooleanField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput

from shopvisio import (
    booking,
    clock,
    effects,
    legal,
    logo,
    mail,
    settings,
    sms,
)
from shopvisio.booking import Service
from shopvisio.cases import KINDS
from shopvisio.db import db, writing
from shopvisio.errors import Invalid, NotFound
from shopvisio.i18n import _, language, lazy
from shopvisio.web import saving, wake_jobs
from shopvisio.web.guard import staff
from shopvisio.web.owner.room import blueprint, myself
from shopvisio.web.typed import blame, choices_of, settings_form, shown


@blueprint.app_template_global()
def setting_groups() -> Mapping[str, Any]:
    """The groups of settings, name -> label."""
    return settings.GROUPS


@blueprint.get("/settings")
@staff("settings")
def settings_page() -> ResponseReturnValue:
    """The first group, or the settings whose name holds the words looked for."""
    words = request.args.get("q", "").strip()[:60]
    if not words:
        return redirect(url_for("owner.group", group=settings.SHOP))
    found = settings.search(words)
    return render_template("desk/settings_found.html", words=words, found=found, groups=settings.GROUPS, told=_told)


def _names(group: str) -> list[str]:
    names = [setting.name for setting in settings.SETTINGS.values() if setting.group == group]
    if not names:
        raise NotFound
    return names


@blueprint.route("/settings/<group>", methods=["GET", "POST"])
@staff("settings")
def group(group: str) -> ResponseReturnValue:
    """One group of settings; what was changed is named after saving."""
    names = _names(group)
    if request.method == "GET":
        return _settings_page(group, _as_shown(group))
    form = settings_form(names)()
    try:
        with writing():
            changed = saving.put(_typed(form, names), myself(), clock.now())
    except Invalid as refusal:
        blame(form, refusal)
        return _settings_page(group, form), 422
    saving.wake()
    flash(_changed_sentence(changed))
    return redirect(url_for("owner.group", group=group), 303)


def _as_shown(group: str) -> FlaskForm:
    names = _names(group)
    form = settings_form(names)(formdata=None)
    for name in names:
        form[name].data = shown(name)
    return form


def _typed(form: FlaskForm, names: list[str]) -> dict[str, str]:
    """What was typed; a secret left empty is left as it is, unless its box to empty it is ticked."""
    emptied = set(request.form.getlist("empty"))
    kept = {name for name in names if settings.SETTINGS[name].secret and not form[name].data} - emptied
    return {name: form[name].data or "" for name in names if name not in kept}


def _told(name: str) -> str:
    """A setting's value for eyes."""
    return settings.SETTINGS[name].told(settings.get(name))


def _changed_sentence(changed: list[str]) -> str:
    if not changed:
        return _("Rien n’a changé.")
    labels = ", ".join(str(settings.SETTINGS[name].label) for name in changed)
    return _("Enregistré : {labels}.", labels=labels)


def _settings_page(
    group: str,
    form: FlaskForm,
    services: Mapping[int, "ServiceForm"] | None = None,
    new_service: "NewServiceForm | None" = None,
) -> str:
    names = _names(group)
    return render_template(
        "desk/settings.html",
        group=group,
        groups=settings.GROUPS,
        settings=[settings.SETTINGS[name] for name in names],
        before={name: shown(name) for name in names},
        kept_secrets={name for name in names if settings.SETTINGS[name].secret and settings.get(name)},
        form=form,
        emptied=set(request.form.getlist("empty")),
        effects={name: effects.of(name, clock.now()) for name in names},
        defaults={name: settings.SETTINGS[name].told(settings.SETTINGS[name].default) for name in names},
        present={name: settings.get(name) for name in names},
        changes=settings.last_changes(names),
        missing={setting.name for setting in settings.missing()},
        mail_ready=mail.is_configured(),
        sms_ready=sms.is_configured(),
        reach=getattr(current_app.extensions.get("reach"), "now", None),
        services=_services(services or {}) if group == settings.BOOKING else [],
        has_logo=bool(logo.digest()),
        new_service=new_service or NewServiceForm(formdata=None),
    )


@blueprint.post("/settings/mail/test")
@staff("settings")
def send_test() -> ResponseReturnValue:
    """ "Send me a test": a row of the outbox like any other, so the truth about it stands there."""
    with writing():
        mail.send_test(myself().email, language(), clock.now())
    wake_jobs()
    return redirect(url_for("owner.mails"), 303)


@blueprint.post("/settings/mail/test-sms")
@staff("settings")
def send_test_sms() -> ResponseReturnValue:
    """The same by short message, to the telephone of the shop."""
    with writing():
        if sms.is_configured():
            mail.send_short_test(settings.get("phone"), language(), clock.now())
    wake_jobs()
    return redirect(url_for("owner.mails"), 303)


# -- services


FIGURES = {"inputmode": "numeric", "autocomplete": "off"}


class NewServiceForm(FlaskForm):  # type: ignore[misc]
    """One more thing to book; its other terms come next."""

    name = StringField(lazy("Nom"), id="new-service-name", render_kw={"maxlength": 60})
    kind = SelectField(lazy("Ce que c’est"), id="new-service-kind", choices=choices_of(KINDS))
    minutes = StringField(lazy("Durée, en minutes"), id="new-service-minutes", render_kw=FIGURES)


class ServiceForm(FlaskForm):  # type: ignore[misc]
    """What a customer may book."""

    name = StringField(lazy("Nom"), render_kw={"maxlength": 60})
    summary = StringField(lazy("En une ligne"), render_kw={"maxlength": 160})
    price = StringField(
        lazy("Prix, en quelques mots"),
        description=lazy("Pour un achat ; vide : gratuit et sans engagement. Une réparation suit le tarif unique."),
        render_kw={"maxlength": 80},
    )
    minutes = StringField(lazy("Durée, en minutes"), render_kw=FIGURES)
    before = StringField(lazy("Préparation avant, en minutes"), render_kw=FIGURES)
    pause = StringField(lazy("Pause ensuite, en minutes"), render_kw=FIGURES)
    notice = StringField(
        lazy("Délai minimum, en minutes"), description=lazy("Vide : celui de la boutique."), render_kw=FIGURES
    )
    horizon = StringField(
        lazy("Jusqu’à combien de jours"), description=lazy("Vide : celui de la boutique."), render_kw=FIGURES
    )
    questions = TextAreaField(
        lazy("Vos questions au client"),
        description=lazy("Une par ligne ; il peut ne pas répondre."),
        render_kw={"rows": 3, "maxlength": 600},
    )
    people = SelectMultipleField(
        lazy("Avec qui"),
        description=lazy("Personne de coché : tous ceux qui prennent ces rendez-vous."),
        option_widget=CheckboxInput(),
    )
    active = BooleanField(lazy("Proposé aux clients"))


SERVICE_TERMS = (*booking.WHOLE, "name", "summary", "price", "questions")


def _service_form(service: Service, posted: bool = False) -> ServiceForm:
    given = {} if posted else {"formdata": None, "obj": service}
    form = ServiceForm(prefix=f"service{service.id}-", **given)
    form.people.choices = [SelectChoice(value=person.key, label=person.name) for person in booking.takers(service)]
    if not posted:
        form.people.data = [person.key for person in service.people]
    return form


def _services(typed: Mapping[int, ServiceForm]) -> list[tuple[Service, ServiceForm]]:
    every = db.session.scalars(select(Service).order_by(Service.id))
    return [(service, typed.get(service.id) or _service_form(service)) for service in every]


@blueprint.post("/services/<int:service_id>")
@staff("settings")
def change_service(service_id: int) -> ResponseReturnValue:
    """Another name, length or pause. Appointments already made stay as they are."""
    service = db.session.get(Service, service_id)
    if service is None:
        raise NotFound
    form = _service_form(service, posted=True)
    try:
        with writing():
            typed = {field.short_name: field.data or "" for field in form if field.short_name in SERVICE_TERMS}
            kept = db.session.get_one(Service, service_id)
            people = [person for person in booking.takers(kept) if person.key in (form.people.data or ())]
            booking.change_service(kept, typed, people, form.active.data)
            legal.keep(clock.now())
    except Invalid as refusal:
        blame(form, refusal)
        return _settings_page(settings.BOOKING, _as_shown(settings.BOOKING), {service_id: form}), 422
    flash(_("Enregistré. Les rendez-vous déjà pris ne changent pas."))
    return redirect(url_for("owner.group", group=settings.BOOKING), 303)


@blueprint.post("/services")
@staff("settings")
def add_service() -> ResponseReturnValue:
    """One more thing to book."""
    form = NewServiceForm()
    try:
        with writing():
            made = booking.add_service(form.kind.data or "", form.data["name"] or "", form.minutes.data or "")
            legal.keep(clock.now())
    except Invalid as refusal:
        blame(form, refusal)
        page = _settings_page(settings.BOOKING, _as_shown(settings.BOOKING), new_service=form)
        return page, 422
    flash(_("Ajouté : {name}.", name=made.name))
    return redirect(url_for("owner.group", group=settings.BOOKING), 303)
