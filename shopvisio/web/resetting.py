"""A colleague who forgot their password: a link from the owner, another password by their own hand."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField

from shopvisio import accounts, audit, clock, mail, resets
from shopvisio.accounts import Staff
from shopvisio.db import writing
from shopvisio.errors import Conflict, Invalid, NotFound
from shopvisio.i18n import _, language, lazy
from shopvisio.resets import Reset
from shopvisio.web import access, door, guard, wake_jobs
from shopvisio.web.guard import reset_link, staff
from shopvisio.web.typed import blame

blueprint = Blueprint("resetting", __name__)


class ResetForm(FlaskForm):  # type: ignore[misc]
    """Another password."""

    password = PasswordField(
        lazy("Choisissez un mot de passe"),
        description=lazy("Dix signes au moins : une phrase convient très bien. Personne d’autre ne le connaît."),
        render_kw={"autocomplete": "new-password"},
    )


@blueprint.app_template_global()
def reset_url(person: Staff) -> str:
    """The link that waits for this colleague, empty where none does."""
    found = resets.of(person, clock.now())
    return url_for("resetting.page", token=guard.reset_token(found), _external=True) if found else ""


@blueprint.get("/reset/<token>")
@reset_link
def page(reset: Reset | None) -> ResponseReturnValue:
    """Whose password; opening it changes nothing."""
    return _over() if reset is None else _page(reset, ResetForm())


def _page(reset: Reset, form: ResetForm) -> str:
    return render_template("door/reset.html", reset=reset, form=form, keys=access.keys_left(reset.staff))


def _over() -> ResponseReturnValue:
    return render_template("door/reset_over.html"), 410


@blueprint.post("/reset/<token>")
@reset_link
def choose(reset: Reset | None) -> ResponseReturnValue:
    """The password is another one, the link is used up; who has a second step still owes its code."""
    form, now = ResetForm(), clock.now()
    if reset is None:
        return _over()
    try:
        with writing():
            person = resets.use(reset.key, form.password.data or "", now)
            access.changed("password_chosen", person, person.name, now)
    except Invalid as refusal:
        blame(form, refusal)
        return _page(reset, form), 422
    except NotFound:
        return _over()  # used by another page a moment ago
    wake_jobs()
    answer = door.after_password(person, now)
    if told := access.keys_left(person):
        flash(told)
    return answer


def _colleague(key: str) -> Staff:
    found = accounts.find(key)
    if found is None:
        raise NotFound
    return found


@blueprint.post("/desk/staff/<key>/reset")
@staff("staff")
def offer(key: str) -> ResponseReturnValue:
    """A link for a colleague who forgot; it leaves by mail, and stands on their page to be given by hand."""
    me, now = guard.me(), clock.now()
    assert me is not None  # the rule of the view says so
    try:
        with writing():
            found = _colleague(key)
            made = resets.offer(found, me, now)
            audit.note("password_offered", me.name, now, whose=found.name)
            link = url_for("resetting.page", token=guard.reset_token(made), _external=True)
            told: dict[str, Any] = {"whom": found.name, "by": me.name, "until": made.until}
            mail.compose("password", found.email, language(), now, url=link, **told)
    except Conflict as refusal:
        flash(refusal.message, "bad")
        return redirect(url_for("owner.person", key=key), 303)
    wake_jobs()
    flash(_("Le lien est prêt pour {name}.", name=found.name))
    return redirect(url_for("owner.person", key=key, _anchor="password"), 303)


@blueprint.post("/desk/staff/<key>/reset/withdraw")
@staff("staff")
def withdraw(key: str) -> ResponseReturnValue:
    """Its link opens nothing any more."""
    with writing():
        resets.withdraw(_colleague(key))
    flash(_("Le lien est retiré : il n’ouvre plus rien."))
    return redirect(url_for("owner.person", key=key, _anchor="password"), 303)
