"""A colleague's own account: where they are signed in, the second step of signing in, another password."""

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field, PasswordField, StringField

from shopvisio import accounts, audit, clock, passkeys, qr, second, settings, signins
from shopvisio.accounts import Staff
from shopvisio.db import writing
from shopvisio.errors import Invalid, NotFound
from shopvisio.i18n import _, lazy
from shopvisio.web import access, door, guard, tries, wake_jobs
from shopvisio.web.guard import staff
from shopvisio.web.typed import blame

blueprint = Blueprint("account", __name__, url_prefix="/desk/me")

OFFERED = "second"  # in the cookie: the secret that the telephone has just read, until its first code proves it


def _current(label: object) -> PasswordField:
    return PasswordField(label, render_kw={"autocomplete": "current-password"})


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """Another password."""

    current = _current(lazy("Votre mot de passe actuel"))
    password = PasswordField(
        lazy("Le nouveau"),
        description=lazy("Dix signes au moins : une phrase convient très bien. Il ferme vos autres connexions."),
        render_kw={"autocomplete": "new-password"},
    )


class ProofForm(FlaskForm):  # type: ignore[misc]
    """The password again, before the second step changes."""

    proof = _current(lazy("Votre mot de passe"))


class FirstCodeForm(FlaskForm):  # type: ignore[misc]
    """The first code, which shows that the telephone has the secret."""

    code = StringField(
        lazy("Le code que montre l’application"),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12},
    )


def _me() -> Staff:
    me = guard.me()
    assert me is not None  # every view here asks for a role
    return me


@blueprint.get("")
@staff("account")
def page() -> ResponseReturnValue:
    """Mine."""
    return _page()


def _page(password: NewPasswordForm | None = None, proof: ProofForm | None = None) -> str:
    me, now = _me(), clock.now()
    mine = guard.my_signin()
    return render_template(
        "desk/account.html",
        signins=[(one, mine is not None and one.id == mine.id) for one in signins.of(me, now)],
        recovery_left=second.recovery_left(me),
        passkeys=len(passkeys.of(me)),
        password=password or NewPasswordForm(formdata=None),
        proof=proof or ProofForm(formdata=None),
        roles=accounts.ROLES,
    )


def _prove(field: Field) -> bool:
    """Whether the field holds the password of whoever is signed in; if not, it says so."""
    me, now = _me(), clock.now()
    if often := tries.too_often(me.email, now):
        field.errors = [often]
        return False
    if accounts.is_theirs(me, field.data or ""):
        tries.forget(me.email)
        return True
    tries.note_wrong("refused", me.email, now)
    field.errors = [_("Ce n’est pas votre mot de passe actuel.")]
    return False


@blueprint.post("/password")
@staff("account")
def change_password() -> ResponseReturnValue:
    """Another password; every other sign-in ends."""
    form, now = NewPasswordForm(), clock.now()
    if not _prove(form.current):
        return _page(password=form), 422
    try:
        with writing():
            accounts.set_password(_me(), form.password.data or "")
            access.changed("password", _me(), _me().name, now)
    except Invalid as refusal:
        blame(form, refusal)
        return _page(password=form), 422
    door.let_in(_me(), now)
    wake_jobs()
    told = [_("Nouveau mot de passe enregistré. Vos autres connexions sont fermées."), access.keys_left(_me())]
    flash(" ".join(filter(None, told)))
    return redirect(url_for("account.page"), 303)


# -- where I am signed in


@blueprint.post("/signins/<int:signin_id>/end")
@staff("account")
def end(signin_id: int) -> ResponseReturnValue:
    """End one of my sign-ins."""
    with writing():
        found = next((one for one in signins.of(_me(), clock.now()) if one.id == signin_id), None)
        if found is None:
            raise NotFound
        audit.note("ended", _me().name, clock.now(), whose=found.device)
        signins.end(found)
    flash(_("Cette connexion est fermée."))
    return redirect(url_for("account.page"), 303)


@blueprint.post("/signins/end")
@staff("account")
def end_others() -> ResponseReturnValue:
    """End all of them but the one that asks."""
    with writing():
        signins.end_all(_me(), but=guard.my_signin())
        audit.note("ended", _me().name, clock.now(), whose=_me().name)
    flash(_("Toutes vos autres connexions sont fermées."))
    return redirect(url_for("account.page"), 303)


# -- the second step


@blueprint.route("/second", methods=["GET", "POST"])
@staff("account")
def set_up() -> ResponseReturnValue:
    """The QR code for the telephone, then its first code; the recovery codes are shown once, in the answer."""
    if _me().second:
        return redirect(url_for("account.page"), 303)
    form = FirstCodeForm()
    secret = session.setdefault(OFFERED, second.new_secret())
    status = 200
    if form.is_submitted():
        try:
            now = clock.now()
            with writing():
                codes = second.set_up(_me(), secret, form.code.data or "", now)
                access.changed("second_on", _me(), _me().name, now)
            wake_jobs()
            session.pop(OFFERED)
            return render_template("desk/recovery.html", codes=codes)
        except Invalid as refusal:
            blame(form, refusal)
            status = 422
    address = second.address(secret, _me(), settings.get("shop_name"))
    picture = Markup(qr.link(address).decode())  # noqa: S704
    return render_template("desk/second.html", form=form, picture=picture, secret=secret, address=address), status


@blueprint.post("/second/recovery")
@staff("account")
def renew_recovery() -> ResponseReturnValue:
    """Ten new recovery codes, shown once."""
    form = ProofForm()
    if not _prove(form.proof):
        return _page(proof=form), 422
    with writing():
        if not _me().second:
            raise NotFound
        codes = second.renew_recovery(_me())
        access.changed("recovery_new", _me(), _me().name, clock.now())
    wake_jobs()
    return render_template("desk/recovery.html", codes=codes)


@blueprint.post("/second/off")
@staff("account")
def switch_off() -> ResponseReturnValue:
    """The password alone is enough again."""
    form = ProofForm()
    if not _prove(form.proof):
        return _page(proof=form), 422
    with writing():
        second.switch_off(_me())
        access.changed("second_off", _me(), _me().name, clock.now())
    wake_jobs()
    flash(_("La deuxième étape est retirée : le mot de passe suffit."))
    return redirect(url_for("account.page"), 303)
