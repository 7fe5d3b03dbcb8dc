"""What staff read on a device's rating plate, and the picture that shows it."""

from datetime import datetime

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField

from shopvisio import plates
from shopvisio.accounts import Staff
from shopvisio.cases import Case
from shopvisio.i18n import lazy
from shopvisio.web.desk import FORMS, act
from shopvisio.web.guard import staff

blueprint = Blueprint("plates", __name__, url_prefix="/desk")


class PlateForm(FlaskForm):  # type: ignore[misc]
    """The words of a rating plate."""

    brand = StringField(lazy("Marque"), id="plate-brand", render_kw={"maxlength": plates.LONGEST})
    model = StringField(lazy("Modèle"), id="plate-model", render_kw={"maxlength": plates.LONGEST})
    serial = StringField(lazy("Numéro de série"), id="plate-serial", render_kw={"maxlength": plates.LONGEST})
    picture = RadioField(lazy("La photo qui la montre"), id="plate-picture", choices=[], validate_choice=False)


FORMS["plate"] = PlateForm


@blueprint.post("/cases/<key>/plate")
@staff("cases")
def read(key: str) -> ResponseReturnValue:
    """It was read: brand, model, serial number, and the picture that comes first from now on."""

    def do(case: Case, form: FlaskForm, me: Staff, now: datetime) -> None:
        told = {name: form[name].data or "" for name in ("brand", "model", "serial", "picture")}
        plates.read(case, **told, actor=me.actor, now=now)

    return act(key, "plate", do)


@blueprint.app_template_global("plate_of")
def plate_of(case: Case) -> tuple[str, str]:
    """Its serial number, and the name of the picture that shows it."""
    plate = plates.of(case)
    return (plate.serial if plate else "", plates.shown_by(case))


@blueprint.app_template_global("pictures_of")
def pictures_of(case: Case) -> list[tuple[str, str]]:
    """The case's pictures by name, the plate first, each with its address at the desk."""
    return [(name, _address(case, name)) for name in plates.pictures(case)]


@blueprint.app_template_global("photos_of")
def photos_of(case: Case) -> list[tuple[str, str]]:
    """Those of the intake, and the plate before them wherever it was taken."""
    shown = plates.shown_by(case)
    return [one for one in pictures_of(case) if one[0] == shown or one[0].startswith("photo-")]


def _address(case: Case, name: str) -> str:
    kind, _dash, number = name.partition("-")
    if kind == "photo":
        return url_for("desk.photo", key=case.key, photo_id=int(number))
    return url_for("stills.desk", key=case.key, still_id=int(number))
