"""How the shop looks: its logo, and its colour tried on before it is kept."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from shopvisio import audit, clock, hub, logo, pictures, settings
from shopvisio import brand as colours
from shopvisio.db import writing
from shopvisio.errors import Invalid
from shopvisio.i18n import _
from shopvisio.web import guard
from shopvisio.web.guard import staff

blueprint = Blueprint("look", __name__, url_prefix="/desk/settings")

LARGEST = 8 << 20  # bytes of a logo as it comes


@blueprint.get("/look.css")
@staff("settings")
def tried() -> ResponseReturnValue:
    """The stylesheet of ``?colour=``, for the page that shows it before it is kept."""
    try:
        colour = settings.read({"brand": request.args.get("colour", "")})["brand"]
    except Invalid:
        colour = settings.get("brand")
    return Response(colours.stylesheet(colour), mimetype="text/css")


@blueprint.post("/logo")
@staff("settings")
def put() -> ResponseReturnValue:
    """Another logo, or with ``remove`` none: for the pages, and for the papers that are issued from now on."""
    file = request.files.get("logo")
    try:
        if "remove" in request.form:
            _keep(None)
            flash(_("Le logo est retiré : les initiales de la boutique le remplacent."))
        else:
            _keep(_read(file.stream.read(LARGEST + 1) if file else b""))
            flash(_("Le logo est enregistré : il est sur chaque page, et sur les papiers établis désormais."))
    except Invalid as refusal:
        flash(refusal.message, "bad")
    if request.form.get("from") == "setup":
        return redirect(url_for("setup.step", name="look"), 303)
    return redirect(url_for("owner.group", group=settings.SHOP), 303)


def _read(data: bytes) -> bytes:
    if not data:
        raise Invalid(_("Choisissez d’abord une image."))
    if len(data) > LARGEST:
        raise Invalid(_("Cette image est trop lourde : 8 Mo au plus."))
    made: bytes = hub.in_turn(pictures.emblem, data)
    return made


def _keep(png: bytes | None) -> None:
    me = guard.me()
    assert me is not None  # the rule of the view says so
    name = me.name
    with writing():
        if png is None:
            logo.forget()
        else:
            logo.keep(png)
        audit.note("look", name, clock.now())
