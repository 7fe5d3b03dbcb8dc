"""Coming in by a passkey, and a colleague's own ones: made after the password was given once more, listed, removed."""

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, flash, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.exceptions import TooManyRequests
from wtforms import HiddenField, PasswordField, StringField

from shopvisio import accounts, audit, clock, passkeys, settings
from shopvisio.accounts import Staff
from shopvisio.db import writing
from shopvisio.errors import Conflict, Forbidden, Invalid
from shopvisio.i18n import _, lazy
from shopvisio.passkeys import Challenges, Place
from shopvisio.web import access, door, guard, tries, wake_jobs
from shopvisio.web.guard import anybody, staff

blueprint = Blueprint("passkeys", __name__)

ASKED = "passkey"  # in the cookie: what is to be signed, for what, when it was asked
NOT_A_BROWSER = "passkey"  # the account that tries of unknown keys are counted by: nobody's address


class KeyForm(FlaskForm):  # type: ignore[misc]
    """A key to come: its name, and the password before anything is made."""

    name = StringField(
        lazy("Son nom"),
        id="key-name",
        description=lazy("Comme « Téléphone » ou « Ordinateur de l’atelier »."),
        render_kw={"maxlength": passkeys.NAME, "autocomplete": "off"},
    )
    proof = PasswordField(
        lazy("Votre mot de passe"), id="key-proof", render_kw={"autocomplete": "current-password"}
    )
    made = HiddenField(id="key-made")


@blueprint.record_once
def _begin(state: Any) -> None:
    state.app.extensions["challenges"] = Challenges()


def _place() -> Place | None:
    """Where keys are made; None where this page is open at another address, or the shop has no name."""
    found = passkeys.place(settings.public_url(current_app.config["SHOP"]))
    return found if found and request.url_root.rstrip("/") == found.origin else None


@blueprint.app_template_global()
def passkeys_here() -> bool:
    """Whether this page may ask for a key."""
    return _place() is not None


@blueprint.app_template_global()
def passkeys_elsewhere() -> str:
    """The address at which one may, when it is not this one; empty while the shop has none."""
    found = passkeys.place(settings.public_url(current_app.config["SHOP"]))
    return found.origin if found else ""


def _ask(what: str, now: datetime) -> str:
    challenge = passkeys.new_challenge()
    session[ASKED] = [what, challenge, now.timestamp()]
    return challenge


def _signed(what: str, now: datetime) -> bytes:
    """What this browser was asked to sign, for this. Raises Forbidden."""
    asked, challenge, at = session.pop(ASKED, None) or ("", "", 0.0)
    if asked != what:
        raise Forbidden(_("C’était trop long, ou déjà fait : recommencez."))
    challenges: Challenges = current_app.extensions["challenges"]
    return challenges.use(challenge, datetime.fromtimestamp(at, now.tzinfo), now)


def _options(told: str) -> Response:
    return Response(told, mimetype="application/json")


# -- coming in


@blueprint.post("/signin/passkey/ask")
@anybody
def ask() -> ResponseReturnValue:
    """What the browser is to sign: the same for everybody, so that it names nobody."""
    here = _place()
    if here is None:
        return jsonify(message=_("À cette adresse, les clés d’accès ne servent pas.")), 409
    return _options(passkeys.asking(here, _ask("in", clock.now())))


@blueprint.post("/signin/passkey")
@anybody
def come_in() -> ResponseReturnValue:
    """By the key alone: the device has seen finger, face or code."""
    now, text = clock.now(), request.form.get("given", "")
    if often := tries.too_often(NOT_A_BROWSER, now):
        return door.refused(often, TooManyRequests.code)
    try:
        here = _place()
        if here is None:
            raise Forbidden(_("À cette adresse, les clés d’accès ne servent pas."))
        challenge = _signed("in", now)
        with writing():
            key = passkeys.check(_read(text), text, here, challenge, now)
            audit.note("passkey_used", key.staff.name, now, name=key.name)
            person = key.staff
    except Forbidden as refusal:
        with writing():
            audit.note("passkey_refused", "", now)
        return door.refused(refusal.message or _("Cette clé n’ouvre rien ici."), 422)
    tries.forget(NOT_A_BROWSER)
    door.let_in(person, now)
    return redirect(door.after_sign_in(), 303)


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


# -- one's own


def _me() -> Staff:
    me = guard.me()
    assert me is not None  # every view here asks for a role
    return me


@blueprint.get("/desk/me/passkeys")
@staff("account")
def page() -> ResponseReturnValue:
    """Mine."""
    return _page(KeyForm(formdata=None))


def _page(form: KeyForm) -> str:
    return render_template("desk/passkeys.html", keys=passkeys.of(_me()), form=form)


@blueprint.post("/desk/me/passkeys/ask")
@staff("account")
def begin() -> ResponseReturnValue:
    """The password, and a name; then what the browser makes a key of."""
    form, here, me, now = KeyForm(), _place(), _me(), clock.now()
    if here is None:
        return jsonify(message=_("À cette adresse, les clés d’accès ne servent pas.")), 409
    try:
        passkeys.named(form.data["name"] or "")
    except Invalid as refusal:
        return jsonify(field="key-name", message=refusal.fields["name"]), 422
    if often := tries.too_often(me.email, now):
        return jsonify(field="key-proof", message=often), 422
    if not accounts.is_theirs(me, form.proof.data or ""):
        tries.note_wrong("refused", me.email, now)
        return jsonify(field="key-proof", message=_("Ce n’est pas votre mot de passe actuel.")), 422
    tries.forget(me.email)
    try:
        return _options(passkeys.making(me, settings.get("shop_name"), here, _ask(_making(me), now)))
    except Conflict as refusal:
        return jsonify(field="key-name", message=refusal.message), 409


def _making(me: Staff) -> str:
    return f"make {me.id} {me.epoch}"


@blueprint.post("/desk/me/passkeys")
@staff("account")
def add() -> ResponseReturnValue:
    """The key that the browser made, within five minutes of the password."""
    form, here, now = KeyForm(), _place(), clock.now()
    try:
        if here is None:
            raise Forbidden(_("À cette adresse, les clés d’accès ne servent pas."))
        challenge = _signed(_making(_me()), now)
        with writing():
            key = passkeys.add(_me(), form.data["name"] or "", form.made.data or "", here, challenge, now)
            access.changed("passkey_on", _me(), _me().name, now, name=key.name)
    except (Forbidden, Invalid) as refusal:
        form.proof.errors = [refusal.message]
        return _page(form), 422
    wake_jobs()
    flash(_("« {name} » ouvre désormais le bureau.", name=key.name))
    return redirect(url_for("passkeys.page"), 303)


@blueprint.post("/desk/me/passkeys/<int:key_id>/remove")
@staff("account")
def remove(key_id: int) -> ResponseReturnValue:
    """It opens nothing any more."""
    with writing():
        name = passkeys.remove(_me(), key_id)
        access.changed("passkey_off", _me(), _me().name, clock.now(), name=name)
    wake_jobs()
    flash(_("« {name} » n’ouvre plus rien.", name=name))
    return redirect(url_for("passkeys.page"), 303)
