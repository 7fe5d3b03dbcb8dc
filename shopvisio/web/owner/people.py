"""Who works here, when, and when the shop is closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    SelectField,
    StringField,
)

from shopvisio import (
    accounts,
    audit,
    booking,
    calendar,
    clock,
    invitations,
    mail,
    passkeys,
    second,
    settings,
    signins,
)
from shopvisio.accounts import Staff
from shopvisio.booking import Closure
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Invalid, NotFound
from shopvisio.i18n import _, day_year, here, language, lazy, n_
from shopvisio.web import access, guard, joining, wake_jobs
from shopvisio.web.guard import staff
from shopvisio.web.owner.room import blueprint, myself
from shopvisio.web.typed import blame, choices_of, clock_text, read_ranges, read_week, week_typed

HOLIDAYS_SHOWN = 365  # days ahead


def _days_of(closure: Closure) -> str:
    """``24 décembre 2026``, or ``du … au …``."""
    first, last = closure.start, closure.end - timedelta(seconds=1)
    if here(first).date() == here(last).date():
        return day_year(first)
    return _("du {first} au {last}", first=day_year(first), last=day_year(last))


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
    form, me, now = PersonForm(), myself(), clock.now()
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
    me, now = myself(), clock.now()
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
        if what == "signins":
            audit.note(kind, myself().name, clock.now(), whose=found.name)
        else:
            access.changed(kind, found, myself().name, clock.now())
    wake_jobs()
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
