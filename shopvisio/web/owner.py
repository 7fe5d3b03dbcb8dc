"""The owner's side of the desk: settings, people and hours, closures, the ledger, the outbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput

from shopvisio import (
    accounts,
    audit,
    booking,
    calendar,
    clock,
    effects,
    invitations,
    invoices,
    jobs,
    legal,
    logo,
    mail,
    passkeys,
    payments,
    second,
    settings,
    signins,
    sms,
)
from shopvisio import papers as case_papers
from shopvisio.accounts import Staff
from shopvisio.booking import Closure, Service
from shopvisio.cases import KINDS, Case
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Invalid, NotFound
from shopvisio.i18n import _, day_year, here, language, lazy, n_
from shopvisio.invoices import Paper
from shopvisio.jobs import Job
from shopvisio.mail import Mail
from shopvisio.web import guard, joining, saving, wake_jobs
from shopvisio.web.guard import staff
from shopvisio.web.story import PAPERS
from shopvisio.web.todo import PAPER_JOBS
from shopvisio.web.typed import blame, choices_of, clock_text, read_ranges, read_week, settings_form, shown, week_typed

blueprint = Blueprint("owner", __name__, url_prefix="/desk")

LEDGER = 200  # papers on the page, the newest
HOLIDAYS_SHOWN = 365  # days ahead


@blueprint.app_template_global()
def setting_groups() -> Mapping[str, Any]:
    """The groups of settings, name -> label."""
    return settings.GROUPS


def _days_of(closure: Closure) -> str:
    """``24 décembre 2026``, or ``du … au …``."""
    first, last = closure.start, closure.end - timedelta(seconds=1)
    if here(first).date() == here(last).date():
        return day_year(first)
    return _("du {first} au {last}", first=day_year(first), last=day_year(last))


def _me() -> Staff:
    me = guard.me()
    assert me is not None  # every view here asks for a role
    return me


# -- settings


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
            changed = saving.put(_typed(form, names), _me(), clock.now())
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
        mail.send_test(_me().email, language(), clock.now())
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


# -- people, hours, closures


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


class PersonForm(FlaskForm):  # type: ignore[misc]
    """A colleague to come."""

    name = StringField(lazy("Prénom et nom"), description=lazy("Les clients le lisent pendant l’appel."))
    email = EmailField(lazy("E-mail"), description=lazy("Pour se connecter, et pour être prévenu."))
    role = SelectField(lazy("Rôle"), choices=choices_of(accounts.ROLES), default="repairer")
    takes_repairs = BooleanField(lazy("Répare en visio"))
    takes_sales = BooleanField(lazy("Vend en visio"))


class RoleForm(FlaskForm):  # type: ignore[misc]
    """What a colleague does here."""

    role = SelectField(lazy("Rôle"), choices=choices_of(accounts.ROLES))
    takes_repairs = BooleanField(lazy("Répare en visio"))
    takes_sales = BooleanField(lazy("Vend en visio"))
    active = BooleanField(lazy("Peut se connecter et recevoir des rendez-vous"))


class DayForm(FlaskForm):  # type: ignore[misc]
    """A date that does not follow the week."""

    day = DateField(lazy("Jour"))
    hours = StringField(
        lazy("Heures ce jour-là"),
        description=lazy("Comme 9:00-12:00 14:00-18:00. Vide : absent ce jour-là."),
        render_kw={"maxlength": 80, "autocomplete": "off"},
    )


class ClosureForm(FlaskForm):  # type: ignore[misc]
    """Days when nobody can book."""

    first = DateField(lazy("Premier jour"))
    last = DateField(lazy("Dernier jour"))
    reason = StringField(lazy("Raison"), description=lazy("Facultative, pour vous."), render_kw={"maxlength": 80})


@blueprint.get("/staff")
@staff("staff")
def people() -> ResponseReturnValue:
    """Who works here, and when the shop is closed."""
    return _people_page()


def _people_page(new: PersonForm | None = None, closing: ClosureForm | None = None) -> str:
    now = clock.now()
    return render_template(
        "desk/staff.html",
        people=[(person, booking.hours_of(person)) for person in accounts.everybody()],
        invited=[(one, joining.link_of(one)) for one in invitations.waiting(now)],
        mail_leaves=mail.is_configured(),
        holidays=_holidays(),
        closures=[(closure, booking.during(closure)) for closure in booking.closures(now)],
        new=new or PersonForm(formdata=None),
        closing=closing or ClosureForm(formdata=None),
        days_of=_days_of,
        roles=accounts.ROLES,
    )


@blueprint.post("/staff")
@staff("staff")
def invite() -> ResponseReturnValue:
    """Ask a colleague in: they choose their password behind the link; their hours come once they are here."""
    form, me, now = PersonForm(), _me(), clock.now()
    try:
        with writing():
            made = invitations.invite(
                form.data["name"] or "",
                form.email.data or "",
                form.role.data or "",
                me,
                now,
                form.takes_repairs.data,
                form.takes_sales.data,
            )
            audit.note("invited", me.name, now, whose=made.name, role=str(accounts.ROLES[made.role]))
            told: dict[str, Any] = {"whom": made.name, "by": made.by, "until": made.until}
            mail.compose("invitation", made.email, language(), now, url=joining.link_of(made), **told)
    except Invalid as refusal:
        blame(form, refusal)
        return _people_page(new=form), 422
    except Conflict as refusal:
        form.email.errors = [refusal.message]
        return _people_page(new=form), 409
    wake_jobs()
    flash(_("Invitation prête pour {name}.", name=made.name))
    return redirect(url_for("owner.people"), 303)


@dataclass(frozen=True)
class _Person:
    """The forms of a colleague's page, the one posted kept as it was typed."""

    role: RoleForm
    week: Mapping[str, str]
    hours_wrong: str = ""
    day: DayForm | None = None


def _colleague(key: str) -> Staff:
    found = accounts.find(key)
    if found is None:
        raise NotFound
    return found


def _as_kept(person: Staff) -> _Person:
    return _Person(RoleForm(formdata=None, obj=person), week_typed(booking.hours_of(person)))


def _person_page(person: Staff, forms: _Person) -> str:
    own = calendar.own_days(person, _today())
    return render_template(
        "desk/person.html",
        person=person,
        forms=forms,
        day_form=forms.day or DayForm(formdata=None),
        own_days=[(day, ", ".join(f"{clock_text(a)}–{clock_text(b)}" for a, b in own[day])) for day in own],
        roles=accounts.ROLES,
        signins=signins.of(person, clock.now()),
        passkeys=passkeys.of(person),
        mail_leaves=mail.is_configured(),
    )


@blueprint.get("/staff/<key>")
@staff("staff")
def person(key: str) -> ResponseReturnValue:
    """A colleague: role, hours, access."""
    found = _colleague(key)
    return _person_page(found, _as_kept(found))


@blueprint.post("/staff/<key>")
@staff("staff")
def change_person(key: str) -> ResponseReturnValue:
    """Another role, other visits, or the end of their access."""
    form = RoleForm()
    try:
        with writing():
            found = _colleague(key)
            was = (found.role, found.active)
            accounts.change(
                found,
                form.role.data or "",
                form.takes_repairs.data,
                form.takes_sales.data,
                form.active.data,
            )
            _note_change(found, *was)
    except Invalid as refusal:
        blame(form, refusal)
        return _refused(key, form, 422)
    except Conflict as refusal:
        form.role.errors = [refusal.message]
        return _refused(key, form, 409)
    flash(_("Enregistré."))
    return redirect(url_for("owner.person", key=key), 303)


def _note_change(person: Staff, role: str, active: bool) -> None:
    """What a change of role or access leaves in the log of acts."""
    me, now = _me(), clock.now()
    if person.role != role:
        audit.note("role", me.name, now, whose=person.name, role=str(accounts.ROLES[person.role]))
    if person.active != active:
        audit.note("back" if person.active else "gone", me.name, now, whose=person.name)


def _refused(key: str, form: RoleForm, status: int) -> ResponseReturnValue:
    found = _colleague(key)
    kept = _as_kept(found)
    return _person_page(found, _Person(form, kept.week)), status


@blueprint.post("/staff/<key>/hours")
@staff("staff")
def set_hours(key: str) -> ResponseReturnValue:
    """Their week. Appointments already made stay."""
    try:
        with writing():
            booking.set_hours(_colleague(key), read_week(request.form))
    except Invalid as refusal:
        found = _colleague(key)
        kept = _as_kept(found)
        return _person_page(found, _Person(kept.role, request.form, refusal.fields["hours"])), 422
    flash(_("Horaires enregistrés. Les rendez-vous déjà pris restent."))
    return redirect(url_for("owner.person", key=key), 303)


@blueprint.post("/staff/<key>/days")
@staff("staff")
def set_day(key: str) -> ResponseReturnValue:
    """Their hours on one date, or a day off. Appointments already made stay."""
    form = DayForm()
    try:
        if form.day.data is None:
            raise Invalid(fields={"day": _("Indiquez un jour.")})
        with writing():
            calendar.set_day(_colleague(key), form.day.data, read_ranges(form.hours.data or ""), _today())
    except Invalid as refusal:
        blame(form, refusal)
        found = _colleague(key)
        kept = _as_kept(found)
        return _person_page(found, _Person(kept.role, kept.week, day=form)), 422
    flash(_("Enregistré. Les rendez-vous déjà pris restent."))
    return redirect(url_for("owner.person", key=key), 303)


@blueprint.post("/staff/<key>/days/<day>/clear")
@staff("staff")
def clear_day(key: str, day: str) -> ResponseReturnValue:
    """Back to the week on that date."""
    with writing():
        calendar.clear_day(_colleague(key), _date(day))
    flash(_("Ce jour-là suit de nouveau la semaine."))
    return redirect(url_for("owner.person", key=key), 303)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound from None


def _today() -> date:
    return clock.now().astimezone(settings.zone()).date()


ENDED = {
    "signins": ("ended", lazy("Ses connexions sont fermées.")),
    "second": ("second_off", lazy("La deuxième étape est retirée.")),
    "passkeys": ("passkeys_off", lazy("Ses clés d’accès sont retirées.")),
}


@blueprint.post("/staff/<key>/<any(signins, second, passkeys):what>/end")
@staff("staff")
def end_access(key: str, what: str) -> ResponseReturnValue:
    """End every sign-in of a colleague, or take off the second step or the keys of one who lost their telephone."""
    kind, sentence = ENDED[what]
    with writing():
        found = _colleague(key)
        if what == "signins":
            signins.end_all(found, but=guard.my_signin())
        elif what == "second":
            second.switch_off(found)
        else:
            passkeys.remove_all(found)
        audit.note(kind, _me().name, clock.now(), whose=found.name)
    flash(str(sentence))
    return redirect(url_for("owner.person", key=key), 303)


@blueprint.post("/closures")
@staff("staff")
def close() -> ResponseReturnValue:
    """Shut the shop for some days; appointments already made are named, not moved."""
    form = ClosureForm()
    missing = {name: _("Indiquez un jour.") for name in ("first", "last") if form[name].data is None}
    try:
        if missing:
            raise Invalid(fields=missing)
        with writing():
            closure = booking.close(form.first.data, form.last.data, form.reason.data or "")
            kept = len(booking.during(closure))
    except Invalid as refusal:
        blame(form, refusal)
        return _people_page(closing=form), 422
    stay = n_("{n} rendez-vous déjà pris reste.", "{n} rendez-vous déjà pris restent.", kept) if kept else ""
    flash(_("Fermeture enregistrée.") + (f" {stay}" if stay else ""))
    return redirect(url_for("owner.people"), 303)


@blueprint.post("/closures/<int:closure_id>/remove")
@staff("staff")
def reopen(closure_id: int) -> ResponseReturnValue:
    """Open again."""
    with writing():
        closure = db.session.get(Closure, closure_id)
        if closure is None:
            raise NotFound
        db.session.delete(closure)
    flash(_("La boutique est de nouveau ouverte ces jours-là."))
    return redirect(url_for("owner.people"), 303)


def _holidays() -> list[tuple[date, str, bool]]:
    """The public holidays of the year to come: the day, its name, whether the shop is open."""
    first = _today()
    last = first + timedelta(days=HOLIDAYS_SHOWN)
    kept = calendar.kept_open(first, last)
    return [(day, name, day in kept) for day, name in calendar.public_holidays(first, last).items()]


@blueprint.post("/holidays/<day>/<any(open, shut):what>")
@staff("staff")
def holiday(day: str, what: str) -> ResponseReturnValue:
    """Work on a public holiday, or keep it."""
    with writing():
        calendar.keep_open(_date(day), what == "open")
    flash(_("La boutique est ouverte ce jour-là.") if what == "open" else _("La boutique est fermée ce jour-là."))
    return redirect(url_for("owner.people"), 303)


# -- the ledger


@dataclass(frozen=True)
class PaperRow:
    """A sealed paper as the ledger's page lists it; ``owed`` in cents."""

    paper: Paper
    case: Case | None
    has_pdf: bool
    owed: int
    taken_back: bool


@blueprint.get("/papers")
@staff("papers")
def papers() -> ResponseReturnValue:
    """The ledger, newest first; what could not be made, and why."""
    without_pdf = {paper.id for paper in case_papers.without_pdf()}
    rows = db.session.scalars(select(Paper).order_by(Paper.id.desc()).limit(LEDGER))
    return render_template(
        "desk/papers.html",
        rows=[_paper_row(paper, paper.id not in without_pdf) for paper in rows],
        failed=[(job, _case_of(job)) for job in jobs.in_trouble(*PAPER_JOBS)],
        unpaid=payments.owed_in_all(),
        paper_kinds=PAPERS,
    )


def _paper_row(paper: Paper, has_pdf: bool) -> PaperRow:
    taken_back = invoices.is_taken_back(paper)
    return PaperRow(paper, db.session.get(Case, paper.case_id), has_pdf, payments.owed(paper), taken_back)


def _case_of(job: Job) -> Case | None:
    told = job.told
    paper = db.session.get(Paper, told["paper"]) if "paper" in told else None
    case_id = paper.case_id if paper else told.get("case")
    return db.session.get(Case, case_id) if case_id else None


@blueprint.post("/papers/retry")
@staff("papers")
def retry_papers() -> ResponseReturnValue:
    """Try again now whatever could not be made."""
    now = clock.now()
    with writing():
        for job in jobs.in_trouble(*PAPER_JOBS):
            jobs.retry(job, now)
    wake_jobs()
    return redirect(url_for("owner.papers"), 303)


# -- the outbox


@blueprint.get("/mails")
@staff("settings")
def mails() -> ResponseReturnValue:
    """What was written to whom, and what really happened to it."""
    ready = {"mail": mail.is_configured(), "sms": sms.is_configured()}
    return render_template("desk/mails.html", mails=mail.latest(), ready=ready)


@blueprint.post("/mails/<int:mail_id>/retry")
@staff("settings")
def retry_mail(mail_id: int) -> ResponseReturnValue:
    """Try once more."""
    with writing():
        row = db.session.get(Mail, mail_id)
        if row is None:
            raise NotFound
        mail.retry(row, clock.now())
    wake_jobs()
    return redirect(url_for("owner.mails"), 303)
