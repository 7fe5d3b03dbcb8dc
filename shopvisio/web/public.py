"""What every page needs from the shop itself: its colours and its mark."""

from flask import Blueprint, Response
from markupsafe import escape

from shopvisio import brand as colours
from shopvisio import logo, settings
from shopvisio.errors import NotFound
from shopvisio.web import ShopFacts
from shopvisio.web.guard import anybody

blueprint = Blueprint("public", __name__)

MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="8" fill="{fill}"/>'
    '<text x="20" y="27" text-anchor="middle" font-family="system-ui,sans-serif" font-size="19" font-weight="700" '
    'fill="{on}">{initials}</text></svg>'
)


def _kept(body: str, kind: str) -> Response:
    made = Response(body, mimetype=kind)
    made.cache_control.max_age = 300
    return made


@blueprint.get("/brand.css")
@anybody
def brand() -> Response:
    """The shop's colour, clamped for contrast, as plain hex for browsers of any age."""
    return _kept(colours.stylesheet(settings.get("brand")), "text/css")


@blueprint.get("/logo.png")
@anybody
def emblem() -> Response:
    """The shop's logo; its address changes with it (``?v=``)."""
    picture = logo.png()
    if picture is None:
        raise NotFound
    made = Response(picture, mimetype="image/png")
    made.cache_control.max_age = 86400
    return made


@blueprint.get("/icon.svg")
@anybody
def icon() -> Response:
    """The shop's mark beside the title of the page: its initials on its colour."""
    tones = colours.palette(settings.get("brand")).light
    mark = MARK.format(fill=tones.fill, on=tones.on, initials=escape(ShopFacts().initials))
    return _kept(mark, "image/svg+xml")
