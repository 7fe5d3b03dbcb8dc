"""The amounts of the Bonus Réparation, each from a day on: for the owner of a shop that has the label."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import DateField, StringField

from shopvisio import bonus, clock, settings
from shopvisio.db import writing
from shopvisio.errors import Conflict, Invalid
from shopvisio.i18n import _, lazy
from shopvisio.web import guard
from shopvisio.web.guard import staff
from shopvisio.web.typed import blame

blueprint = Blueprint("bonus", __name__, url_prefix="/desk/bonus")


@blueprint.app_template_global("has_bonus")
def has_bonus() -> bool:
    """Whether the shop has it to give."""
    return bonus.is_offered()


class BonusForm(FlaskForm):  # type: ignore[misc]
    """An amount, from a day on."""

    name = StringField(lazy("Appareil"), description=lazy("Comme l’éco-organisme le nomme."))
    amount = StringField(lazy("Montant, TTC"), description=lazy("0 y met fin."), render_kw={"inputmode": "decimal"})
    valid_from = DateField(lazy("À partir du"), description=lazy("Aujourd’hui ou plus tard."))


@blueprint.get("")
@staff("settings")
def page() -> ResponseReturnValue:
    """What is covered today, before, and from a day to come; while the shop does not offer it, where to begin."""
    return _page(BonusForm(formdata=None))


def _page(form: BonusForm) -> str:
    today = clock.now().astimezone(settings.zone()).date()
    return render_template("desk/bonus.html", form=form, today=today, rows=bonus.told(), now=bonus.in_force(today))


@blueprint.post("")
@staff("settings")
def put() -> ResponseReturnValue:
    """Another amount, from a day on."""
    form, now, me = BonusForm(), clock.now(), guard.me()
    assert me is not None  # the rule of the view says so
    if not bonus.is_offered():
        raise Conflict(_("Le Bonus Réparation est désactivé : activez-le d’abord dans les réglages."))
    today = now.astimezone(settings.zone()).date()
    try:
        with writing():
            bonus.put(form.name.data or "", form.amount.data or "", form.valid_from.data, me.name, today, now)
    except Invalid as refusal:
        blame(form, refusal)
        return _page(form), 422
    flash(_("Enregistré. Les papiers déjà établis ne changent pas."))
    return redirect(url_for("bonus.page"), 303)
