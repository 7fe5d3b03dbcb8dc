"""A colleague to come: asked in by the owner, in by a link of their own, once."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField

from shopvisio import accounts, audit, clock, invitations
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Invalid, NotFound
from shopvisio.i18n import _, lazy
from shopvisio.invitations import Invitation
from shopvisio.web import door, guard
from shopvisio.web.guard import join_link, staff
from shopvisio.web.typed import blame

blueprint = Blueprint("joining", __name__)


class JoinForm(FlaskForm):  # type: ignore[misc]
    """Their password, chosen by themselves."""

    password = PasswordField(
        lazy("Choisissez un mot de passe"),
        description=lazy("Dix signes au moins : une phrase convient très bien. Personne d’autre ne le connaît."),
        render_kw={"autocomplete": "new-password"},
    )


def link_of(invitation: Invitation) -> str:
    """The whole address that the colleague to come opens."""
    return url_for("joining.join", token=guard.join_token(invitation), _external=True)


@blueprint.get("/join/<token>")
@join_link
def join(invitation: Invitation | None) -> ResponseReturnValue:
    """What they are asked to be here; opening it changes nothing."""
    if invitation is None:
        return _over()
    return render_template("door/join.html", invitation=invitation, form=JoinForm(), roles=accounts.ROLES)


def _over() -> ResponseReturnValue:
    return render_template("door/join_over.html"), 410


@blueprint.post("/join/<token>")
@join_link
def accept(invitation: Invitation | None) -> ResponseReturnValue:
    """The account is made, the link is used up, and they are in."""
    form, now = JoinForm(), clock.now()
    if invitation is None:
        return _over()
    try:
        with writing():
            made = invitations.accept(invitation.key, form.password.data or "", now)
            audit.note("joined", made.name, now, role=str(accounts.ROLES[made.role]))
    except Invalid as refusal:
        blame(form, refusal)
        return render_template("door/join.html", invitation=invitation, form=form, roles=accounts.ROLES), 422
    except (NotFound, Conflict):
        return _over()  # used by another page a moment ago
    door.let_in(made, now)
    return redirect(url_for("desk.today"), 303)


@blueprint.post("/desk/staff/invitations/<int:invitation_id>/withdraw")
@staff("staff")
def withdraw(invitation_id: int) -> ResponseReturnValue:
    """Its link opens nothing any more."""
    me = guard.me()
    assert me is not None  # the rule of the view says so
    with writing():
        found = db.session.get(Invitation, invitation_id)
        if found is None:
            raise NotFound
        audit.note("uninvited", me.name, clock.now(), whose=found.name)
        invitations.withdraw(found)
    flash(_("L’invitation est retirée : son lien n’ouvre plus rien."))
    return redirect(url_for("owner.people"), 303)
